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
    # Polls until the VM's state is like one of these; $false when that takes too long.
    param([string]$Id, [string[]]$States, [int]$Milliseconds)
    $watch = [System.Diagnostics.Stopwatch]::StartNew()
    do {
        $machine = Get-RingzeroMachine $Id
        if ($null -eq $machine) { return $true }
        foreach ($state in $States) { if ($machine.State.ToString() -like $state) { return $true } }
        [System.Threading.Thread]::Sleep(250)
    } while ($watch.ElapsedMilliseconds -lt $Milliseconds)
    return $false
}

function Invoke-Patiently {
    # A VM takes no change while its host works on it: an export that a killed call left, a merge of checkpoints.
    # What lasts longer than a minute is left to the next sweep: the caller's deadline is at two.
    param([System.Diagnostics.Stopwatch]$Since, [scriptblock]$Work, [int]$Milliseconds = 60000)
    for (;;) {
        try { return & $Work }
        catch {
            if ($Since.ElapsedMilliseconds -gt $Milliseconds -or $_.CategoryInfo.Category -eq 'PermissionDenied') { throw }
            [System.Threading.Thread]::Sleep(500)
        }
    }
}

function Invoke-WhileInUse {
    # Tries again while somebody else has the file open: a scanner or a backup of the host looks at each new disk. In each
    # language of the host by its category, or by the Win32 codes of a sharing violation, a locked region and a busy device.
    param([scriptblock]$Work, [int]$Milliseconds = 30000)
    $since = [System.Diagnostics.Stopwatch]::StartNew()
    for (;;) {
        try { return & $Work }
        catch {
            $inner = $_.Exception
            while ($null -ne $inner.InnerException) { $inner = $inner.InnerException }
            $inUse = $_.CategoryInfo.Category -eq 'ResourceBusy' -or ('0x{0:X8}' -f $inner.HResult) -in '0x80070020', '0x80070021', '0x800700AA'
            if (-not $inUse -or $since.ElapsedMilliseconds -gt $Milliseconds) { throw }
            [System.Threading.Thread]::Sleep(500)
        }
    }
}

function Stop-RingzeroGuest {
    # Asks the guest to shut down; it is off some time later. Not Stop-VM: where the guest cannot be asked it offers to turn
    # the machine off, and -Force accepts. InitiateShutdown never cuts the power (Msvm_ShutdownComponent).
    param($Machine)
    $component = Get-CimInstance -Namespace 'root\virtualization\v2' -ClassName 'Msvm_ShutdownComponent' -Filter "SystemName='$($Machine.Id.ToString())'"
    $code = 'there is no shutdown service'
    if ($null -ne $component) {
        # Forced as far as its programs go: those with unsaved work are closed, and no user has to be signed in.
        $answer = Invoke-CimMethod -InputObject $component -MethodName 'InitiateShutdown' -Arguments @{ Force = $true; Reason = 'ringzero' }
        $code = Complete-ManagementJob $answer
    }
    if ($code -ne 0) {
        throw (New-BridgeError -Id 'RZ_NO_SHUTDOWN' -Message "the guest of $($Machine.Name) takes no order to shut down ($code)" -Category 'InvalidOperation')
    }
}

function Stop-MachinePower {
    # Turns the machine off as it is now. Stop-VM -TurnOff is refused on the way into or out of a state.
    param([string]$Id)
    $machine = Get-RingzeroMachine $Id
    if ($null -eq $machine) { return }
    $state = $machine.State.ToString()
    if ($state -like 'Off*') { return }
    # A saved machine has no power to cut: without its saved state it is off, whatever was to go on from it.
    if ($state -like '*Saved*') { Hyper-V\Remove-VMSavedState -VM $machine; return }
    # It sleeps on its disk, which does not pass by itself: it has to run to be turned off.
    if ($state -like 'Hibernated*') { Hyper-V\Start-VM -VM $machine }
    Hyper-V\Stop-VM -VM $machine -TurnOff -Force
}

