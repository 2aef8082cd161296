# Removes a machine with everything that was made for it. The VM goes after its disks and its switch: as long as
# anything is left, sweep still finds it. Does nothing where nothing is left.
param($Parameters, $Secrets)
$machine = Get-RingzeroMachine $Parameters['id']
if ($null -ne $machine -and $machine.Notes -cne $Parameters['notes'] -and -not ($machine.Notes -eq '' -and $machine.Name -ceq $Parameters['name'])) {
    throw (New-BridgeError -Id 'RZ_NOT_OURS' -Message "the VM $($machine.Name) does not carry our notes" -Category 'PermissionDenied')
}
$since = [System.Diagnostics.Stopwatch]::StartNew()
if ($null -ne $machine) { Stop-RingzeroMachine $machine }
foreach ($file in @(Get-DiskFile $Parameters['folder']) + @(Get-DiskFile $Parameters['mountFolder'])) {
    # A disk that was cut off while it was made, or has lost its parent, cannot be asked whether it is mounted: it is not.
    # What is mounted all the same shows when the folder does not go.
    try { Dismount-RingzeroDisk $file $Parameters['mountFolder'] } catch { continue }
}
Hyper-V\Get-VMSwitch | Where-Object { $_.Name -ceq $Parameters['name'] -and $_.Notes -ceq $Parameters['notes'] } | Hyper-V\Remove-VMSwitch -Force
foreach ($file in @(Get-DiskFile $Parameters['folder'])) {
    # What is still held goes with the folder.
    try { [System.IO.File]::Delete($file) } catch { continue }
}
if ($null -ne $machine) { Invoke-Patiently $since { Hyper-V\Remove-VM -VM $machine -Force } }
Remove-PlannedMachine $Parameters['folder']
Remove-Tree $Parameters['folder']
