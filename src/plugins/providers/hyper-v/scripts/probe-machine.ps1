# One look of the probe at an empty machine, or at the disk that it will have.
param($Parameters, $Secrets)
switch ($Parameters['action']) {
    'make-disk' {
        [void](Hyper-V\New-VHD -Path $Parameters['disk'] -SizeBytes 1GB -Dynamic)
        if (-not [System.IO.File]::Exists($Parameters['disk'])) { throw 'New-VHD left no file' }
        'made'
    }
    'integration' {
        # By id: the names are in the host's language.
        $services = @{ heartbeat = '84EAAE65-2F2E-45F5-9BB5-0E857DC8EB47'; exchange = '2A34B1C2-FD73-4043-8A5B-DD2159BC743F'
            shutdown = '9F8233AC-BE49-4C79-8EE3-E7E1985B2077'; files = '6C09BB55-D683-4DA0-8931-C9BF705F6480' }
        $ids = @(Hyper-V\Get-VMIntegrationService -VM (Get-OwnMachine $Parameters) | ForEach-Object { [string]$_.Id })
        $absent = @($services.Keys | Where-Object { $id = $services[$_]; @($ids | Where-Object { $_ -like "*$id" }).Count -eq 0 })
        if ($absent.Count -gt 0) { throw "the machine has no integration service for: $($absent -join ', ')" }
        'heartbeat, exchange, shutdown, files'
    }
    'tpm' {
        $machine = Get-OwnMachine $Parameters
        Hyper-V\Set-VMKeyProtector -VM $machine -NewLocalKeyProtector
        Hyper-V\Enable-VMTPM -VM $machine
        # The machine goes on without: one with a TPM is not saved.
        Hyper-V\Disable-VMTPM -VM $machine
        'put in and taken out'
    }
    'exchange' {
        $component = Get-CimInstance -Namespace 'root\virtualization\v2' -ClassName 'Msvm_KvpExchangeComponent' -Filter "SystemName='$($Parameters['id'])'"
        if ($null -eq $component) { throw 'the management service has no Msvm_KvpExchangeComponent for the machine' }
        "$(@($component.GuestExchangeItems | Where-Object { $_ }).Count) pairs of the guest"
    }
}
