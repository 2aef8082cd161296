# Makes the disk: partitions, Windows, drivers, updates, boot files, settings. The disk is always given back.
param($Parameters, $Secrets)
function Mount-Built($Parameters) {
    $disk = Hyper-V\Mount-VHD -Path $Parameters['disk'] -NoDriveLetter -Passthru | Get-Disk
    if ($disk.IsOffline) { Set-Disk -Number $disk.Number -IsOffline $false }
    $disk.Number
}
function Add-Access([int]$Disk, [int]$Partition, [string]$Folder) {
    [void][IO.Directory]::CreateDirectory($Folder)
    Add-PartitionAccessPath -DiskNumber $Disk -PartitionNumber $Partition -AccessPath $Folder
}
function Invoke-Tool([string]$Program, [string[]]$Arguments) {
    & "$env:windir\System32\$Program" @Arguments | Out-Null
    if ($LASTEXITCODE -ne 0) { throw "$Program ended with $LASTEXITCODE" }
}

$windows = Join-Path -Path $Parameters['mountFolder'] -ChildPath 'windows'
$system = Join-Path -Path $Parameters['mountFolder'] -ChildPath 'system'
# A killed build may have left the disk attached.
Hyper-V\Dismount-VHD -Path $Parameters['disk'] -ErrorAction SilentlyContinue
if (Test-Path -LiteralPath $Parameters['disk']) { Remove-Item -LiteralPath $Parameters['disk'] -Force }
[void](Hyper-V\New-VHD -Path $Parameters['disk'] -SizeBytes $Parameters['sizeBytes'] -Dynamic)
$iso = Mount-DiskImage -ImagePath $Parameters['iso'] -Access ReadOnly -PassThru
try {
    $number = Mount-Built $Parameters
    if ($Parameters['generation'] -eq 2) {
        Initialize-Disk -Number $number -PartitionStyle GPT
        # Some builds of Windows make a reserved partition of their own here.
        Get-Partition -DiskNumber $number -ErrorAction SilentlyContinue | Remove-Partition -Confirm:$false
        $boot = New-Partition -DiskNumber $number -Size 260MB -GptType '{c12a7328-f81f-11d2-ba4b-00a0c93ec93b}'
        [void](Format-Volume -Partition $boot -FileSystem FAT32 -NewFileSystemLabel 'System' -Confirm:$false)
        [void](New-Partition -DiskNumber $number -Size 16MB -GptType '{e3c9e316-0b5c-4db8-817d-f92df00215ae}')
        $main = New-Partition -DiskNumber $number -UseMaximumSize
        $firmware = 'UEFI'
    }
    else {
        Initialize-Disk -Number $number -PartitionStyle MBR
        $boot = New-Partition -DiskNumber $number -Size 350MB -IsActive
        [void](Format-Volume -Partition $boot -FileSystem NTFS -NewFileSystemLabel 'System' -Confirm:$false)
        $main = New-Partition -DiskNumber $number -UseMaximumSize
        $firmware = 'BIOS'
    }
    [void](Format-Volume -Partition $main -FileSystem NTFS -NewFileSystemLabel 'Windows' -Confirm:$false)
    Add-Access $number $boot.PartitionNumber $system
    Add-Access $number $main.PartitionNumber $windows

    $sources = "$((Get-Volume -DiskImage $iso).DriveLetter):\sources"
    $wim = @("$sources\install.wim", "$sources\install.esd") | Where-Object { Test-Path -LiteralPath $_ } | Select-Object -First 1
    [void](Expand-WindowsImage -ImagePath $wim -Index $Parameters['index'] -ApplyPath $windows)
    foreach ($folder in $Parameters['drivers']) { [void](Add-WindowsDriver -Path $windows -Driver $folder -Recurse) }
    foreach ($package in $Parameters['updates']) { [void](Add-WindowsPackage -Path $windows -PackagePath $package) }
    # Texts can only be shown in a language that the media brings; formats and keyboard can be any.
    $kinds = if ($Parameters['texts']) { , '/Set-AllIntl' } else { '/Set-UserLocale', '/Set-SysLocale', '/Set-InputLocale' }
    if ($Parameters['language']) {
        foreach ($kind in $kinds) { Invoke-Tool 'dism.exe' @("/Image:$windows", "${kind}:$($Parameters['language'])") }
    }
    Invoke-Tool 'bcdboot.exe' @("$windows\Windows", '/s', $system, '/f', $firmware)
    $applied = Get-WindowsEdition -Path $windows
}
finally {
    Hyper-V\Dismount-VHD -Path $Parameters['disk'] -ErrorAction SilentlyContinue
    [void](Dismount-DiskImage -ImagePath $Parameters['iso'])
    foreach ($folder in $windows, $system) {
        if ([IO.Directory]::Exists($folder)) { [IO.Directory]::Delete($folder) }
    }
}
@{ edition = [string]$applied.Edition }
