# What Windows kept of failures: error reports, live kernel dumps, reliability records.
param($Parameters)
$reports = foreach ($folder in 'ReportArchive', 'ReportQueue') {
    $path = Join-Path -Path $env:ProgramData -ChildPath "Microsoft\Windows\WER\$folder"
    foreach ($entry in Get-ChildItem -LiteralPath $path -Directory -Force -ErrorAction SilentlyContinue) { [string]$entry.Name }
}
$live = foreach ($dump in Get-ChildItem -LiteralPath "$env:windir\LiveKernelReports" -Filter '*.dmp' -Recurse -File -Force -ErrorAction SilentlyContinue) {
    [string]$dump.FullName
}
$reliability = @{}
foreach ($record in Get-CimInstance -ClassName Win32_ReliabilityRecords -OperationTimeoutSec 20 -ErrorAction SilentlyContinue) {
    $source = [string]$record.SourceName
    $reliability[$source] = 1 + [int]$reliability[$source]
}
@{
    errorReports = [string[]]@($reports | Select-Object -First 500)
    liveDumps    = [string[]]@($live | Select-Object -First 100)
    reliability  = $reliability
}
