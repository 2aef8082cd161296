# Functions that the scripts about one machine share. Machines are found by id, never by name: names are not unique.

function Get-RingzeroMachine {
    # The VM, or $null. No filter of Get-VM is used: what it throws for a missing VM differs between versions.
    param([string]$Id)
    return Hyper-V\Get-VM | Where-Object { $_.Id.ToString() -eq $Id } | Select-First
}

filter Select-First {
    begin { $taken = $false }
    process { if (-not $taken) { $taken = $true; $_ } }
}

function Get-OwnMachine {
    # The VM with our mark in its notes; anything else is refused, so that no call can touch a machine of somebody else.
    param($Parameters)
    $machine = Get-RingzeroMachine $Parameters['id']
    if ($null -eq $machine) {
        throw (New-BridgeError -Id 'RZ_MACHINE_GONE' -Message "there is no VM with the id $($Parameters['id'])" -Category 'ObjectNotFound')
    }
    if ($machine.Notes -cne $Parameters['notes']) {
        throw (New-BridgeError -Id 'RZ_NOT_OURS' -Message "the VM $($machine.Name) does not carry our notes" -Category 'PermissionDenied')
    }
    return $machine
}

function Wait-MachineState {
    # Polls until the VM is in one of the states; the caller's deadline ends the session if this takes too long.
    param([string]$Id, [string[]]$States, [int]$Milliseconds)
    $watch = [System.Diagnostics.Stopwatch]::StartNew()
    while ($watch.ElapsedMilliseconds -lt $Milliseconds) {
        $machine = Get-RingzeroMachine $Id
        if ($null -eq $machine -or $States -contains $machine.State.ToString()) { return $true }
        [System.Threading.Thread]::Sleep(250)
    }
    return $false
}

function Stop-RingzeroMachine {
    # Cuts the power. A saved machine has none to cut: without its saved state it is off, whatever was to go on from it.
    param($Machine)
    $id = $Machine.Id.ToString()
    if ($Machine.State.ToString() -like '*Saving') {
        # On its way into the saved state it takes no order; a killed save comes to its end by itself.
        [void](Wait-MachineState $id @('Saved', 'FastSaved', 'SavedCritical', 'Running', 'Off', 'OffCritical') 600000)
        $Machine = Get-RingzeroMachine $id
        if ($null -eq $Machine) { return }
    }
    if ($Machine.State.ToString() -like '*Saved*') { Hyper-V\Remove-VMSavedState -VM $Machine }
    elseif ($Machine.State.ToString() -ne 'Off') { Hyper-V\Stop-VM -VM $Machine -TurnOff -Force }
    if (-not (Wait-MachineState $id @('Off', 'OffCritical') 60000)) {
        throw (New-BridgeError -Id 'RZ_STILL_RUNNING' -Message "the VM $($Machine.Name) does not turn off" -Category 'OperationTimeout')
    }
}

function Complete-ManagementJob {
    # The code of a method of the management service that is done, 0 for success. 4096: a job does it (Msvm_ConcreteJob;
    # state 7 is completed, above are its failures).
    param($Answer)
    if ($Answer.ReturnValue -ne 4096) { return $Answer.ReturnValue }
    do {
        [System.Threading.Thread]::Sleep(250)
        $job = Get-CimInstance -InputObject $Answer.Job
    } while ($job.JobState -lt 7)
    if ($job.JobState -eq 7) { return 0 }
    return $job.ErrorCode
}

function Test-Inside {
    # Whether a path is the folder or lies below it.
    param([string]$Path, [string]$Folder)
    if (-not $Path) { return $false }
    $end = [System.IO.Path]::DirectorySeparatorChar
    $outer = [System.IO.Path]::GetFullPath($Folder).TrimEnd($end) + $end
    return ([System.IO.Path]::GetFullPath($Path).TrimEnd($end) + $end).StartsWith($outer, [StringComparison]::OrdinalIgnoreCase)
}

function Remove-PlannedMachine {
    # What a restore left that was killed between Compare-VM and Import-VM. Get-VM does not know it, the management service
    # does: Microsoft's page of DestroySystem removes a planned machine by it. Its folder is nobody's but that machine's.
    param([string]$Folder)
    $namespace = 'root\virtualization\v2'
    foreach ($planned in @(Get-CimInstance -Namespace $namespace -ClassName 'Msvm_PlannedComputerSystem')) {
        $settings = @(Get-CimAssociatedInstance -InputObject $planned -ResultClassName 'Msvm_VirtualSystemSettingData')
        $here = $settings | Where-Object { Test-Inside $_.ConfigurationDataRoot $Folder }
        if ($null -eq $here) { continue }
        $service = Get-CimInstance -Namespace $namespace -ClassName 'Msvm_VirtualSystemManagementService'
        $answer = Invoke-CimMethod -InputObject $service -MethodName 'DestroySystem' -Arguments @{ AffectedSystem = $planned }
        $code = Complete-ManagementJob $answer
        if ($code -ne 0) {
            throw (New-BridgeError -Id 'RZ_STILL_PLANNED' -Message "a machine that was planned in $Folder is not removed (code $code)" -Category 'InvalidResult')
        }
    }
}

function Dismount-RingzeroDisk {
    # Undoes a mount of a disk of ours, also one that a killed process left.
    param([string]$Path, [string]$MountFolder)
    if (-not [System.IO.File]::Exists($Path)) { return }
    $disk = Hyper-V\Get-VHD -Path $Path
    # Attached without a number: a VM has it, not the host.
    if (-not $disk.Attached -or $null -eq $disk.DiskNumber) { return }
    if ([System.IO.Directory]::Exists($MountFolder)) {
        foreach ($partition in @(Get-Partition -DiskNumber $disk.DiskNumber -ErrorAction SilentlyContinue)) {
            foreach ($access in @($partition.AccessPaths)) {
                if ($null -eq $access -or -not $access.StartsWith($MountFolder, [StringComparison]::OrdinalIgnoreCase)) { continue }
                Remove-PartitionAccessPath -DiskNumber $disk.DiskNumber -PartitionNumber $partition.PartitionNumber -AccessPath $access
            }
        }
    }
    Hyper-V\Dismount-VHD -Path $Path
}

function Get-MachineDisk {
    # After a checkpoint the machine writes to another file than the one that it was made with.
    param($Machine, $Parameters)
    $drive = Hyper-V\Get-VMHardDiskDrive -VM $Machine | Select-First
    if ($null -eq $drive -or -not $drive.Path) { return $Parameters['disk'] }
    if (-not $drive.Path.StartsWith($Parameters['folder'], [StringComparison]::OrdinalIgnoreCase)) {
        throw (New-BridgeError -Id 'RZ_NOT_OURS' -Message "the disk $($drive.Path) is not in the machine's folder" -Category 'PermissionDenied')
    }
    return $drive.Path
}

function Get-DiskFile {
    # Disks of a machine, with those of its checkpoints.
    param([string]$Folder)
    if (-not [System.IO.Directory]::Exists($Folder)) { return }
    [System.IO.Directory]::GetFiles($Folder) | Where-Object { $_ -like '*.vhdx' -or $_ -like '*.avhdx' }
}

function Remove-Tree {
    # Files may be held for a while: by a virus scanner of the host, or by the merge that follows a removed checkpoint.
    param([string]$Path)
    for ($try = 1; [System.IO.Directory]::Exists($Path); $try++) {
        try { [System.IO.Directory]::Delete($Path, $true) }
        catch {
            if ($try -ge 400) { throw }
            [System.Threading.Thread]::Sleep(250)
        }
    }
}
