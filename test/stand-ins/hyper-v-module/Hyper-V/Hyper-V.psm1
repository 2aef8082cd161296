# A stand-in for the Hyper-V module: the cmdlets that the provider calls, with VMs that are real QEMU machines.
# Parameters are strict: one that the real cmdlet lacks fails here, too (cmdlets.test.ts holds them against the metadata).

function Test-Broken { param([string]$Name) [System.IO.File]::Exists([System.IO.Path]::Combine([Ringzero.PowerShellHost.StandIn]::Store, $Name)) }

# Somebody else has the file open for one call.
function Test-InUse {
    param([string]$Cmdlet)
    $wish = [System.IO.Path]::Combine([Ringzero.PowerShellHost.StandIn]::Store, "in-use-$Cmdlet")
    if (-not [System.IO.File]::Exists($wish)) { return }
    [System.IO.File]::Delete($wish)
    throw [System.IO.IOException]::new('The process cannot access the file because it is being used by another process.', -2147024864)
}

# What was called on which machine, in order, for tests to look at.
function Add-Call {
    param($Invocation)
    # A host on which one of these does not work, for tests that look whether anybody notices.
    Test-InUse $Invocation.MyCommand.Name
    if (Test-Broken "fails-$($Invocation.MyCommand.Name)") { throw "$($Invocation.MyCommand.Name) does not work on this host" }
    $names = [string[]]@($Invocation.BoundParameters.Keys)
    [array]::Sort($names, [StringComparer]::Ordinal)
    $words = foreach ($name in $names) {
        $value = $Invocation.BoundParameters[$name]
        if ($value -is [Ringzero.PowerShellHost.VirtualMachine]) { $value = $value.Name }
        elseif ($value -is [array]) { $value = $value -join ',' }
        elseif ($value -is [psobject] -and $null -ne $value.PSObject.Properties['Kind']) { $value = $value.Kind }
        "-$name $value"
    }
    $line = "$($Invocation.MyCommand.Name) $(@($words) -join ' ')`n"
    [System.IO.File]::AppendAllText([System.IO.Path]::Combine([Ringzero.PowerShellHost.StandIn]::Store, 'calls.txt'), $line)
}

# What real Hyper-V refuses as well (hyperv-facts: generations, security, memory settings of a machine that runs).
function Assert-Machine {
    param($VM, [int]$Generation, [string]$What)
    $fresh = [Ringzero.PowerShellHost.StandIn]::Fresh($VM.Id)
    if ($fresh.Running) { throw "$What cannot be changed while $($fresh.Name) runs" }
    if ($Generation -and $fresh.Generation -ne $Generation) { throw "$What needs a generation $Generation machine, $($fresh.Name) has $($fresh.Generation)" }
}

# While an export works on a machine, nothing else may change it.
function Assert-Free {
    param($Machine)
    if ([System.IO.File]::Exists($Machine.File('exporting'))) { throw "The operation cannot be performed while $($Machine.Name) is in use." }
}

function Get-VM {
    [CmdletBinding()] param()
    [Ringzero.PowerShellHost.StandIn]::Machines()
}

function New-VM {
    [CmdletBinding()] param([string]$Name, [ValidateSet(1, 2)][int]$Generation, [long]$MemoryStartupBytes, [string]$VHDPath, [string]$Path, [version]$Version)
    Add-Call $MyInvocation
    if ($null -ne $Version -and (Get-VMHost).SupportedVmVersions -notcontains [string]$Version) { throw "The specified version $Version is not supported." }
    $machine = [Ringzero.PowerShellHost.VirtualMachine]@{
        Id = [guid]::NewGuid(); Name = $Name; Generation = $Generation; MemoryBytes = $MemoryStartupBytes; Disk = $VHDPath; Path = $Path; HasAdapter = $true
    }
    $machine.Save()
    $machine
}

function Set-Machine {
    param($Machine, [System.Collections.IDictionary]$Values)
    $fresh = [Ringzero.PowerShellHost.StandIn]::Fresh($Machine.Id)
    foreach ($name in $Values.Keys) { if ($name -ne 'VM') { $fresh.Set($name, $Values[$name]) } }
}

