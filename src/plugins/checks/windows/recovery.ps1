# Traces of automatic repair: events of Startup Repair and of starts that the loader counted as failed, and its log file.
param($Parameters)
$queries = @(
    "*[System[Provider[@Name='Microsoft-Windows-StartupRepair']]]",
    "*[System[Provider[@Name='Microsoft-Windows-Kernel-Boot'] and EventID=20] and EventData[Data[@Name='LastBootGood']='false']]"
)
$traces = foreach ($query in $queries) {
    foreach ($record in @(Get-WinEvent -LogName System -FilterXPath $query -MaxEvents 50 -ErrorAction SilentlyContinue)) {
        '{0} {1} record {2}' -f $record.ProviderName, $record.Id, $record.RecordId
    }
}
$log = Join-Path -Path $env:windir -ChildPath 'System32\LogFiles\Srt\SrtTrail.txt'
$written = if (Test-Path -LiteralPath $log) { (Get-Item -LiteralPath $log -Force).LastWriteTimeUtc.ToString('o') } else { '' }
# How the recovery environment is set up; its image lies in the staging folder while it is switched off.
$environment = ''
$folder = Join-Path -Path $env:windir -ChildPath 'System32\Recovery'
$settings = Join-Path -Path $folder -ChildPath 'ReAgent.xml'
if (Test-Path -LiteralPath $settings) {
    $document = New-Object Xml.XmlDocument
    $document.XmlResolver = $null
    $document.Load($settings)
    $state = $document.SelectSingleNode('//InstallState')
    $environment = if ($null -eq $state) { 'no state' } else { 'state ' + $state.GetAttribute('state') }
    if (Test-Path -LiteralPath (Join-Path -Path $folder -ChildPath 'Winre.wim')) { $environment += ', image in the staging folder' }
}
@{ traces = [string[]]@($traces); log = [string]$written; environment = [string]$environment }
