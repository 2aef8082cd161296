# Starts or stops a machine of ours; returns when the host says so. A guest that is asked to shut down is off later.
param($Parameters, $Secrets)
$machine = Get-OwnMachine $Parameters
switch ($Parameters['action']) {
    'start' {
        Hyper-V\Start-VM -VM $machine
    }
    'guest' {
        if ($machine.State.ToString() -notlike 'Off*') { Stop-RingzeroGuest $machine }
    }
    'power' {
        Stop-RingzeroMachine $machine
    }
}
$null
