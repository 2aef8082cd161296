# How the scripts that build an image undo what they do to the host, also what a killed script left. Each begins with
# it, and with the provider's libraries for machines and disks.

function Remove-ImageMachine {
    # The machine of a first start holds the disk. Only one build of an image runs at a time: what is there is left over.
    param($Parameters)
    foreach ($machine in @(Hyper-V\Get-VM | Where-Object { $_.Name -ceq $Parameters['name'] })) {
        # A kill right after New-VM left it without notes.
        $unmarked = $machine.Notes -eq '' -and ([string]$machine.Path).StartsWith($Parameters['folder'], [StringComparison]::OrdinalIgnoreCase)
        if (-not $unmarked -and $machine.Notes -cne $Parameters['notes']) { throw "the VM $($machine.Name) was not made by ringzero: rename it" }
        Stop-RingzeroMachine $machine
        Hyper-V\Remove-VM -VM $machine -Force
    }
}

function Dismount-Hive {
    param([string]$Name)
    # A scanner that looks at the hive keeps it loaded for a moment.
    for ($try = 1; $try -le 5; $try += 1) {
        try { [void](Invoke-HostProgram 'reg.exe' @('unload', "HKLM\$Name")); return } catch { $failure = $_ }
        Start-Sleep -Seconds 1
    }
    throw "the registry hive HKLM\$Name cannot be unloaded ($($failure.Exception.Message)): end what holds it, or restart the host"
}

function Get-StartSecond {
    # When a process began, in seconds since 1970. Windows gives the number of a process that ended to the next one.
    param([Diagnostics.Process]$Process)
    return [DateTimeOffset]::new($Process.StartTime.ToUniversalTime()).ToUnixTimeSeconds()
}

function Get-OwnHiveName {
    # Hives are named after the process that loaded them.
    $own = [Diagnostics.Process]::GetCurrentProcess()
    return "rz-$($own.Id)-$(Get-StartSecond $own)"
}

function Dismount-DeadHive {
    # This process has loaded none yet.
    foreach ($name in [Microsoft.Win32.Registry]::LocalMachine.GetSubKeyNames()) {
        if ($name -notmatch '^rz-(\d{1,9})-(\d{1,12})-(SYSTEM|SOFTWARE)$') { continue }
        $id, $began = [int]$Matches[1], [long]$Matches[2]
        $alive = $false
        if ($id -ne $PID) {
            # A process that may not be looked into is not one of ours.
            try { $alive = [Math]::Abs((Get-StartSecond ([Diagnostics.Process]::GetProcessById($id))) - $began) -le 2 } catch { $alive = $false }
        }
        if (-not $alive) { Dismount-Hive $name }
    }
}

function Open-ImageMedia {
    # Gives the folder of the media's images. What somebody else has mounted stays mounted: only this file makes it ours.
    param($Parameters)
    Close-ImageMedia $Parameters
    $iso = $Parameters['iso']
    if (-not (Get-DiskImage -ImagePath $iso).Attached) {
        [IO.File]::WriteAllText([IO.Path]::Combine($Parameters['folder'], 'mounted-media'), $iso)
        [void](Mount-DiskImage -ImagePath $iso -Access ReadOnly -PassThru)
    }
    return "$(Get-MediaLetter $iso):\sources"
}

function Get-MediaLetter {
    # Media gets its letter some moments after it is mounted, and none at all where the host's automount is off.
    param([string]$Iso)
    for ($try = 1; $try -le 10; $try += 1) {
        $volume = Get-Volume -DiskImage (Get-DiskImage -ImagePath $Iso)
        $letter = ([string]$volume.DriveLetter).Trim([char]0)
        if ($letter) { return $letter }
        if ($try -eq 5) {
            $taken = @([IO.DriveInfo]::GetDrives() | ForEach-Object { $_.Name.Substring(0, 1) })
            $free = 'Z', 'Y', 'X', 'W', 'V', 'U', 'T', 'S', 'R', 'Q', 'P' | Where-Object { $taken -notcontains $_ } | Select-First
            # Names the volume by its own path; the letter goes with the volume.
            [void](Invoke-HostProgram 'mountvol.exe' @("${free}:\", [string]$volume.Path))
        }
        Start-Sleep -Seconds 1
    }
    throw "the host gives the media $Iso no drive letter: mount it by hand (Mount-DiskImage) and build again"
}

function Close-ImageMedia {
    param($Parameters)
    $mark = [IO.Path]::Combine($Parameters['folder'], 'mounted-media')
    if (-not [IO.File]::Exists($mark)) { return }
    $iso = [IO.File]::ReadAllText($mark)
    # The media may have been moved since; what is gone is not mounted, and an entry that was cut off is an empty text.
    if ([IO.File]::Exists($iso) -and (Get-DiskImage -ImagePath $iso).Attached) { [void](Dismount-DiskImage -ImagePath $iso) }
    [IO.File]::Delete($mark)
}

function Open-ImageDisk {
    # Attaches the disk without letters; gives its number.
    param($Parameters)
    $number = (Hyper-V\Mount-VHD -Path $Parameters['disk'] -NoDriveLetter -Passthru).DiskNumber
    Enable-HostDisk $number
    return $number
}

function Add-ImageLetter {
    # Gives a partition of the disk a drive letter, as its root folder. It goes when the disk is dismounted.
    param([int]$Disk, [int]$Partition)
    Add-PartitionAccessPath -DiskNumber $Disk -PartitionNumber $Partition -AssignDriveLetter
    for ($try = 1; $try -le 10; $try += 1) {
        $letter = ([string](Get-Partition -DiskNumber $Disk -PartitionNumber $Partition).DriveLetter).Trim([char]0)
        if ($letter) { return "${letter}:\" }
        Start-Sleep -Seconds 1
    }
    throw "the host gives partition $Partition of the disk no drive letter: free one, and build again"
}

function Add-ImageFolder {
    # Shows a partition of the disk in a folder of its own.
    param($Parameters, [int]$Disk, [int]$Partition, [string]$Name)
    $folder = [IO.Path]::Combine($Parameters['mountFolder'], $Name)
    [void][IO.Directory]::CreateDirectory($folder)
    Add-PartitionAccessPath -DiskNumber $Disk -PartitionNumber $Partition -AccessPath $folder
    return $folder
}

function Close-ImageDisk {
    # A folder that shows a disk stays behind as a mount point when the disk goes, and takes no other partition then.
    param($Parameters)
    $disk = $Parameters['disk']
    if ([IO.File]::Exists($disk)) {
        # A disk that was cut off while it was made cannot be asked, and was never attached.
        try { $attached = (Hyper-V\Get-VHD -Path $disk).Attached } catch { $attached = $false }
        if ($attached) { Hyper-V\Dismount-VHD -Path $disk }
    }
    foreach ($name in 'windows', 'system') {
        $folder = [IO.Path]::Combine($Parameters['mountFolder'], $name)
        # Not Exists: that asks what the folder points to.
        try { [void][IO.File]::GetAttributes($folder) } catch { continue }
        [IO.Directory]::Delete($folder)
    }
}
