# Saves a running machine of ours whole: its disk is moved to its place, its configuration and memory are exported beside it.
# Export-VM would copy the whole chain of disks below, the export of the management service can leave disks out.
param($Parameters, $Secrets)
$machine = Get-OwnMachine $Parameters
if ($machine.State.ToString() -ne 'Running') {
    throw (New-BridgeError -Id 'RZ_NOT_RUNNING' -Message 'a machine that does not run has no running state' -Category 'InvalidOperation')
}
if (@(Hyper-V\Get-VMSnapshot -VM $machine).Count -gt 0) {
    throw (New-BridgeError -Id 'RZ_HAS_CHECKPOINTS' -Message 'a machine with checkpoints cannot be saved whole' -Category 'InvalidOperation')
}
Hyper-V\Save-VM -VM $machine
if (-not (Wait-MachineState $Parameters['id'] @('Saved') 600000)) {
    throw (New-BridgeError -Id 'RZ_NOT_SAVED' -Message "the VM $($machine.Name) was not saved in time" -Category 'OperationTimeout')
}

$namespace = 'root\virtualization\v2'
$system = Get-CimInstance -Namespace $namespace -ClassName 'Msvm_ComputerSystem' -Filter "Name='$($machine.Id.ToString())'"
$service = Get-CimInstance -Namespace $namespace -ClassName 'Msvm_VirtualSystemManagementService'
# An embedded instance (CIM DTD 2.0): runtime information is the saved memory, 1 means without checkpoints.
$settings = '<INSTANCE CLASSNAME="Msvm_VirtualSystemExportSettingData">' +
    '<PROPERTY NAME="CopySnapshotConfiguration" TYPE="uint8"><VALUE>1</VALUE></PROPERTY>' +
    '<PROPERTY NAME="CopyVmRuntimeInformation" TYPE="boolean"><VALUE>TRUE</VALUE></PROPERTY>' +
    '<PROPERTY NAME="CopyVmStorage" TYPE="boolean"><VALUE>FALSE</VALUE></PROPERTY>' +
    '<PROPERTY NAME="CreateVmExportSubdirectory" TYPE="boolean"><VALUE>FALSE</VALUE></PROPERTY></INSTANCE>'
$arguments = @{ ComputerSystem = $system; ExportDirectory = $Parameters['destination']; ExportSettingData = $settings }
$answer = Invoke-CimMethod -InputObject $service -MethodName 'ExportSystemDefinition' -Arguments $arguments
$code = Complete-ManagementJob $answer
if ($code -ne 0) {
    throw (New-BridgeError -Id 'RZ_NOT_EXPORTED' -Message "the state of the VM $($machine.Name) was not exported (code $code)" -Category 'InvalidResult')
}
$files = @([System.IO.Directory]::GetFiles($Parameters['destination'], '*', [System.IO.SearchOption]::AllDirectories))
$memory = @($files | Where-Object { $_ -like '*.vmrs' })
if ($memory.Count -ne 1 -or @($files | Where-Object { $_ -like '*.vmcx' }).Count -ne 1) {
    throw (New-BridgeError -Id 'RZ_NOT_EXPORTED' -Message "the export of the VM $($machine.Name) has no configuration or no memory" -Category 'InvalidResult')
}

# The machine is over: without its saved state it is off.
Hyper-V\Remove-VMSavedState -VM $machine
Hyper-V\Get-VMHardDiskDrive -VM $machine | Hyper-V\Remove-VMHardDiskDrive
$disk = [System.IO.Path]::Combine($Parameters['destination'], 'disk.vhdx')
[System.IO.File]::Move($Parameters['disk'], $disk)
foreach ($file in $files + $disk) { [System.IO.File]::SetAttributes($file, [System.IO.FileAttributes]::ReadOnly) }
@{ disk = $disk; memory = $memory[0]; further = @($files | Where-Object { $_ -notlike '*.vmrs' }) }