function Set-VM {
    [CmdletBinding()]
    param($VM, [string]$Notes, [string]$NewVMName,
        [ValidateSet('Nothing', 'StartIfRunning', 'Start')][string]$AutomaticStartAction,
        [ValidateSet('TurnOff', 'Save', 'ShutDown')][string]$AutomaticStopAction,
        [ValidateSet('None', 'Pause')][string]$AutomaticCriticalErrorAction,
        [ValidateSet('Disabled', 'Production', 'ProductionOnly', 'Standard')][string]$CheckpointType, [bool]$AutomaticCheckpointsEnabled)
    Add-Call $MyInvocation
    Set-Machine $VM $PSBoundParameters
    $fresh = [Ringzero.PowerShellHost.StandIn]::Fresh($VM.Id)
    if ($PSBoundParameters.ContainsKey('Notes')) { $fresh.Notes = $Notes }
    if ($NewVMName) { $fresh.Name = $NewVMName }
    $fresh.Save()
}

function Set-VMProcessor {
    [CmdletBinding()] param($VM, [long]$Count, [bool]$ExposeVirtualizationExtensions, [int]$MaximumCountPerNumaNode)
    Add-Call $MyInvocation
    Assert-Machine $VM 0 'the processor'
    Set-Machine $VM $PSBoundParameters
    $fresh = [Ringzero.PowerShellHost.StandIn]::Fresh($VM.Id)
    if ($Count) { $fresh.ProcessorCount = $Count }
    $fresh.Save()
}

function Set-VMMemory {
    [CmdletBinding()]
    param($VM, [bool]$DynamicMemoryEnabled, [long]$StartupBytes, [long]$MinimumBytes, [long]$MaximumBytes, [long]$MaximumAmountPerNumaNodeBytes)
    Add-Call $MyInvocation
    Assert-Machine $VM 0 'the memory'
    if ($DynamicMemoryEnabled -and ($StartupBytes -lt $MinimumBytes -or $StartupBytes -gt $MaximumBytes)) { throw 'the startup memory lies outside of the limits' }
    foreach ($bytes in $StartupBytes, $MinimumBytes, $MaximumBytes, $MaximumAmountPerNumaNodeBytes) { if ($bytes % 2MB) { throw "$bytes is no multiple of 2 MiB" } }
    Set-Machine $VM $PSBoundParameters
    $fresh = [Ringzero.PowerShellHost.StandIn]::Fresh($VM.Id)
    if ($StartupBytes) { $fresh.MemoryBytes = $StartupBytes }
    $fresh.Save()
}

function Set-VMFirmware {
    [CmdletBinding()] param($VM, [ValidateSet('On', 'Off')][string]$EnableSecureBoot, [string]$SecureBootTemplate, $FirstBootDevice)
    Add-Call $MyInvocation
    Assert-Machine $VM 2 'the firmware'
    Set-Machine $VM $PSBoundParameters
}

function Set-VMBios {
    [CmdletBinding()] param($VM, [ValidateSet('Floppy', 'CD', 'IDE', 'LegacyNetworkAdapter', 'NetworkAdapter', 'VHD')][string[]]$StartupOrder)
    Add-Call $MyInvocation
    Assert-Machine $VM 1 'the BIOS'
    if (@($StartupOrder | Where-Object { $_ -in 'Floppy', 'CD', 'IDE', 'LegacyNetworkAdapter' }).Count -ne 4) { throw 'a BIOS starts from all four kinds of device in some order' }
    Set-Machine $VM @{ StartupOrder = $StartupOrder -join ',' }
}

function Set-VMKeyProtector {
    [CmdletBinding()] param($VM, [switch]$NewLocalKeyProtector)
    Add-Call $MyInvocation
    Assert-Machine $VM 2 'the key protector'
    Set-Machine $VM @{ KeyProtector = [bool]$NewLocalKeyProtector }
}

