# Functions that open a guest's disk on the host and give it back. One at a time on a host: every overlay carries the disk
# identifier of its image, and Windows brings only one disk of an identifier online.

function Enter-MountTurn {
    # The turn to mount, to be released by the same thread.
    $turn = [System.Threading.Mutex]::new($false, 'Global\ringzero-mount')
    try { $mine = $turn.WaitOne(90000) }
    # Its owner was killed: the turn is ours, and a disk that it left mounted shows in Open-GuestDisk.
    catch [System.Threading.AbandonedMutexException] { $mine = $true }
    if ($mine) { return $turn }
    $turn.Dispose()
    throw (New-BridgeError -Id 'RZ_MOUNT_BUSY' -Message 'another call has had a disk mounted for too long' -Category 'ResourceBusy')
}

function Enable-HostDisk {
    # Brings a disk of ours online, to be written. A disk that the host's policy for new disks keeps offline comes up read-only
    # as well, and the two are changed one after the other (parameter sets of Set-Disk).
    param([int]$Number)
    $disk = Get-Disk -Number $Number
    if ($disk.IsOffline) { Set-Disk -Number $Number -IsOffline $false }
    if ($disk.IsReadOnly) { Set-Disk -Number $Number -IsReadOnly $false }
}

function Open-GuestDisk {
    # Mounts a disk file; gives the folders of its partitions, and which could not be opened and why.
    param([string]$DiskFile, [string]$MountFolder, [switch]$ThrowAway)
    $number = (Invoke-WhileInUse { Hyper-V\Mount-VHD -Path $DiskFile -NoDriveLetter -Passthru }).DiskNumber
    # Where another disk of the identifier is online, bringing this one online gives it a new identifier. The boot store of
    # the guest would no longer find it: that is done to a copy alone. A policy of the host (1, MSFT_Disk.OfflineReason)
    # keeps new disks offline for no reason of theirs.
    $disk = Get-Disk -Number $number
    if ($ThrowAway -or -not $disk.IsOffline -or [string]$disk.OfflineReason -in 'Policy', '1') { Enable-HostDisk $number }
    if ((Get-Disk -Number $number).IsOffline) {
        throw (New-BridgeError -Id 'RZ_DISK_COLLISION' -Message "the host keeps the disk $DiskFile offline" -Category 'ResourceBusy')
    }
    $roots = @()
    $unopened = @()
    foreach ($partition in @(Get-Partition -DiskNumber $number)) {
        # Microsoft's reserved partition holds no file system.
        if ([string]$partition.GptType -eq '{e3c9e316-0b5c-4db8-817d-f92df00215ae}') { continue }
        $folder = [System.IO.Path]::Combine($MountFolder, "partition-$($partition.PartitionNumber)")
        try {
            [void][System.IO.Directory]::CreateDirectory($folder)
            Add-PartitionAccessPath -DiskNumber $number -PartitionNumber $partition.PartitionNumber -AccessPath $folder
            # An encrypted or broken volume takes a folder, too.
            [void][System.IO.Directory]::GetFileSystemEntries($folder)
            $roots += $folder
        }
        catch { $unopened += @{ partition = $partition.PartitionNumber; reason = $_.Exception.Message } }
    }
    if ($roots.Count -eq 0) {
        $reason = @($unopened | ForEach-Object { $_['reason'] }) -join '; '
        throw (New-BridgeError -Id 'RZ_DISK_UNREADABLE' -Message "no partition of the disk could be opened: $reason" -Category 'InvalidData')
    }
    return @{ roots = $roots; unopened = $unopened }
}

function Close-GuestDisk {
    # Undoes what Open-GuestDisk did, also in a call that was killed.
    param([string]$DiskFile, [string]$MountFolder)
    Dismount-RingzeroDisk $DiskFile $MountFolder
    foreach ($file in @(Get-DiskFile $MountFolder)) {
        # A copy that was cut off while it was made cannot be asked, and was never mounted.
        try { Dismount-RingzeroDisk $file $MountFolder } catch { continue }
    }
    Remove-Tree $MountFolder
}

function Use-GuestDisk {
    # Runs $Work with the folders of a disk's partitions and with what could not be opened. With -Copy on a child of the disk
    # that is thrown away: NTFS replays its log after a crash only where it may write, and evidence must not change.
    param([string]$DiskFile, [string]$MountFolder, [switch]$Copy, [scriptblock]$Work)
    $turn = Enter-MountTurn
    try {
        try {
            Close-GuestDisk $DiskFile $MountFolder
            [void][System.IO.Directory]::CreateDirectory($MountFolder)
            $mounted = $DiskFile
            if ($Copy) {
                $mounted = [System.IO.Path]::Combine($MountFolder, 'reading.vhdx')
                [void](Hyper-V\New-VHD -Path $mounted -ParentPath $DiskFile -Differencing)
            }
            $opened = Open-GuestDisk $mounted $MountFolder -ThrowAway:$Copy
            & $Work $opened['roots'] $opened['unopened']
        }
        finally { Close-GuestDisk $DiskFile $MountFolder }
    }
    finally {
        $turn.ReleaseMutex()
        $turn.Dispose()
    }
}

function Dismount-RingzeroDisk {
    # Undoes a mount of a disk of ours, also a mount that a killed process left.
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
    # After a checkpoint the machine writes to another file than it was made with.
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
