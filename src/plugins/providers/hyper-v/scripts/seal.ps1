# Moves the overlay of a machine that is off to its place among the sealed disks, read-only, on the same parent.
param($Parameters, $Secrets)
$machine = Get-OwnMachine $Parameters
if ($machine.State.ToString() -ne 'Off') {
    throw (New-BridgeError -Id 'RZ_STILL_RUNNING' -Message 'only the disk of a machine that is off can be sealed' -Category 'InvalidOperation')
}
Dismount-RingzeroDisk $Parameters['disk'] $Parameters['mountFolder']
if (@(Hyper-V\Get-VMSnapshot -VM $machine).Count -gt 0) {
    throw (New-BridgeError -Id 'RZ_HAS_CHECKPOINTS' -Message 'a disk under a checkpoint cannot be sealed' -Category 'InvalidOperation')
}
Hyper-V\Get-VMHardDiskDrive -VM $machine | Hyper-V\Remove-VMHardDiskDrive
[void][System.IO.Directory]::CreateDirectory([System.IO.Path]::GetDirectoryName($Parameters['destination']))
[System.IO.File]::Move($Parameters['disk'], $Parameters['destination'])
[System.IO.File]::SetAttributes($Parameters['destination'], [System.IO.FileAttributes]::ReadOnly)
$null