function Enable-VMTPM {
    [CmdletBinding()] param($VM)
    Add-Call $MyInvocation
    Assert-Machine $VM 2 'the TPM'
    if (-not [Ringzero.PowerShellHost.StandIn]::Fresh($VM.Id).Settings.ContainsKey('KeyProtector')) { throw 'no valid key protector' }
    Set-Machine $VM @{ Tpm = $true }
}

function Disable-VMTPM {
    [CmdletBinding()] param($VM)
    Add-Call $MyInvocation
    Assert-Machine $VM 2 'the TPM'
    Set-Machine $VM @{ Tpm = $false }
}

function Get-VMHardDiskDrive {
    [CmdletBinding()] param($VM)
    $fresh = [Ringzero.PowerShellHost.StandIn]::Fresh($VM.Id)
    # New-VM attaches the disk to what the generation starts from.
    $controller = if ($fresh.Generation -eq 1) { 'IDE' } else { 'SCSI' }
    if ($fresh.Disk) { [pscustomobject]@{ Kind = "$controller disk"; VMId = $fresh.Id; Path = $fresh.Disk; ControllerType = $controller } }
}

function Remove-VMHardDiskDrive {
    [CmdletBinding()] param([Parameter(ValueFromPipeline)]$VMHardDiskDrive)
    process {
        Add-Call $MyInvocation
        $fresh = [Ringzero.PowerShellHost.StandIn]::Fresh($VMHardDiskDrive.VMId)
        $fresh.Disk = $null
        $fresh.Save()
    }
}

function Get-VMNetworkAdapter {
    [CmdletBinding()] param($VM)
    $fresh = [Ringzero.PowerShellHost.StandIn]::Fresh($VM.Id)
    if ($fresh.HasAdapter) { [pscustomobject]@{ Kind = 'network adapter'; VMId = $fresh.Id } }
}

function Remove-VMNetworkAdapter {
    [CmdletBinding()] param([Parameter(ValueFromPipeline)]$VMNetworkAdapter)
    process {
        $fresh = [Ringzero.PowerShellHost.StandIn]::Fresh($VMNetworkAdapter.VMId)
        $fresh.HasAdapter = $false
        $fresh.Save()
    }
}

function Add-VMNetworkAdapter {
    [CmdletBinding()] param($VM, [string]$Name, [string]$SwitchName, [bool]$IsLegacy)
    Add-Call $MyInvocation
    if ($IsLegacy) { Assert-Machine $VM 1 'a legacy network adapter' }
    if (-not (Get-VMSwitch | Where-Object { $_.Name -eq $SwitchName })) { throw "no switch $SwitchName" }
    Set-Machine $VM @{ Adapter = $SwitchName; Legacy = $IsLegacy }
    $fresh = [Ringzero.PowerShellHost.StandIn]::Fresh($VM.Id)
    $fresh.HasAdapter = $true
    $fresh.SwitchName = $SwitchName
    $fresh.Save()
}

function Set-VMNetworkAdapter {
    [CmdletBinding()] param([Parameter(ValueFromPipeline)]$VMNetworkAdapter, [ValidateSet('On', 'Off')][string]$MacAddressSpoofing)
    process {
        Add-Call $MyInvocation
        [Ringzero.PowerShellHost.StandIn]::Fresh($VMNetworkAdapter.VMId).Set('MacAddressSpoofing', $MacAddressSpoofing)
    }
}

function Get-SwitchPath { param([string]$Name) [System.IO.Path]::Combine([Ringzero.PowerShellHost.StandIn]::Store, 'switches', "$Name.json") }

function Get-VMSwitch {
    [CmdletBinding()] param()
    $folder = [System.IO.Path]::Combine([Ringzero.PowerShellHost.StandIn]::Store, 'switches')
    if (-not [System.IO.Directory]::Exists($folder)) { return }
    foreach ($file in [System.IO.Directory]::GetFiles($folder, '*.json')) {
        [Ringzero.PowerShellHost.StandIn].GetMethod('Read').MakeGenericMethod([Ringzero.PowerShellHost.VirtualSwitch]).Invoke($null, @($file))
    }
}