function Stop-WorkerProcess {
    # Ends the process that a machine runs in (vmwp, the machine's id is among its arguments); $false where there is none.
    param([string]$Id)
    $found = @(Get-CimInstance -ClassName 'Win32_Process' -Filter "Name LIKE 'vmwp.%'" | Where-Object { [string]$_.CommandLine -like "*$Id*" })
    foreach ($process in $found) { [void](Invoke-CimMethod -InputObject $process -MethodName 'Terminate') }
    return $found.Count -gt 0
}

function Stop-RingzeroMachine {
    # Cuts the power. Each state has a critical twin, in which the host has lost the machine's storage.
    param($Machine)
    $id = $Machine.Id.ToString()
    $since = [System.Diagnostics.Stopwatch]::StartNew()
    if ($Machine.State.ToString() -like '*Saving*') {
        # On its way into the saved state it takes no order; a killed save comes to its end by itself.
        [void](Wait-MachineState $id @('*Saved*', 'Running*', 'Paused*', 'Off*') 60000)
    }
    try { Invoke-Patiently $since { Stop-MachinePower $id } -Milliseconds 40000 }
    # A machine that hangs on its way takes no order at all.
    catch { if (-not (Stop-WorkerProcess $id)) { throw } }
    $left = [Math]::Max(10000, 60000 - $since.ElapsedMilliseconds)
    if (-not (Wait-MachineState $id @('Off*') $left)) {
        throw (New-BridgeError -Id 'RZ_STILL_RUNNING' -Message "the VM $($Machine.Name) does not turn off" -Category 'OperationTimeout')
    }
}

function Complete-ManagementJob {
    # The code of a method of the management service that is done, 0 for success. 4096: a job does it (Msvm_ConcreteJob;
    # state 7 is completed, 32768 completed with warnings, between them are its failures).
    param($Answer)
    if ($Answer.ReturnValue -ne 4096) { return $Answer.ReturnValue }
    do {
        [System.Threading.Thread]::Sleep(250)
        $job = Get-CimInstance -InputObject $Answer.Job
    } while ($job.JobState -lt 7)
    if ($job.JobState -eq 7 -or $job.JobState -eq 32768) { return 0 }
    # A job that was ended from outside has no error code.
    if ($job.ErrorCode) { return $job.ErrorCode }
    return "job state $($job.JobState)"
}

function Read-HostLog {
    # Records of an event log by a query of Get-WinEvent; none is fine, a log that cannot be read is an error.
    param([hashtable]$Query)
    $failures = @()
    $found = @(Get-WinEvent @Query -ErrorAction SilentlyContinue -ErrorVariable failures)
    # It complains of records whose text it cannot make as well, and gives them all the same.
    if ($found.Count -gt 0) { return $found }
    foreach ($failure in @($failures)) {
        if ([string]$failure.FullyQualifiedErrorId -notlike 'NoMatchingEventsFound*') { throw $failure }
    }
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
    # does: Microsoft's page of DestroySystem removes a planned machine by it. Its folder belongs to that machine alone.
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

function Clear-ReadOnly {
    # What cannot be written cannot be deleted either. Links are passed by: what they lead to is not ours.
    param([string]$Path)
    foreach ($entry in [System.IO.Directory]::GetFileSystemEntries($Path)) {
        $attributes = [System.IO.File]::GetAttributes($entry)
        if ($attributes -band [System.IO.FileAttributes]::ReparsePoint) { continue }
        if ($attributes -band [System.IO.FileAttributes]::ReadOnly) {
            [System.IO.File]::SetAttributes($entry, $attributes -band (-bnot [System.IO.FileAttributes]::ReadOnly))
        }
        if ($attributes -band [System.IO.FileAttributes]::Directory) { Clear-ReadOnly $entry }
    }
}

function Remove-Tree {
    # Files may be held for a while: by a virus scanner of the host, or by the merge that follows a removed checkpoint.
    param([string]$Path)
    for ($try = 1; [System.IO.Directory]::Exists($Path); $try++) {
        try { [System.IO.Directory]::Delete($Path, $true) }
        catch {
            if ($try -ge 160) { throw }
            try { Clear-ReadOnly $Path } catch { $null = $_ }
            [System.Threading.Thread]::Sleep(250)
        }
    }
}
