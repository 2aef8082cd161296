# Makes one VM that goes on from a saved machine, on a differencing disk of its own. Whatever fails, nothing is left behind.
# Several can be made from the same files: each is a copy under a new id.
param($Parameters, $Secrets)
$name = $Parameters['name']
$planned = $null
$machine = $null
$switch = $null
try {
    foreach ($file in @($Parameters['parent'])) {
        $attributes = [System.IO.File]::GetAttributes($file)
        if (-not ($attributes -band [System.IO.FileAttributes]::ReadOnly)) {
            [System.IO.File]::SetAttributes($file, $attributes -bor [System.IO.FileAttributes]::ReadOnly)
        }
    }
    [void](Invoke-WhileInUse { Hyper-V\New-VHD -Path $Parameters['disk'] -ParentPath $Parameters['parent'] -Differencing })
    $folder = $Parameters['folder']
    $report = Hyper-V\Compare-VM -Path $Parameters['configuration'] -Copy -GenerateNewId -VirtualMachinePath $folder `
        -SnapshotFilePath $folder -SmartPagingFilePath $folder -VhdDestinationPath $folder `
        -VhdSourcePath ([System.IO.Path]::GetDirectoryName($Parameters['parent']))
    # A planned VM: it cannot be started yet, and its parts can be exchanged.
    $planned = $report.VM
    Hyper-V\Set-VM -VM $planned -NewVMName $name -Notes $Parameters['notes']
    Hyper-V\Get-VMHardDiskDrive -VM $planned | Hyper-V\Set-VMHardDiskDrive -Path $Parameters['disk']
    Hyper-V\Set-VMComPort -VM $planned -Number 1 -Path $Parameters['pipe']
    if ($null -ne $Parameters['network']) {
        $switch = Hyper-V\New-VMSwitch -Name $name -SwitchType Private -Notes $Parameters['notes']
        Hyper-V\Get-VMNetworkAdapter -VM $planned | Hyper-V\Connect-VMNetworkAdapter -SwitchName $name
    }
    $report = Hyper-V\Compare-VM -CompatibilityReport $report
    $against = @($report.Incompatibilities)
    if ($against.Count -gt 0) {
        throw (New-BridgeError -Id 'RZ_NOT_RESTORED' -Message "the host does not take the saved machine (message $($against[0].MessageId)): $($against[0].Message)" -Category 'InvalidOperation')
    }
    $machine = Hyper-V\Import-VM -CompatibilityReport $report
    if ($machine.State.ToString() -ne 'Saved') {
        throw (New-BridgeError -Id 'RZ_NOT_RESTORED' -Message "the machine came back as $($machine.State), not saved" -Category 'InvalidResult')
    }
    # An import may copy disks to a place of the host's choice: every script and the sweep look for it in its own.
    $drives = @(Hyper-V\Get-VMHardDiskDrive -VM $machine)
    if ($drives.Count -ne 1 -or $drives[0].Path -ne $Parameters['disk']) {
        throw (New-BridgeError -Id 'RZ_NOT_RESTORED' -Message "the machine came back on the disk $($drives[0].Path), not on its own" -Category 'InvalidResult')
    }
    @{ id = $machine.Id.ToString() }
}
catch {
    $failure = $_
    $made = $machine
    if ($null -eq $made) { $made = $planned }
    if ($null -ne $made) { Hyper-V\Remove-VM -VM $made -Force -ErrorAction SilentlyContinue }
    if ($null -ne $switch) { Hyper-V\Remove-VMSwitch -VMSwitch $switch -Force -ErrorAction SilentlyContinue }
    if ([System.IO.File]::Exists($Parameters['disk'])) { [System.IO.File]::Delete($Parameters['disk']) }
    throw $failure
}