function New-VMSwitch {
    [CmdletBinding()] param([string]$Name, [string]$SwitchType, [string]$Notes)
    $switch = [Ringzero.PowerShellHost.VirtualSwitch]@{ Name = $Name; SwitchType = $SwitchType; Notes = $Notes }
    [Ringzero.PowerShellHost.StandIn]::Write((Get-SwitchPath $Name), $switch)
    $switch
}

function Remove-VMSwitch {
    [CmdletBinding()] param([Parameter(ValueFromPipeline)]$VMSwitch, [switch]$Force)
    process { if ($null -ne $VMSwitch) { [System.IO.File]::Delete((Get-SwitchPath $VMSwitch.Name)) } }
}

function Set-VMComPort {
    [CmdletBinding()] param($VM, [ValidateRange(1, 2)][int]$Number, [string]$Path)
    Add-Call $MyInvocation
    $fresh = [Ringzero.PowerShellHost.StandIn]::Fresh($VM.Id)
    if (-not (Test-Broken 'has-no-pipe')) { $fresh.ComPath = $Path }
    $fresh.Save()
}

function Set-VMVideo {
    [CmdletBinding()] param($VM, [ValidateSet('Maximum', 'Single', 'Default')][string]$ResolutionType, [int]$HorizontalResolution, [int]$VerticalResolution)
    Add-Call $MyInvocation
    Set-Machine $VM $PSBoundParameters
}

function Get-VMIntegrationService {
    [CmdletBinding()] param($VM)
    # In the host's language, which is German here: only the id is the same everywhere.
    [pscustomobject]@{ Kind = 'Taktsynchronisierung'; Id = "Microsoft:$($VM.Id)\84EAAE65-2F2E-45F5-9BB5-0E857DC8EB47"; VM = $VM }
    [pscustomobject]@{ Kind = 'Takt'; Id = "Microsoft:$($VM.Id)\2A34B1C2-FD73-4043-8A5B-DD2159BC743F"; VM = $VM }
    if (-not (Test-Broken 'lacks-shutdown-service')) {
        [pscustomobject]@{ Kind = 'Herunterfahren'; Id = "Microsoft:$($VM.Id)\9F8233AC-BE49-4C79-8EE3-E7E1985B2077"; VM = $VM }
    }
    [pscustomobject]@{ Kind = 'Gastdienstschnittstelle'; Id = "Microsoft:$($VM.Id)\6C09BB55-D683-4DA0-8931-C9BF705F6480"; VM = $VM }
}

function Enable-VMIntegrationService {
    [CmdletBinding()] param([Parameter(ValueFromPipeline)]$VMIntegrationService)
    process {
        Add-Call $MyInvocation
        Set-Machine $VMIntegrationService.VM @{ GuestServiceInterface = $true }
    }
}

function Start-VM {
    [CmdletBinding()] param($VM)
    Add-Call $MyInvocation
    $fresh = [Ringzero.PowerShellHost.StandIn]::Fresh($VM.Id)
    if ($fresh.Running) { throw "The virtual machine $($fresh.Name) runs already." }
    if ($fresh.Claimed -eq 'Hibernated') { $fresh.Claimed = 'Running'; $fresh.Save(); return }
    if ((Get-VHD -Path $fresh.Disk).Attached) { throw "The disk $($fresh.Disk) is in use by the host." }
    $saved = $fresh.State -eq 'Saved'
    [Ringzero.PowerShellHost.HostProgram]::StartWorker($fresh)
    while ($saved) {
        # As on a real host, a state that cannot be restored is an error of the start.
        try { $status = [Ringzero.PowerShellHost.Monitor]::Execute($fresh, 'query-status', '{}') } catch { $status = '' }
        if (-not [Ringzero.PowerShellHost.StandIn]::Fresh($VM.Id).Running) { throw "The virtual machine $($fresh.Name) could not be restored." }
        if ($status -like '*"status": "running"*') { return }
        [System.Threading.Thread]::Sleep(50)
    }
}

