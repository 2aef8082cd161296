# Starts small programs of Windows, 64 and 32 bit, and reads what they say: "applications start".
param($Parameters)
$watch = [Diagnostics.Stopwatch]::StartNew()
$failed = New-Object 'System.Collections.Generic.List[string]'
foreach ($folder in 'System32', 'SysWOW64') {
    $program = Join-Path -Path $env:windir -ChildPath "$folder\cmd.exe"
    if (-not (Test-Path -LiteralPath $program)) { continue }
    $start = New-Object Diagnostics.ProcessStartInfo($program, '/d /c echo ringzero')
    $start.UseShellExecute = $false
    $start.CreateNoWindow = $true
    $start.RedirectStandardOutput = $true
    $process = [Diagnostics.Process]::Start($start)
    $said = $process.StandardOutput.ReadToEndAsync()
    if (-not $process.WaitForExit(20000)) {
        $process.Kill()
        $failed.Add("$folder\cmd.exe did not end within 20 s")
    }
    elseif ($process.ExitCode -ne 0 -or $said.Result.Trim() -ne 'ringzero') {
        $failed.Add("$folder\cmd.exe ended with $($process.ExitCode)")
    }
}
$watch.Stop()
@{ ok = ($failed.Count -eq 0); milliseconds = [double]$watch.Elapsed.TotalMilliseconds; detail = ($failed -join '; ') }
