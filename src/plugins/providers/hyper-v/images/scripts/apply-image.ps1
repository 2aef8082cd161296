# Makes the disk: partitions, Windows, drivers, updates, boot files, settings. The disk is always given back.
param($Parameters, $Secrets)
function Format-Partition($Partition, [string]$FileSystem, [string]$Label) {
    # The volume of a new partition is there a moment after it.
    for ($try = 1; ; $try += 1) {
        try {
            [void](Format-Volume -Partition $Partition -FileSystem $FileSystem -NewFileSystemLabel $Label -Force -Confirm:$false)
            return
        }
        catch { if ($try -eq 3) { throw } }
        Start-Sleep -Seconds 2
    }
}
function Invoke-Dism([string]$Log, [scriptblock]$Work) {
    # The cmdlets say little when they fail; what went wrong stands in DISM's own log.
    if ([IO.File]::Exists($Log)) { [IO.File]::Delete($Log) }
    try { [void](& $Work) }
    catch {
        $said = @()
        if ([IO.File]::Exists($Log)) { $said = @([IO.File]::ReadAllLines($Log) | Where-Object { $_ -match ', (Error|Warning) ' }) }
        if ($said.Count -gt 12) { $said = $said[($said.Count - 12)..($said.Count - 1)] }
        throw "$($_.Exception.Message) / $Log says: $($said -join ' / ')"
    }
}
function Assert-BootStore([string]$System, [string]$Windows, [string]$Store) {
    # What bcdboot names is where the disk will look for Windows; with a wrong volume it would start nothing, or the host's.
    # Names of elements and "partition=" are the same in every language.
    $lines = Invoke-HostProgram 'bcdedit.exe' @('/store', "$System$Store", '/enum', '{default}')
    foreach ($element in 'device', 'osdevice') {
        $line = @($lines | Where-Object { $_ -match "^$element\s" }) | Select-First
        if ($line -notmatch "^$element\s+partition=$([regex]::Escape($Windows.Substring(0, 2)))\s*$") {
            throw "bcdboot named another volume than $Windows in the disk's boot store: $line"
        }
    }
}

Remove-ImageMachine $Parameters
Dismount-DeadHive
Close-ImageDisk $Parameters
if ([IO.File]::Exists($Parameters['disk'])) { [IO.File]::Delete($Parameters['disk']) }
[void](Hyper-V\New-VHD -Path $Parameters['disk'] -SizeBytes $Parameters['sizeBytes'] -Dynamic)
try {
    $sources = Open-ImageMedia $Parameters
    $number = Open-ImageDisk $Parameters
    if ($Parameters['generation'] -eq 2) {
        Initialize-Disk -Number $number -PartitionStyle GPT
        # Some builds of Windows make a reserved partition of their own here.
        Get-Partition -DiskNumber $number -ErrorAction SilentlyContinue | Remove-Partition -Confirm:$false
        # Formatted as a data partition and named the system's afterwards, as Microsoft's Convert-WindowsImage does: the
        # storage cmdlets keep off a partition of the system's type.
        $boot = New-Partition -DiskNumber $number -Size 260MB -GptType '{ebd0a0a2-b9e5-4433-87c0-68b6b72699c7}'
        Format-Partition $boot 'FAT32' 'System'
        Set-Partition -DiskNumber $number -PartitionNumber $boot.PartitionNumber -GptType '{c12a7328-f81f-11d2-ba4b-00a0c93ec93b}'
        [void](New-Partition -DiskNumber $number -Size 16MB -GptType '{e3c9e316-0b5c-4db8-817d-f92df00215ae}')
        $firmware = 'UEFI'
        $store = 'EFI\Microsoft\Boot'
    }
    else {
        Initialize-Disk -Number $number -PartitionStyle MBR
        $boot = New-Partition -DiskNumber $number -Size 350MB -IsActive
        Format-Partition $boot 'NTFS' 'System'
        $firmware = 'BIOS'
        $store = 'Boot'
    }
    $main = New-Partition -DiskNumber $number -UseMaximumSize
    Format-Partition $main 'NTFS' 'Windows'
    # Letters and not folders: bcdboot is documented for letters alone, and paths below them are short.
    $system = Add-ImageLetter $number $boot.PartitionNumber
    $windows = Add-ImageLetter $number $main.PartitionNumber

    $wim = @("$sources\install.wim", "$sources\install.esd") | Where-Object { Test-Path -LiteralPath $_ } | Select-Object -First 1
    $log = [IO.Path]::Combine($Parameters['folder'], 'dism.log')
    Invoke-Dism $log { Expand-WindowsImage -ImagePath $wim -Index $Parameters['index'] -ApplyPath $windows -LogPath $log }
    foreach ($folder in $Parameters['drivers']) { Invoke-Dism $log { Add-WindowsDriver -Path $windows -Driver $folder -Recurse -LogPath $log } }
    foreach ($package in $Parameters['updates']) { Invoke-Dism $log { Add-WindowsPackage -Path $windows -PackagePath $package -LogPath $log } }
    # Texts can only be shown in a language that the media brings; formats and keyboard can be any.
    $kinds = if ($Parameters['texts']) { , '/Set-AllIntl' } else { '/Set-UserLocale', '/Set-SysLocale', '/Set-InputLocale' }
    if ($Parameters['language']) {
        foreach ($kind in $kinds) { [void](Invoke-HostProgram 'dism.exe' @("/Image:$windows", "${kind}:$($Parameters['language'])")) }
    }
    # Without the folder recent builds end with "BfspCopyFile ... 0x3" (cloudbase/windows-imaging-tools #428, rufus #2940).
    [void][IO.Directory]::CreateDirectory("$system$store")
    [void](Invoke-HostProgram 'bcdboot.exe' @("${windows}Windows", '/s', $system.Substring(0, 2), '/f', $firmware))
    Assert-BootStore $system $windows "$store\BCD"
    $applied = Get-WindowsEdition -Path $windows
}
finally {
    try { Close-ImageDisk $Parameters }
    finally { Close-ImageMedia $Parameters }
}
@{ edition = [string]$applied.Edition }