function Wait-Off {
    param($Machine, [int]$Seconds)
    $watch = [System.Diagnostics.Stopwatch]::StartNew()
    while ([Ringzero.PowerShellHost.StandIn]::Fresh($Machine.Id).Running) {
        if ($watch.Elapsed.TotalSeconds -gt $Seconds) { throw "the machine $($Machine.Name) does not stop" }
        [System.Threading.Thread]::Sleep(100)
    }
}

function Stop-VM {
    [CmdletBinding()] param($VM, [switch]$TurnOff, [switch]$Force)
    Add-Call $MyInvocation
    $fresh = [Ringzero.PowerShellHost.StandIn]::Fresh($VM.Id)
    # What is on its way into or out of a state, or asleep, takes no order (the cmdlet's table of states).
    if ($fresh.State -notmatch '^(Running|Paused)') { throw "The operation cannot be performed while $($VM.Name) is in its current state." }
    if ($fresh.Claimed) { $fresh.Claimed = $null; $fresh.Save(); return }
    # As the cmdlet: a guest that cannot be asked is turned off when somebody said -Force.
    if (-not $TurnOff -and -not $Force) { throw 'the stand-in asks no questions' }
    [void][Ringzero.PowerShellHost.Monitor]::Execute($VM, 'quit', '{}')
    Wait-Off $VM 60
}

function Remove-VM {
    [CmdletBinding()] param($VM, [switch]$Force)
    $fresh = [Ringzero.PowerShellHost.StandIn]::Fresh($VM.Id)
    if ($fresh.Running) { throw "The virtual machine $($fresh.Name) runs." }
    Assert-Free $fresh
    # A host that keeps a machine although it says nothing of it, once: one that was made, or one that was imported.
    $wish = [System.IO.Path]::Combine([Ringzero.PowerShellHost.StandIn]::Store, $(if ($fresh.Settings.ContainsKey('Imported')) { 'keeps-imported-machine' } else { 'keeps-machine' }))
    if ([System.IO.File]::Exists($wish)) { [System.IO.File]::Delete($wish); return }
    [System.IO.Directory]::Delete($fresh.Folder, $true)
}

function Get-VMSnapshot {
    [CmdletBinding()] param($VM)
    $index = 0
    foreach ($name in [Ringzero.PowerShellHost.StandIn]::Fresh($VM.Id).Snapshots) {
        $index++
        [pscustomobject]@{ Name = $name; VMId = $VM.Id; Tag = "checkpoint-$index" }
    }
}

function Remove-VMSnapshot {
    [CmdletBinding(SupportsShouldProcess)] param([Parameter(ValueFromPipeline)]$VMSnapshot, [switch]$IncludeAllChildSnapshots)
    process { if ($null -ne $VMSnapshot) { $fresh = [Ringzero.PowerShellHost.StandIn]::Fresh($VMSnapshot.VMId); $fresh.Snapshots.Clear(); $fresh.Save() } }
}

function Save-VM {
    [CmdletBinding()] param($VM)
    Add-Call $MyInvocation
    $fresh = [Ringzero.PowerShellHost.StandIn]::Fresh($VM.Id)
    $memory = $fresh.File('memory')
    [void][Ringzero.PowerShellHost.Monitor]::Execute($fresh, 'migrate-set-parameters', '{"max-bandwidth":1099511627776}')
    [void][Ringzero.PowerShellHost.Monitor]::Execute($fresh, 'migrate', "{`"uri`":`"exec:cat > '$memory'`"}")
    do {
        [System.Threading.Thread]::Sleep(50)
        $status = [System.Text.Json.JsonDocument]::Parse([Ringzero.PowerShellHost.Monitor]::Execute($fresh, 'query-migrate', '{}')).RootElement.GetProperty('status').GetString()
        if ($status -eq 'failed') { throw 'the machine could not be saved' }
    } while ($status -ne 'completed')
    # Saved before it is off: no look may see a machine that was switched off.
    $fresh = [Ringzero.PowerShellHost.StandIn]::Fresh($VM.Id)
    $fresh.SavedMemory = $memory
    $fresh.Save()
    [void][Ringzero.PowerShellHost.Monitor]::Execute($fresh, 'quit', '{}')
    Wait-Off $fresh 60
}

