# Saves the running state under a name, or goes back to it.
param($Parameters, $Secrets)
$machine = Get-OwnMachine $Parameters
if ($Parameters['action'] -eq 'save') {
    Hyper-V\Checkpoint-VM -VM $machine -SnapshotName $Parameters['name']
}
else {
    $checkpoint = Hyper-V\Get-VMSnapshot -VM $machine | Where-Object { $_.Name -ceq $Parameters['name'] } | Select-First
    if ($null -eq $checkpoint) {
        throw (New-BridgeError -Id 'RZ_NO_CHECKPOINT' -Message "there is no checkpoint $($Parameters['name'])" -Category 'ObjectNotFound')
    }
    Hyper-V\Restore-VMSnapshot -VMSnapshot $checkpoint -Confirm:$false
    # Standard checkpoints of a running machine come back saved on some hosts.
    $machine = Get-OwnMachine $Parameters
    if ($machine.State.ToString() -ne 'Running') { Hyper-V\Start-VM -VM $machine }
}
$null
