# A host that images are built on, as far as the scripts of a build see it: its state is files in the folder RINGZERO_IMAGE_HOST,
# one line a thing (machines, hives, attached), so that a test can leave there what a kill leaves. `calls` is what was done.
$global:HostFolder = $env:RINGZERO_IMAGE_HOST

# .NET's registry: only a backslash separates keys, and a hive is there while it is loaded.
class StandInKey {
    [string]$Path
    StandInKey([string]$Path) { $this.Path = $Path }
    [string[]] GetSubKeyNames() { return @('SOFTWARE') + @([IO.File]::ReadAllLines("$($env:RINGZERO_IMAGE_HOST)/hives")) }
    [StandInKey] CreateSubKey([string]$Name) {
        if ($this.GetSubKeyNames() -notcontains $Name.Split('\')[0]) { throw "no hive $Name" }
        return [StandInKey]::new($Name)
    }
    [void] SetValue([string]$Name, $Value, [Microsoft.Win32.RegistryValueKind]$Kind) {
        [IO.File]::AppendAllText("$($env:RINGZERO_IMAGE_HOST)/calls", "$($this.Path) [$Name] = $Kind $Value`n")
    }
    [void] Dispose() { }
}
class StandInRegistry { static [StandInKey]$LocalMachine = [StandInKey]::new('') }
[psobject].Assembly.GetType('System.Management.Automation.TypeAccelerators')::Add('Microsoft.Win32.Registry', [StandInRegistry])

function Add-Call([string]$Text) { [IO.File]::AppendAllText("$HostFolder/calls", "$Text`n") }
function Get-Line([string]$File) { [IO.File]::ReadAllLines("$HostFolder/$File") | Where-Object { $_ } }
function Set-Line([string]$File, [string[]]$Lines) { [IO.File]::WriteAllLines("$HostFolder/$File", [string[]]@($Lines)) }
function Test-Attached([string]$Path) { @(Get-Line 'attached') -contains $Path }
function Add-Attached([string]$Path) { Set-Line 'attached' (@(Get-Line 'attached') + $Path) }
function Remove-Attached([string]$Path) { Set-Line 'attached' @(Get-Line 'attached' | Where-Object { $_ -ne $Path }) }
function Test-MountPoint([string]$Folder) { ([IO.File]::GetAttributes($Folder) -band [IO.FileAttributes]::ReparsePoint) -ne 0 }

# A machine is a line: name|notes|path|state. One that runs holds its disk.
$hyperV = {
    function Get-VM([string]$Id) {
        foreach ($line in @(Get-Line 'machines')) {
            $name, $notes, $path, $state = $line.Split('|')
            if (-not $Id -or $name -eq $Id) { [pscustomobject]@{ Id = $name; VMId = $name; Name = $name; Notes = $notes; Path = $path; State = $state } }
        }
        # Switching off takes a moment: the first question finds it still going down.
        Set-Line 'machines' @(Get-Line 'machines' | ForEach-Object { $_.Replace('|Stopping', '|Off') })
    }
    function global:Save-Machine($VM) {
        $others = @(Get-Line 'machines' | Where-Object { -not $_.StartsWith("$($VM.Name)|") })
        Set-Line 'machines' ($others + "$($VM.Name)|$($VM.Notes)|$($VM.Path)|$($VM.State)")
    }
    function New-VM([string]$Name, [int]$Generation, [long]$MemoryStartupBytes, [string]$VHDPath, [string]$Path) {
        $machine = [pscustomobject]@{ Id = $Name; VMId = $Name; Name = $Name; Notes = ''; Path = "$Path/$Name"; State = 'Off' }
        Save-Machine $machine
        Add-Call 'New-VM'
        $machine
    }
    function Set-VM($VM, [string]$Notes, [string]$CheckpointType, [string]$AutomaticStartAction, [string]$AutomaticStopAction) {
        if ($Notes) { $VM.Notes = $Notes; Save-Machine $VM }
        Add-Call "Set-VM$(if ($Notes) { ' -Notes' })"
    }
    function Start-VM($VM) { $VM.State = 'Running'; Save-Machine $VM; Add-Call 'Start-VM' }
    function Stop-VM($VM, [switch]$TurnOff, [switch]$Force) {
        if ($VM.State -ne 'Running') { throw 'The operation cannot be performed while the virtual machine is in its current state.' }
        $VM.State = 'Stopping'
        Save-Machine $VM
        Add-Call "Stop-VM$(if ($TurnOff) { ' -TurnOff' })"
    }
    function Remove-VM($VM, [switch]$Force) {
        if ((Get-VM -Id $VM.Id).State -ne 'Off') { throw 'The virtual machine is running.' }
        Set-Line 'machines' @(Get-Line 'machines' | Where-Object { -not $_.StartsWith("$($VM.Name)|") })
        Add-Call 'Remove-VM'
    }
    function Get-VMNetworkAdapter($VM) { }
    function Remove-VMNetworkAdapter { }
    function Set-VMProcessor($VM, [int]$Count) { Add-Call 'Set-VMProcessor' }
    function Set-VMMemory($VM, [bool]$DynamicMemoryEnabled) { }
    function Set-VMKeyProtector($VM, [switch]$NewLocalKeyProtector) { }
    function Enable-VMTPM($VM) { }
    function New-VHD([string]$Path, [long]$SizeBytes, [switch]$Dynamic) {
        if (@(Get-VM | Where-Object { $_.State -ne 'Off' }).Count -gt 0) { throw 'The process cannot access the file because it is being used by another process.' }
        [IO.File]::WriteAllText($Path, 'disk')
    }
    function Get-VHD([string]$Path) { [pscustomobject]@{ Attached = Test-Attached $Path } }
    function Mount-VHD([string]$Path, [switch]$NoDriveLetter, [switch]$Passthru) {
        if (Test-Attached $Path) { throw 'The file is attached already.' }
        Add-Attached $Path
        [pscustomobject]@{ DiskNumber = 5 }
    }
    function Dismount-VHD([string]$Path) {
        if (@(Get-Line 'hives').Count -gt 0) { throw 'a hive of it is loaded' }
        Remove-Attached $Path
    }
}
Import-Module (New-Module -Name 'Hyper-V' -ScriptBlock $hyperV) -Global -DisableNameChecking

$global:Partitions = @()
# A policy of the host keeps new disks offline and read-only where a test wants it.
function Get-Disk([int]$Number) {
    $state = @(Get-Line 'disk-policy')
    [pscustomobject]@{ Number = $Number; IsOffline = $state -contains 'offline'; IsReadOnly = $state -contains 'read-only'; OfflineReason = 1 }
}
function Set-Disk {
    [CmdletBinding()]
    param([Parameter(ParameterSetName = 'State')][Parameter(ParameterSetName = 'Attributes')][int]$Number, [Parameter(ParameterSetName = 'State')][bool]$IsOffline, [Parameter(ParameterSetName = 'Attributes')][bool]$IsReadOnly)
    $gone = if ($PSBoundParameters.ContainsKey('IsOffline')) { 'offline' } else { 'read-only' }
    Set-Line 'disk-policy' @(Get-Line 'disk-policy' | Where-Object { $_ -ne $gone })
}
function Assert-Writable { if (@(Get-Line 'disk-policy').Count -gt 0) { throw 'The media is write protected.' } }
function Initialize-Disk([int]$Number, [string]$PartitionStyle) { Assert-Writable; $global:Partitions = @() }
function Get-Partition([int]$DiskNumber, [int]$PartitionNumber) {
    if ($PartitionNumber) { return $global:Partitions[$PartitionNumber - 1] }
    if ($global:Partitions.Count -gt 0) { $global:Partitions } else { [pscustomobject]@{ PartitionNumber = 3; Size = 60GB } }
}
function Remove-Partition { [CmdletBinding(SupportsShouldProcess)] param([Parameter(ValueFromPipeline)]$InputObject) process { } }
function New-Partition([int]$DiskNumber, [long]$Size, [string]$GptType, [switch]$UseMaximumSize, [switch]$IsActive) {
    $partition = [pscustomobject]@{ PartitionNumber = $global:Partitions.Count + 1; Size = $Size; GptType = $GptType; Tries = 0; DriveLetter = [char]0 }
    $global:Partitions += $partition
    $partition
}
function Format-Volume {
    [CmdletBinding(SupportsShouldProcess)]
    param($Partition, [string]$FileSystem, [string]$NewFileSystemLabel, [switch]$Force)
    if ($Partition.GptType -eq '{c12a7328-f81f-11d2-ba4b-00a0c93ec93b}') { throw 'Not Supported' }
    $Partition.Tries += 1
    if ($Partition.Tries -lt 2) { throw 'no volume yet' }
    Add-Call "Format-Volume $($Partition.PartitionNumber) $FileSystem"
}
function Set-Partition([int]$DiskNumber, [int]$PartitionNumber, [string]$GptType) {
    $global:Partitions[$PartitionNumber - 1].GptType = $GptType
    Add-Call "Set-Partition $PartitionNumber $GptType"
}
function Add-PartitionAccessPath([int]$DiskNumber, [int]$PartitionNumber, [string]$AccessPath, [switch]$AssignDriveLetter) {
    Assert-Writable
    if ($AssignDriveLetter) {
        $global:Partitions[$PartitionNumber - 1].DriveLetter = [char](80 + $PartitionNumber)
        Add-Call "Add-PartitionAccessPath $PartitionNumber letter"
        return
    }
    if (Test-MountPoint $AccessPath) { throw 'The requested access path is already in use.' }
    [IO.Directory]::Delete($AccessPath)
    # Shows another folder, as a mount point does.
    [void][IO.Directory]::CreateSymbolicLink($AccessPath, "$HostFolder/volume")
    Add-Call "Add-PartitionAccessPath $PartitionNumber $([IO.Path]::GetFileName($AccessPath))"
}
function Get-DiskImage([string]$ImagePath) { [pscustomobject]@{ ImagePath = $ImagePath; Attached = Test-Attached $ImagePath } }
function Mount-DiskImage([string]$ImagePath, [string]$Access, [switch]$PassThru) { Add-Attached $ImagePath; Add-Call 'Mount-DiskImage' }
function Dismount-DiskImage([string]$ImagePath) { Remove-Attached $ImagePath; Add-Call 'Dismount-DiskImage' }
# With automount off, media has a path and no letter until somebody gives it one.
function Get-Volume($DiskImage) {
    if (-not $DiskImage.Attached) { return }
    $letter = if ([IO.File]::Exists("$HostFolder/automount-off")) { [char]0 } else { 'X' }
    [pscustomobject]@{ DriveLetter = $letter; Path = '\\?\Volume{b9f6d5a0-0000-0000-0000-000000000000}\' }
}
function Get-WindowsImage([string]$ImagePath, [int]$Index) { [pscustomobject]@{ ImageIndex = 1; ImageName = 'Windows 11 Pro'; EditionId = 'Professional'; Version = '10.0.26100.1'; ImageSize = 1GB; Languages = @('en-US') } }
function Expand-WindowsImage([string]$ImagePath, [int]$Index, [string]$ApplyPath, [string]$LogPath) { Add-Call "Expand-WindowsImage $ImagePath" }
function Add-WindowsDriver([string]$Path, [string]$Driver, [switch]$Recurse, [string]$LogPath) { }
function Add-WindowsPackage([string]$Path, [string]$PackagePath, [string]$LogPath) {
    # As the real cmdlet: its message says little, its log much.
    if ($PackagePath -notlike '*broken*') { return }
    [IO.File]::WriteAllText($LogPath, "2026-11-27 10:00:00, Info                  DISM   PID=1`n2026-11-27 10:00:01, Error                 DISM   the package needs servicing stack 26100.3`n")
    throw 'An error occurred applying the Unattend.xml file from the .msu package.'
}
function Get-WindowsEdition([string]$Path) { [pscustomobject]@{ Edition = 'Professional' } }
# The guest: how far setup is, one line an answer, the last one for ever; then the failure of the finishing script.
function Invoke-Command($VMId, $Credential, $ScriptBlock, $ArgumentList) {
    if ((Hyper-V\Get-VM -Id $VMId).State -ne 'Running') { throw 'it does not run' }
    if ("$ScriptBlock".Contains('what of Windows'' setup is still open')) {
        $answers = @([IO.File]::ReadAllLines("$HostFolder/setup-says"))
        if ($answers.Count -gt 1) { Set-Line 'setup-says' $answers[1..($answers.Count - 1)] }
        Add-Call "setup says $($answers[0])"
        return $answers[0]
    }
    Add-Call 'finish-guest'
    if ([IO.File]::Exists("$HostFolder/first-start-fails")) { throw [IO.File]::ReadAllText("$HostFolder/first-start-fails") }
    [pscustomobject]@{ build = '26100.1'; edition = 'Professional'; language = 'en-US'; installed = '2026-01-01'; expires = ''; leftOver = @(); pending = @() }
}
function Get-CimInstance([string]$Namespace, [string]$ClassName, [string]$Filter) {
    $answers = @(Get-Line 'shutdown-service')
    if ($answers.Count -eq 0) { [pscustomobject]@{ SystemName = $Filter -replace "^SystemName='(.*)'$", '$1' } }
    # It is there from the next question on.
    else { Set-Line 'shutdown-service' @() }
}
function Invoke-CimMethod($InputObject, [string]$MethodName, $Arguments) {
    $machine = Hyper-V\Get-VM -Id $InputObject.SystemName
    $machine.State = 'Stopping'
    Save-Machine $machine
    Add-Call $MethodName
    [pscustomobject]@{ ReturnValue = 0 }
}

${function:reg.exe} = {
    $global:LASTEXITCODE = 0
    $name = $args[1].Substring(5)
    if ($args[0] -eq 'load') { Set-Line 'hives' (@(Get-Line 'hives') + $name) }
    else { Set-Line 'hives' @(Get-Line 'hives' | Where-Object { $_ -ne $name }) }
    Add-Call "reg.exe $($args[0]) $($name -replace $PID, 'OWN')"
}
${function:dism.exe} = { $global:LASTEXITCODE = 0 }
# Recent builds of it make no folder. A name with a backslash is one name here, in this process's own folder.
[Environment]::CurrentDirectory = $HostFolder
${function:bcdboot.exe} = {
    $global:LASTEXITCODE = 0
    $folder = if ($args[4] -eq 'UEFI') { '\EFI\Microsoft\Boot' } else { '\Boot' }
    if ($args[0] -match '^([A-Z]:)\\Windows$' -and $args[2] -match '^[A-Z]:$' -and [IO.Directory]::Exists("$($args[2])$folder")) {
        [IO.File]::WriteAllText("$HostFolder/boot-store", $(if ([IO.File]::Exists("$HostFolder/wrong-volume")) { 'C:' } else { $args[0].Substring(0, 2) }))
        Add-Call "bcdboot.exe $($args[-1])"
        return
    }
    $global:LASTEXITCODE = 3
    'BfspCopyFile(C:\Windows\boot\EFI\bootmgfw.efi) failed! (Attempt 1 of 5) (Last Error = 0x3)'
}
${function:bcdedit.exe} = {
    $global:LASTEXITCODE = 0
    $volume = [IO.File]::ReadAllText("$HostFolder/boot-store")
    "Windows-Startladeprogramm`nBezeichner              {default}`ndevice                  partition=$volume`nosdevice                partition=$volume`nsystemroot              \Windows".Split("`n")
}
${function:mountvol.exe} = { $global:LASTEXITCODE = 0; Add-Call "mountvol.exe $args"; [IO.File]::Delete("$HostFolder/automount-off") }
function Join-Path([string]$Path, [string]$ChildPath) { $ChildPath.Split('\')[-1] }
function Test-Path([string]$LiteralPath) { $LiteralPath -eq 'X:\sources\install.wim' }
function New-Object([string]$TypeName, [object[]]$ArgumentList) { , [Activator]::CreateInstance(($TypeName -as [type]), $ArgumentList) }
function Start-Sleep([double]$Seconds) { }
function Select-Object { param([Parameter(ValueFromPipeline)]$InputObject, [int]$First) begin { $seen = 0 } process { if ($seen -lt $First) { $InputObject }; $seen += 1 } }
function Sort-Object {
    param([Parameter(ValueFromPipeline)]$InputObject, [string]$Property, [switch]$Descending)
    begin { $all = [Collections.Generic.List[object]]::new() }
    process { $all.Add($InputObject) }
    end { [Linq.Enumerable]::OrderByDescending($all, [Func[object, long]] { param($item) $item.$Property }) }
}
Export-ModuleMember -Function *