function Remove-VMSavedState {
    [CmdletBinding()] param($VM)
    Add-Call $MyInvocation
    $fresh = [Ringzero.PowerShellHost.StandIn]::Fresh($VM.Id)
    if ($fresh.State -notlike '*Saved*') { throw "The virtual machine $($fresh.Name) is not saved." }
    Assert-Free $fresh
    $fresh.SavedMemory = $null
    $fresh.Claimed = $null
    $fresh.Save()
}

# A report as Compare-VM gives it: a planned machine whose parts can be exchanged, and what still speaks against it.
function New-Report {
    param($Planned, [string]$VhdDestinationPath)
    $fresh = [Ringzero.PowerShellHost.StandIn]::Fresh($Planned.Id)
    $against = @()
    if (-not [System.IO.File]::Exists($fresh.Disk)) { $against += [pscustomobject]@{ MessageId = 40010; Message = "the hard disk '$($fresh.Disk)' was not found" } }
    if ($fresh.HasAdapter -and -not (Get-VMSwitch | Where-Object { $_.Name -eq $fresh.SwitchName })) {
        $against += [pscustomobject]@{ MessageId = 33012; Message = "the switch '$($fresh.SwitchName)' was not found" }
    }
    [pscustomobject]@{ VM = $fresh; Incompatibilities = $against; VhdDestinationPath = $VhdDestinationPath }
}

function Compare-VM {
    [CmdletBinding()]
    param([string]$Path, [switch]$Copy, [switch]$GenerateNewId, [string]$VirtualMachinePath, [string]$SnapshotFilePath, [string]$SmartPagingFilePath, [string]$VhdDestinationPath, [string]$VhdSourcePath, $CompatibilityReport)
    Add-Call $MyInvocation
    if ($null -ne $CompatibilityReport) { return New-Report $CompatibilityReport.VM $CompatibilityReport.VhdDestinationPath }
    # The configuration names the disk where the machine was saved; it is looked for there, or where the caller says.
    if (-not $VhdSourcePath -or -not [System.IO.Directory]::Exists($VhdSourcePath)) { throw 'the disk of the saved machine was not found' }
    if (-not $Copy -or -not $GenerateNewId) { throw 'the machine of this configuration is known here already' }
    $planned = [Ringzero.PowerShellHost.StandIn].GetMethod('Read').MakeGenericMethod([Ringzero.PowerShellHost.VirtualMachine]).Invoke($null, @($Path))
    $planned.Id = [guid]::NewGuid()
    $planned.Planned = $true
    $planned.Path = $VirtualMachinePath
    $planned.Save()
    $planned.SavedMemory = $planned.File('memory')
    [System.IO.File]::Copy([System.IO.Path]::ChangeExtension($Path, '.vmrs'), $planned.SavedMemory)
    $planned.Save()
    New-Report $planned $VhdDestinationPath
}

function Import-VM {
    [CmdletBinding()] param($CompatibilityReport)
    Add-Call $MyInvocation
    # A host that takes its time, for tests that kill the caller here.
    while ([System.IO.File]::Exists([System.IO.Path]::Combine([Ringzero.PowerShellHost.StandIn]::Store, 'imports-slowly'))) { [System.Threading.Thread]::Sleep(50) }
    if (@((New-Report $CompatibilityReport.VM).Incompatibilities).Count -gt 0) { throw 'the host does not take this machine' }
    $fresh = [Ringzero.PowerShellHost.StandIn]::Fresh($CompatibilityReport.VM.Id)
    # The import of a copy has its disks in the folder that it was given, or in the host's own.
    $folder = $CompatibilityReport.VhdDestinationPath
    if (-not $folder) { $folder = [Ringzero.PowerShellHost.StandIn]::Store }
    $disk = [System.IO.Path]::Combine($folder, [System.IO.Path]::GetFileName($fresh.Disk))
    if ($disk -ne $fresh.Disk) { [System.IO.File]::Copy($fresh.Disk, $disk); $fresh.Disk = $disk }
    $fresh.Planned = $false
    $fresh.Set('Imported', $true)
    $fresh.Save()
    $fresh
}

