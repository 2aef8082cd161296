# Starts small programs of Windows, 64 and 32 bit, and reads what they say: "applications start".
param($Parameters)
$watch = [Diagnostics.Stopwatch]::StartNew()
$started = 0
$failed = New-Object 'System.Collections.Generic.List[string]'
foreach ($folder in 'System32', 'SysWOW64') {
    # A Windows without 32-bit programs has no such folder; one without cmd.exe is broken.
    if (-not (Test-Path -LiteralPath (Join-Path -Path $env:windir -ChildPath $folder))) { continue }
    $program = Join-Path -Path $env:windir -ChildPath "$folder\cmd.exe"
    if (-not (Test-Path -LiteralPath $program)) {
        $failed.Add("$folder\cmd.exe is not there")
        continue
    }
    $started += 1
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
if ($started -eq 0) { $failed.Add('nothing could be started') }
@{ ok = ($failed.Count -eq 0); milliseconds = [double]$watch.Elapsed.TotalMilliseconds; detail = ($failed -join '; ') }
