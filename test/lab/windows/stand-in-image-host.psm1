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
    }
    function Save-VM($VM) {
        $others = @(Get-Line 'machines' | Where-Object { -not $_.StartsWith("$($VM.Name)|") })
        Set-Line 'machines' ($others + "$($VM.Name)|$($VM.Notes)|$($VM.Path)|$($VM.State)")
    }
    function New-VM([string]$Name, [int]$Generation, [long]$MemoryStartupBytes, [string]$VHDPath, [string]$Path) {
        $machine = [pscustomobject]@{ Id = $Name; VMId = $Name; Name = $Name; Notes = ''; Path = "$Path/$Name"; State = 'Off' }
        Save-VM $machine
        Add-Call 'New-VM'
        $machine
    }
    function Set-VM($VM, [string]$Notes, [string]$CheckpointType, [string]$AutomaticStartAction, [string]$AutomaticStopAction) {
        if ($Notes) { $VM.Notes = $Notes; Save-VM $VM }
        Add-Call "Set-VM$(if ($Notes) { ' -Notes' })"
    }
    function Start-VM($VM) { $VM.State = 'Running'; Save-VM $VM; Add-Call 'Start-VM' }
    function Stop-VM($VM, [switch]$TurnOff, [switch]$Force) {
        # Switching off takes a moment: the next question finds it still going down.
        $VM.State = 'Stopping'
        Save-VM $VM
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
function Get-Disk { param([Parameter(ValueFromPipeline)]$InputObject) process { [pscustomobject]@{ Number = $InputObject.DiskNumber; IsOffline = $false } } }
function Set-Disk([int]$Number, [bool]$IsOffline) { }
function Initialize-Disk([int]$Number, [string]$PartitionStyle) { $global:Partitions = @() }
function Get-Partition([int]$DiskNumber) { if ($global:Partitions.Count -gt 0) { $global:Partitions } else { [pscustomobject]@{ PartitionNumber = 3; Size = 60GB } } }
function Remove-Partition { [CmdletBinding(SupportsShouldProcess)] param([Parameter(ValueFromPipeline)]$InputObject) process { } }
function New-Partition([int]$DiskNumber, [long]$Size, [string]$GptType, [switch]$UseMaximumSize, [switch]$IsActive) {
    $partition = [pscustomobject]@{ PartitionNumber = $global:Partitions.Count + 1; Size = $Size; GptType = $GptType; Tries = 0 }
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
function Add-PartitionAccessPath([int]$DiskNumber, [int]$PartitionNumber, [string]$AccessPath) {
    if (Test-MountPoint $AccessPath) { throw 'The requested access path is already in use.' }
    [IO.Directory]::Delete($AccessPath)
    # Shows another folder, as a mount point does.
    [void][IO.Directory]::CreateSymbolicLink($AccessPath, "$HostFolder/volume")
    Add-Call "Add-PartitionAccessPath $PartitionNumber $([IO.Path]::GetFileName($AccessPath))"
}
function Get-DiskImage([string]$ImagePath) { [pscustomobject]@{ ImagePath = $ImagePath; Attached = Test-Attached $ImagePath } }
function Mount-DiskImage([string]$ImagePath, [string]$Access, [switch]$PassThru) { Add-Attached $ImagePath; Add-Call 'Mount-DiskImage' }
function Dismount-DiskImage([string]$ImagePath) { Remove-Attached $ImagePath; Add-Call 'Dismount-DiskImage' }
function Get-Volume($DiskImage) { if ($DiskImage.Attached) { [pscustomobject]@{ DriveLetter = 'X' } } }
function Get-WindowsImage([string]$ImagePath, [int]$Index) { [pscustomobject]@{ ImageIndex = 1; ImageName = 'Windows 11 Pro'; EditionId = 'Professional'; Version = '10.0.26100.1'; ImageSize = 1GB; Languages = @('en-US') } }
function Expand-WindowsImage([string]$ImagePath, [int]$Index, [string]$ApplyPath) { Add-Call "Expand-WindowsImage $ImagePath" }
function Add-WindowsDriver([string]$Path, [string]$Driver, [switch]$Recurse) { }
function Add-WindowsPackage([string]$Path, [string]$PackagePath) { }
function Get-WindowsEdition([string]$Path) { [pscustomobject]@{ Edition = 'Professional' } }
function Invoke-Command($VMId, $Credential, $ScriptBlock, $ArgumentList) {
    if ((Hyper-V\Get-VM -Id $VMId).State -ne 'Running') { throw 'it does not run' }
    if ("$ScriptBlock".Contains('SystemSetupInProgress')) { return 0 }
    throw [IO.File]::ReadAllText("$HostFolder/first-start-fails")
}

${function:reg.exe} = {
    $global:LASTEXITCODE = 0
    $name = $args[1].Substring(5)
    if ($args[0] -eq 'load') { Set-Line 'hives' (@(Get-Line 'hives') + $name) }
    else { Set-Line 'hives' @(Get-Line 'hives' | Where-Object { $_ -ne $name }) }
    Add-Call "reg.exe $($args[0]) $($name -replace $PID, 'OWN')"
}
${function:dism.exe} = { $global:LASTEXITCODE = 0 }
${function:bcdboot.exe} = { $global:LASTEXITCODE = 0; Add-Call "bcdboot.exe $($args[-1])" }
function Join-Path([string]$Path, [string]$ChildPath) { $ChildPath.Split('\')[-1] }
function Test-Path([string]$LiteralPath) { $LiteralPath -eq 'X:\sources\install.wim' }
function New-Object([string]$TypeName, [object[]]$ArgumentList) { , [Activator]::CreateInstance(($TypeName -as [type]), $ArgumentList) }
# While somebody waits, what is going down gets there.
function Start-Sleep([double]$Seconds) { Set-Line 'machines' @(Get-Line 'machines' | ForEach-Object { $_.Replace('|Stopping', '|Off') }) }
function Select-Object { param([Parameter(ValueFromPipeline)]$InputObject, [int]$First) begin { $seen = 0 } process { if ($seen -lt $First) { $InputObject }; $seen += 1 } }
function Sort-Object {
    param([Parameter(ValueFromPipeline)]$InputObject, [string]$Property, [switch]$Descending)
    begin { $all = [Collections.Generic.List[object]]::new() }
    process { $all.Add($InputObject) }
    end { [Linq.Enumerable]::OrderByDescending($all, [Func[object, long]] { param($item) $item.$Property }) }
}
Export-ModuleMember -Function *
