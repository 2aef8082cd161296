# Runs in the guest at every start, as a scheduled task of SYSTEM: tells the host through the hypervisor's data exchange
# that this start's services run, and whether setup waits. Text values below this key reach the host without a session
# (Hyper-V integration services, data exchange); they outlive restarts, so each start has a nonce of its own, and they
# are copied with the disk, so the machine's name as its host gives it (Parameters\VirtualMachineName) stands before it.
param([int]$Seconds = 120)
$ErrorActionPreference = 'SilentlyContinue'
$guest = 'HKLM:\SOFTWARE\Microsoft\Virtual Machine\Guest'
$nonce = [guid]::NewGuid().ToString('N')
$watch = [Diagnostics.Stopwatch]::StartNew()
$said = ''
do {
    # The host writes the name anew at each start: until then it is that of the machine that used the disk before.
    $machine = [string](Get-ItemProperty -LiteralPath "$guest\Parameters" -Name VirtualMachineName).VirtualMachineName
    $setup = Get-ItemProperty -LiteralPath 'HKLM:\SYSTEM\Setup'
    $state = [string](Get-ItemProperty -LiteralPath 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Setup\State' -Name ImageState).ImageState
    $open = @()
    foreach ($name in 'SystemSetupInProgress', 'OOBEInProgress') { if ($setup.$name -gt 0) { $open += $name } }
    # How far setup got (ImageState, "Windows Setup states") explains what is open; alone it says nothing.
    $report = if ($open.Count -eq 0) { 'complete' } else { "$($open -join ' ') $state" }
    if ("$machine $report" -ne $said) {
        [void](New-ItemProperty -LiteralPath $guest -Name 'RingzeroSetup' -Value $report -PropertyType String -Force)
        # Last, because the host believes the rest once this is new.
        [void](New-ItemProperty -LiteralPath $guest -Name 'RingzeroBoot' -Value "$machine/$nonce" -PropertyType String -Force)
        $said = "$machine $report"
    }
    Start-Sleep -Seconds 2
} while ($watch.Elapsed.TotalSeconds -lt $Seconds -or ($open.Count -gt 0 -and $watch.Elapsed.TotalHours -lt 4))
