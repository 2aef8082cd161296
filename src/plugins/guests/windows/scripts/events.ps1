# Critical, error and warning records of some channels after a record id, or since this start. 7026 (drivers that did
# not load) is written as information by some builds.
param($Parameters)
function Get-EventData($Record, [string]$Nodes) {
    # Some providers write characters that XML does not allow; such an event is read without them, and an event that is still
    # no XML loses its data, never its place: a look that fails on it would fail again each time.
    $xml = [string]$Record.ToXml()
    $xml = [regex]::Replace($xml, '[\x00-\x08\x0B\x0C\x0E-\x1F\uFFFE\uFFFF]|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]', [string][char]0xFFFD)
    $xml = [regex]::Replace($xml, '(?i)&#(?:x0*(?:[0-8bcef]|1[0-9a-f]|d[89a-f][0-9a-f]{2}|fff[ef])|0*(?:[0-8]|1[124-9]|2[0-9]|3[01]|6553[45]));', [string][char]0xFFFD)
    $document = New-Object Xml.XmlDocument
    $document.XmlResolver = $null
    try { $document.LoadXml($xml) }
    catch { return @{ name = ''; value = '(the data of this event is no XML and was not read)' } }
    foreach ($node in $document.SelectNodes($Nodes)) {
        $name = $node.GetAttribute('Name')
        if ($name -eq '' -and $node.LocalName -ne 'Data') { $name = $node.LocalName }
        @{ name = $name; value = $node.InnerText.Substring(0, [Math]::Min($node.InnerText.Length, 512)) }
    }
}

$since = (Get-CimInstance -ClassName Win32_OperatingSystem).LastBootUpTime.AddSeconds(-2).ToUniversalTime().ToString('o')
$marks = @{}
$cut = 0
$tally = @{}
$records = foreach ($channel in $Parameters.channels) {
    try {
        $newest = New-Object Diagnostics.Eventing.Reader.EventLogQuery($channel, 'LogName', '*')
        $newest.ReverseDirection = $true
        $reader = New-Object Diagnostics.Eventing.Reader.EventLogReader($newest)
        # The newest event may be the event that Windows cannot hand out.
        $last = $null
        for ($try = 1; $try -le 20; $try += 1) {
            try { $last = $reader.ReadEvent(); break } catch { if ($try -eq 20) { throw } }
        }
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
    $unread = 0
    while ($true) {
        try { $record = $reader.ReadEvent() }
        catch {
            # One event that Windows itself cannot hand out; several in a row are a log that cannot be read on.
            $unread += 1
            $reason = [string]$_.Exception.Message
            if ($unread -ge 20) { break }
            continue
        }
        if ($null -eq $record) { break }
        $count += 1
        if ($count -gt 300) {
            # Not told, but counted: the number of a flood is what a person needs of it.
            if ($count -gt 50000) { $cut += 1; break }
            $kind = "$($record.Level)|$($record.Id)|$($record.ProviderName)"
            if ($tally.ContainsKey($kind)) { $tally[$kind] += 1 }
            elseif ($tally.Count -lt 200) { $tally[$kind] = 1 }
            else { $cut += 1 }
            $record.Dispose()
            continue
        }
        $message = ''
        try { $message = [string]$record.FormatDescription() } catch { $message = '' }
        try {
            $data = Get-EventData $record "//*[local-name()='EventData' or local-name()='UserData']//*[not(*)]"
            @{
                channel  = [string]$channel
                provider = [string]$record.ProviderName
                eventId  = [int]$record.Id
                level    = [int]$record.Level
                recordId = [long]$record.RecordId
                message  = $message.Substring(0, [Math]::Min($message.Length, 1500))
                data     = [object[]]@($data | Select-Object -First 40)
            }
        }
        catch {
            $unread += 1
            $reason = [string]$_.Exception.Message
        }
        $record.Dispose()
    }
    if ($unread -gt 0) {
        @{
            channel  = [string]$channel
            provider = 'ringzero'
            eventId  = 0
            level    = 3
            recordId = 0
            message  = "events of this channel that could not be read: $unread; $($reason.Substring(0, [Math]::Min($reason.Length, 300)))"
            data     = [object[]]@()
        }
    }
    $reader.Dispose()
}
$tallies = foreach ($kind in $tally.Keys) {
    $level, $eventId, $provider = $kind -split '\|', 3
    @{ level = [int]$level; eventId = [int]$eventId; provider = $provider; count = [int]$tally[$kind] }
}
@{ records = [object[]]@($records); marks = $marks; cut = [int]$cut; tallies = [object[]]@($tallies) }
