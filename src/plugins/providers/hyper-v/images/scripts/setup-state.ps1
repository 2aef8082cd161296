# Runs inside the guest: what of Windows' setup is still open, as one line of text; empty when it has ended.
$setup = Get-ItemProperty -LiteralPath 'HKLM:\SYSTEM\Setup'
$state = [string](Get-ItemProperty -LiteralPath 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Setup\State' -Name ImageState -ErrorAction SilentlyContinue).ImageState
$open = @()
foreach ($name in 'SystemSetupInProgress', 'OOBEInProgress') { if ($setup.$name -gt 0) { $open += $name } }
# How far setup got ("Windows Setup states"): a value that is not there counts as done.
if ($state -ne '' -and $state -ne 'IMAGE_STATE_COMPLETE') { $open += $state }
$open -join ' '