function Set-VMHardDiskDrive {
    [CmdletBinding()] param([Parameter(ValueFromPipeline)]$VMHardDiskDrive, [string]$Path)
    process {
        Add-Call $MyInvocation
        $fresh = [Ringzero.PowerShellHost.StandIn]::Fresh($VMHardDiskDrive.VMId)
        $fresh.Disk = $Path
        $fresh.Save()
    }
}

function Connect-VMNetworkAdapter {
    [CmdletBinding()] param([Parameter(ValueFromPipeline)]$VMNetworkAdapter, [string]$SwitchName)
    process {
        Add-Call $MyInvocation
        $fresh = [Ringzero.PowerShellHost.StandIn]::Fresh($VMNetworkAdapter.VMId)
        $fresh.SwitchName = $SwitchName
        $fresh.Save()
    }
}

function New-VHD {
    [CmdletBinding()] param([string]$Path, [string]$ParentPath, [switch]$Differencing, [switch]$Dynamic, [long]$SizeBytes)
    Test-InUse 'New-VHD'
    if (-not $ParentPath) {
        if (Test-Broken 'fails-New-VHD') { throw 'New-VHD does not work on this host' }
        if (-not $Dynamic) { throw 'a disk of a fixed size would take its room at once' }
        [Ringzero.PowerShellHost.DiskFile]::Create($Path, $SizeBytes)
        return
    }
    [Ringzero.PowerShellHost.DiskFile]::CreateChild($Path, $ParentPath, $SizeBytes)
}

function Get-VHD {
    [CmdletBinding()] param([string]$Path)
    # A file that is no disk, or that has lost its parent, is an error.
    [void][Ringzero.PowerShellHost.DiskFile]::Root($Path)
    $number = [Ringzero.PowerShellHost.MountedDisk]::NumberOf($Path)
    [pscustomobject]@{ Path = $Path; Attached = $null -ne $number; DiskNumber = $number }
}

function Mount-VHD {
    [CmdletBinding()] param([string]$Path, [switch]$NoDriveLetter, [switch]$ReadOnly, [switch]$Passthru)
    $number = [Ringzero.PowerShellHost.MountedDisk]::Mount($Path, [bool]$ReadOnly)
    if ($Passthru) { [pscustomobject]@{ Path = $Path; DiskNumber = $number } }
}

function Dismount-VHD {
    [CmdletBinding()] param([string]$Path)
    [Ringzero.PowerShellHost.MountedDisk]::Dismount($Path)
}

function Copy-VMFile {
    [CmdletBinding()] param($VM, [string]$SourcePath, [string]$DestinationPath, [ValidateSet('Host')][string]$FileSource, [switch]$CreateFullPath, [switch]$Force)
    Add-Call $MyInvocation
    if (-not [Ringzero.PowerShellHost.StandIn]::Fresh($VM.Id).Settings.ContainsKey('GuestServiceInterface')) { throw 'the Guest Service Interface is not enabled' }
    [Ringzero.PowerShellHost.GuestAgent]::Push($VM, $VM.Runtime().Epoch, $SourcePath, $DestinationPath)
}

function Get-VMHost {
    [CmdletBinding()] param()
    [pscustomobject]@{
        ComputerName = 'stand-in'; LogicalProcessorCount = [System.Environment]::ProcessorCount; MemoryCapacity = 16GB
        VirtualHardDiskPath = [Ringzero.PowerShellHost.StandIn]::Store; SupportedVmVersions = @('8.0', '9.0', '10.0')
    }
}

Export-ModuleMember -Function *-VM*, *-VHD
