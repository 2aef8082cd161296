# How the scripts that build an image undo what they do to the host, also what one that was killed left. Each begins with it.

function Remove-ImageMachine {
    # The machine of a first start holds the disk. Only one build of an image runs at a time: what is there is left over.
    param($Parameters)
    foreach ($machine in @(Hyper-V\Get-VM | Where-Object { $_.Name -ceq $Parameters['name'] })) {
        # A kill right after New-VM left it without notes.
        $unmarked = $machine.Notes -eq '' -and ([string]$machine.Path).StartsWith($Parameters['folder'], [StringComparison]::OrdinalIgnoreCase)
        if (-not $unmarked -and $machine.Notes -cne $Parameters['notes']) { throw "the VM $($machine.Name) was not made by ringzero: rename it" }
        if ($machine.State -ne 'Off') { Hyper-V\Stop-VM -VM $machine -TurnOff -Force }
        $watch = [Diagnostics.Stopwatch]::StartNew()
        while ((Hyper-V\Get-VM -Id $machine.Id).State -ne 'Off') {
            if ($watch.Elapsed.TotalSeconds -gt 120) { throw "the VM $($machine.Name) does not switch off" }
            Start-Sleep -Seconds 1
        }
        Hyper-V\Remove-VM -VM $machine -Force
    }
}

function Dismount-Hive {
    param([string]$Name)
    $reg = Join-Path -Path $env:windir -ChildPath 'System32\reg.exe'
    # A scanner that looks at the hive keeps it loaded for a moment.
    for ($try = 1; $try -le 5; $try += 1) {
        & $reg unload "HKLM\$Name" | Out-Null
        if ($LASTEXITCODE -eq 0) { return }
        Start-Sleep -Seconds 1
    }
    throw "the registry hive HKLM\$Name cannot be unloaded: end what holds it, or restart the host"
}

function Dismount-DeadHive {
    # Hives are named after the process that loaded them. This process has loaded none yet: its number may be a dead one's.
    foreach ($name in [Microsoft.Win32.Registry]::LocalMachine.GetSubKeyNames()) {
        if ($name -notmatch '^rz-(\d{1,9})-(SYSTEM|SOFTWARE)$') { continue }
        $id = [int]$Matches[1]
        $alive = $false
        if ($id -ne $PID) { try { $alive = -not [Diagnostics.Process]::GetProcessById($id).HasExited } catch { $alive = $false } }
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
    return "$((Get-Volume -DiskImage (Get-DiskImage -ImagePath $iso)).DriveLetter):\sources"
}

function Close-ImageMedia {
    param($Parameters)
    $mark = [IO.Path]::Combine($Parameters['folder'], 'mounted-media')
    if (-not [IO.File]::Exists($mark)) { return }
    $iso = [IO.File]::ReadAllText($mark)
    # The media may have been moved since; what is gone is not mounted, and one that was cut off is an empty text.
    if ([IO.File]::Exists($iso) -and (Get-DiskImage -ImagePath $iso).Attached) { [void](Dismount-DiskImage -ImagePath $iso) }
    [IO.File]::Delete($mark)
}

function Open-ImageDisk {
    # Attaches the disk without letters; gives its number.
    param($Parameters)
    $disk = Hyper-V\Mount-VHD -Path $Parameters['disk'] -NoDriveLetter -Passthru | Get-Disk
    if ($disk.IsOffline) { Set-Disk -Number $disk.Number -IsOffline $false }
    return $disk.Number
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
        # One that was cut off while it was made cannot be asked, and was never attached.
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
