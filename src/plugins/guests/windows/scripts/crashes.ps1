# What the guest itself kept of crashes: events of the start after one, and the headers of dump files.
param($Parameters)
function Get-EventData($Record, [string]$Nodes) {
    # Some providers write characters that XML does not allow; see events.ps1.
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

$queries = @(
    "*[System[Provider[@Name='Microsoft-Windows-WER-SystemErrorReporting'] and EventID=1001]]",
    "*[System[Provider[@Name='Microsoft-Windows-Kernel-Power'] and EventID=41]]"
)
$records = foreach ($query in $queries) {
    foreach ($record in @(Get-WinEvent -LogName System -FilterXPath $query -MaxEvents 20 -ErrorAction SilentlyContinue)) {
        try { $data = Get-EventData $record "//*[local-name()='EventData']/*" } catch { continue }
        @{
            channel  = 'System'
            provider = [string]$record.ProviderName
            eventId  = [int]$record.Id
            level    = [int]$record.Level
            recordId = [long]$record.RecordId
            message  = ''
            data     = [object[]]@($data | Select-Object -First 40)
        }
    }
}
$files = @(Get-ChildItem -LiteralPath "$env:windir\Minidump" -Filter '*.dmp' -File -Force -ErrorAction SilentlyContinue)
$files += @(Get-ChildItem -LiteralPath "$env:windir\LiveKernelReports" -Filter '*.dmp' -Recurse -File -Force -ErrorAction SilentlyContinue)
$files += @(Get-Item -LiteralPath "$env:windir\MEMORY.DMP" -Force -ErrorAction SilentlyContinue)
$dumps = foreach ($file in $files | Sort-Object -Property LastWriteTimeUtc -Descending | Select-Object -First 12) {
    $buffer = New-Object byte[] 8192
    $length = 0
    try {
        $stream = New-Object IO.FileStream($file.FullName, [IO.FileMode]::Open, [IO.FileAccess]::Read, [IO.FileShare]'ReadWrite,Delete')
        try { $length = $stream.Read($buffer, 0, 8192) } finally { $stream.Dispose() }
    }
    catch { $length = 0 }
    @{ path = [string]$file.FullName; size = [long]$file.Length; header = [Convert]::ToBase64String($buffer, 0, $length) }
}
@{ records = [object[]]@($records); dumps = [object[]]@($dumps) }
