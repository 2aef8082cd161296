# Critical, error and warning records of some channels after a record id, or since this start. 7026 (drivers that did
# not load) is written as information by some builds.
param($Parameters)
$since = (Get-CimInstance -ClassName Win32_OperatingSystem).LastBootUpTime.AddSeconds(-2).ToUniversalTime().ToString('o')
$marks = @{}
$cut = 0
$records = foreach ($channel in $Parameters.channels) {
    try {
        $newest = New-Object Diagnostics.Eventing.Reader.EventLogQuery($channel, 'LogName', '*')
        $newest.ReverseDirection = $true
        $reader = New-Object Diagnostics.Eventing.Reader.EventLogReader($newest)
        $last = $reader.ReadEvent()
        $reader.Dispose()
    }
    catch { continue }
    if ($null -eq $last) { $marks[$channel] = 0; continue }
    $marks[$channel] = [long]$last.RecordId
    $after = $Parameters.bookmark.$channel
    # A log that was cleared starts again at 1: then everything in it is new.
    if ($null -ne $after -and [long]$after -gt $last.RecordId) { $after = 0 }
    $place = if ($null -eq $after) { "TimeCreated[@SystemTime >= '$since']" } else { "EventRecordID > $([long]$after)" }
    $query = New-Object Diagnostics.Eventing.Reader.EventLogQuery($channel, 'LogName', "*[System[(Level=1 or Level=2 or Level=3 or (Provider[@Name='Service Control Manager'] and EventID=7026)) and $place]]")
    $reader = New-Object Diagnostics.Eventing.Reader.EventLogReader($query)
    $count = 0
    while ($null -ne ($record = $reader.ReadEvent())) {
        $count += 1
        if ($count -gt 300) {
            $cut += 1
            if ($count -gt 5000) { break }
            continue
        }
        $message = ''
        try { $message = [string]$record.FormatDescription() } catch { $message = '' }
        $document = New-Object Xml.XmlDocument
        $document.XmlResolver = $null
        $document.LoadXml($record.ToXml())
        $data = foreach ($node in $document.SelectNodes("//*[local-name()='EventData' or local-name()='UserData']//*[not(*)]")) {
            $name = $node.GetAttribute('Name')
            if ($name -eq '' -and $node.LocalName -ne 'Data') { $name = $node.LocalName }
            @{ name = $name; value = $node.InnerText.Substring(0, [Math]::Min($node.InnerText.Length, 512)) }
        }
        @{
            channel  = [string]$channel
            provider = [string]$record.ProviderName
            eventId  = [int]$record.Id
            level    = [int]$record.Level
            recordId = [long]$record.RecordId
            message  = $message.Substring(0, [Math]::Min($message.Length, 1500))
            data     = [object[]]@($data | Select-Object -First 40)
        }
        $record.Dispose()
    }
    $reader.Dispose()
}
@{ records = [object[]]@($records); marks = $marks; cut = [int]$cut }
