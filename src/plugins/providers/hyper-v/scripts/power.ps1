# Starts or stops a machine of ours; returns when the host says so.
param($Parameters, $Secrets)
$machine = Get-OwnMachine $Parameters
switch ($Parameters['action']) {
    'start' {
        Hyper-V\Start-VM -VM $machine
    }
    'guest' {
        # Asks the guest; -Force saves the question about unsaved work, it does not cut the power.
        if ($machine.State.ToString() -notlike 'Off*') { Hyper-V\Stop-VM -VM $machine -Force }
    }
    'power' {
        Stop-RingzeroMachine $machine
    }
}
$null
