# What the guest itself kept of crashes: events of the start after one, and the headers of dump files.
param($Parameters)
$queries = @(
    "*[System[Provider[@Name='Microsoft-Windows-WER-SystemErrorReporting'] and EventID=1001]]",
    "*[System[Provider[@Name='Microsoft-Windows-Kernel-Power'] and EventID=41]]"
)
$records = foreach ($query in $queries) {
    foreach ($record in @(Get-WinEvent -LogName System -FilterXPath $query -MaxEvents 20 -ErrorAction SilentlyContinue)) {
        $document = New-Object Xml.XmlDocument
        $document.XmlResolver = $null
        $document.LoadXml($record.ToXml())
        $data = foreach ($node in $document.SelectNodes("//*[local-name()='EventData']/*")) {
            @{ name = $node.GetAttribute('Name'); value = $node.InnerText.Substring(0, [Math]::Min($node.InnerText.Length, 512)) }
        }
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
