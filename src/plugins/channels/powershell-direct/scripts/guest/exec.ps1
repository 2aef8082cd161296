# In the guest, on Windows PowerShell 5.1: runs a program with exactly these arguments and returns what it wrote, as base64.
param([string]$Program, [string[]]$Arguments, $InputBase64, [string[]]$Names, [string[]]$Values, [long]$Limit)
$ErrorActionPreference = 'Stop'

function ConvertTo-CommandLine {
    # The inverse of CommandLineToArgvW: backslashes count only before a quote. Of NAME=value the value alone is quoted, which means
    # the same to CommandLineToArgvW; msiexec takes a property in no other way (1639), and a quote in it doubled (Microsoft,
    # "Command-Line Options").
    param([string]$Program, [string[]]$Arguments)
    $installer = $Program -match '(^|[\\/])msiexec(\.exe)?$'
    $quoted = foreach ($argument in $Arguments) {
        $name = [regex]::Match($argument, '^[A-Za-z_][A-Za-z0-9_.]*=').Value
        $value = $argument.Substring($name.Length)
        if ($argument -ne '' -and $argument -notmatch '[\s"]') { $argument }
        elseif ($installer -and $name -ne '') { $name + '"' + ([regex]::Replace($value.Replace('"', '""'), '(\\+)$', '$1$1')) + '"' }
        else { $name + '"' + ([regex]::Replace($value, '(\\*)("|$)', { param($match) $slashes = $match.Groups[1].Value * 2; if ($match.Groups[2].Value -eq '"') { $slashes + '\"' } else { $slashes } })) + '"' }
    }
    return @($quoted) -join ' '
}

$start = [System.Diagnostics.ProcessStartInfo]::new()
$start.FileName = $Program
$start.Arguments = ConvertTo-CommandLine $Program $Arguments
$start.UseShellExecute = $false
$start.CreateNoWindow = $true
$start.RedirectStandardInput = $true
$start.RedirectStandardOutput = $true
$start.RedirectStandardError = $true
for ($index = 0; $index -lt @($Names).Count; $index++) { $start.EnvironmentVariables[$Names[$index]] = $Values[$index] }
$process = [System.Diagnostics.Process]::new()
$process.StartInfo = $start
try { [void]$process.Start() }
catch { return @{ started = $false; message = $_.Exception.Message } }

$sending = $null
if ($InputBase64) {
    $bytes = [Convert]::FromBase64String($InputBase64)
    $sending = $process.StandardInput.BaseStream.WriteAsync($bytes, 0, $bytes.Length)
}
else { $process.StandardInput.Close() }
$sources = @($process.StandardOutput.BaseStream, $process.StandardError.BaseStream)
$kept = @([System.IO.MemoryStream]::new(), [System.IO.MemoryStream]::new())
$buffers = @([byte[]]::new(65536), [byte[]]::new(65536))
$reads = @($null, $null)
$open = @($true, $true)
$truncated = $false
$exited = $null
while ($open[0] -or $open[1]) {
    foreach ($index in 0, 1) {
        if (-not $open[$index]) { continue }
        if ($null -eq $reads[$index]) { $reads[$index] = $sources[$index].ReadAsync($buffers[$index], 0, 65536) }
    }
    $waiting = [System.Threading.Tasks.Task[]]@($reads | Where-Object { $null -ne $_ })
    [void][System.Threading.Tasks.Task]::WaitAny($waiting, 200)
    foreach ($index in 0, 1) {
        if ($null -eq $reads[$index] -or -not $reads[$index].IsCompleted) { continue }
        $count = 0
        if (-not $reads[$index].IsFaulted) { $count = $reads[$index].Result }
        $reads[$index] = $null
        if ($count -eq 0) { $open[$index] = $false; continue }
        $room = [Math]::Min($count, $Limit - $kept[$index].Length)
        if ($room -gt 0) { $kept[$index].Write($buffers[$index], 0, $room) }
        if ($room -lt $count) { $truncated = $true }
    }
    if ($null -ne $sending -and $sending.IsCompleted) {
        $sending = $null
        try { $process.StandardInput.Close() } catch { $sending = $null }
    }
    # A process that it left behind may hold the pipes open for ever.
    if ($process.HasExited) {
        if ($null -eq $exited) { $exited = [System.Diagnostics.Stopwatch]::StartNew() }
        elseif ($exited.ElapsedMilliseconds -gt 3000) { break }
    }
}
$process.WaitForExit()
@{
    started = $true
    exitCode = $process.ExitCode
    stdout = [Convert]::ToBase64String($kept[0].ToArray())
    stderr = [Convert]::ToBase64String($kept[1].ToArray())
    truncated = $truncated
}
