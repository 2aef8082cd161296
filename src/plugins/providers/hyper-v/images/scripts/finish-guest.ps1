# Runs inside the guest at the end of its first start: what cannot be set on a disk that is not running.
# PublishStart is the text of publish-start.ps1; Channels are event logs that are to keep LogBytes.
param([string]$PublishStart, [string[]]$Channels, [long]$LogBytes)
$ErrorActionPreference = 'Stop'
# Each later start tells the host of itself: a task of the task scheduler, because it needs no program of ours.
$folder = Join-Path -Path $env:windir -ChildPath 'ringzero'
[void][IO.Directory]::CreateDirectory($folder)
$script = Join-Path -Path $folder -ChildPath 'publish-start.ps1'
[IO.File]::WriteAllText($script, $PublishStart)
# Not -File: a policy of the machine for scripts overrules -ExecutionPolicy Bypass, and has no say in a command.
$command = [Convert]::ToBase64String([Text.Encoding]::Unicode.GetBytes("& ([scriptblock]::Create([IO.File]::ReadAllText('$($script.Replace("'", "''"))')))"))
# The names of elements: Task Scheduler schema. Priority 4 is an ordinary one; 7, the default, waits on a busy start.
$task = @"
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo><Description>Tells the host that this start has come to its services</Description></RegistrationInfo>
  <Triggers><BootTrigger><Enabled>true</Enabled></BootTrigger></Triggers>
  <Principals><Principal id="Author"><UserId>S-1-5-18</UserId><RunLevel>HighestAvailable</RunLevel></Principal></Principals>
  <Settings>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <ExecutionTimeLimit>PT5H</ExecutionTimeLimit>
    <Priority>4</Priority>
  </Settings>
  <Actions Context="Author"><Exec>
    <Command>$env:windir\System32\WindowsPowerShell\v1.0\powershell.exe</Command>
    <Arguments>-NoLogo -NoProfile -NonInteractive -EncodedCommand $command</Arguments>
  </Exec></Actions>
</Task>
"@
$scheduler = New-Object -ComObject 'Schedule.Service'
$scheduler.Connect()
# 6: create or update; 5: a service account, so without a password.
[void]$scheduler.GetFolder('\').RegisterTask('ringzero-publish-start', $task, 6, 'S-1-5-18', $null, 5)
# Quick Machine Recovery would repair what is being measured. The tool and its settings exist from Windows 11 24H2 on;
# the format is that of Microsoft's page on it (windows-itpro-docs, quick-machine-recovery: reagentc.exe /setrecoverysettings).
$xml = Join-Path -Path $env:windir -ChildPath 'Temp\ringzero-recovery.xml'
[IO.File]::WriteAllText($xml, '<?xml version="1.0" encoding="utf-8"?><WindowsRE><CloudRemediation state="0"/><AutoRemediation state="0"/></WindowsRE>')
# Under "Stop" Windows PowerShell 5.1 takes what a program writes to standard error for an error of its own.
$ErrorActionPreference = 'Continue'
& (Join-Path -Path $env:windir -ChildPath 'System32\reagentc.exe') /setrecoverysettings /path $xml 2>&1 | Out-Null
& (Join-Path -Path $env:windir -ChildPath 'System32\powercfg.exe') /hibernate off 2>&1 | Out-Null
# Windows 11 and Server 2025 lock an account after ten refusals (Microsoft, "Account lockout threshold"), and a start that
# is asked before its accounts are there refuses.
& (Join-Path -Path $env:windir -ChildPath 'System32\net.exe') accounts /lockoutthreshold:0 2>&1 | Out-Null
$unlocked = $LASTEXITCODE
# Through the event log's service and not below WINEVT\Channels on the disk: those keys can belong to TrustedInstaller.
$small = @()
foreach ($channel in $Channels) {
    & (Join-Path -Path $env:windir -ChildPath 'System32\wevtutil.exe') set-log $channel "/maxsize:$LogBytes" 2>&1 | Out-Null
    if ($LASTEXITCODE -ne 0) { $small += "$channel ($LASTEXITCODE)" }
}
$ErrorActionPreference = 'Stop'
if ($unlocked -ne 0) { throw "net.exe accounts ended with $unlocked" }
if ($small.Count -gt 0) { throw "wevtutil.exe set-log failed for $($small -join ', ')" }
Remove-Item -LiteralPath $xml -Force

# The answer file and the copies that setup keeps of it hold the password.
foreach ($path in 'Panther\unattend.xml', 'Panther\unattend-original.xml', 'Panther\Unattend\unattend.xml', 'System32\Sysprep\unattend.xml') {
    $file = Join-Path -Path $env:windir -ChildPath $path
    if (Test-Path -LiteralPath $file) { Remove-Item -LiteralPath $file -Force }
}
$leftOver = @('Panther', 'System32\Sysprep') | ForEach-Object {
    Get-ChildItem -LiteralPath (Join-Path -Path $env:windir -ChildPath $_) -Filter 'unattend*.xml' -Recurse -File -Force -ErrorAction SilentlyContinue
} | ForEach-Object { $_.FullName }

$current = Get-ItemProperty -LiteralPath 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion'
# The licence of Windows itself; only evaluations have a date in the future here.
$expires = ''
$licence = Get-CimInstance -ClassName SoftwareLicensingProduct -Filter "ApplicationID='55c92734-d682-4d71-983e-d6ec3f16059f' AND PartialProductKey IS NOT NULL" -ErrorAction SilentlyContinue | Select-Object -First 1
if ($null -ne $licence -and $current.EditionID -like '*Eval') {
    $expires = [DateTime]::UtcNow.AddMinutes($licence.GracePeriodRemaining).ToString('yyyy-MM-dd')
}
# What the probe of the Windows os calls a pending restart (plugins/os/windows/scripts/boot.ps1).
$pending = @()
$servicing = 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing'
if (Test-Path -LiteralPath "$servicing\RebootPending") { $pending += 'servicing' }
if (Test-Path -LiteralPath "$env:windir\WinSxS\pending.xml") { $pending += 'pending.xml' }
$session = 'HKLM:\SYSTEM\CurrentControlSet\Control\Session Manager'
$moves = Get-ItemProperty -LiteralPath $session -Name PendingFileRenameOperations -ErrorAction SilentlyContinue
if ($null -ne $moves) { $pending += 'file renames' }

[pscustomobject]@{
    build     = "$($current.CurrentBuildNumber).$($current.UBR)"
    edition   = [string]$current.EditionID
    language  = [string](Get-UICulture).Name
    installed = [DateTime]::UtcNow.ToString('yyyy-MM-dd')
    expires   = $expires
    leftOver  = @($leftOver)
    pending   = @($pending)
}
