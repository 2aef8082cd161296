# Restarts one service with what depends on it and waits until it runs.
param($Parameters)
$ok = $false
$detail = ''
try {
    Restart-Service -Name ([string]$Parameters.name) -Force
    $service = Get-Service -Name ([string]$Parameters.name)
    $service.WaitForStatus('Running', [TimeSpan]::FromSeconds(60))
    $ok = $true
}
catch { $detail = [string]$_.Exception.Message }
@{ ok = $ok; detail = $detail }
