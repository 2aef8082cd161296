# Reads or changes files on the disk of a machine that is off. The disk is always given back, and sweep gives it back
# after a kill. What lies on it was written by a guest: links in it are never followed, or they would lead into the host.
param($Parameters, $Secrets)

function Resolve-GuestPath {
    # The host's path of a guest path below a partition, or $null when a part of it is a link or leads upwards.
    param([string]$Root, [string]$GuestPath)
    $path = $Root
    foreach ($part in ($GuestPath -replace '^[A-Za-z]:', '').Split([char[]]'\/', [StringSplitOptions]::RemoveEmptyEntries)) {
        if ($part -eq '.' -or $part -eq '..' -or $part.Contains(':')) { return $null }
        $path = [System.IO.Path]::Combine($path, $part)
        if (-not [System.IO.File]::Exists($path) -and -not [System.IO.Directory]::Exists($path)) { continue }
        if ([System.IO.File]::GetAttributes($path) -band [System.IO.FileAttributes]::ReparsePoint) { return $null }
    }
    return $path
}

function Copy-Start {
    # Dumps can be as large as the machine's memory; their beginning is what is read.
    param([string]$From, [string]$To, [long]$Limit)
    $source = [System.IO.File]::OpenRead($From)
    $target = [System.IO.File]::Create($To)
    try {
        $buffer = [byte[]]::new(1048576)
        $left = $Limit
        while ($left -gt 0) {
            $count = $source.Read($buffer, 0, [int][Math]::Min($buffer.Length, $left))
            if ($count -eq 0) { break }
            $target.Write($buffer, 0, $count)
            $left -= $count
        }
    }
    finally { $target.Dispose(); $source.Dispose() }
}

function Read-GuestFile {
    param([string[]]$Roots, $Files, [long]$Limit)
    foreach ($file in $Files) {
        foreach ($root in $Roots) {
            $path = Resolve-GuestPath $root $file['guest']
            if ($null -eq $path -or -not [System.IO.File]::Exists($path)) { continue }
            Copy-Start $path $file['local'] $Limit
            $file['guest']
            break
        }
    }
}

function Get-GuestName {
    param([string[]]$Roots, [string]$Folder)
    foreach ($root in $Roots) {
        $path = Resolve-GuestPath $root $Folder
        if ($null -eq $path -or -not [System.IO.Directory]::Exists($path)) { continue }
        return @{ found = $true; names = @([System.IO.Directory]::GetFileSystemEntries($path) | ForEach-Object { [System.IO.Path]::GetFileName($_) }) }
    }
    return @{ found = $false; names = @() }
}

function Set-GuestFile {
    # On the partition that has the folder; the system's partition is the one with most of the path.
    param([string[]]$Roots, $Change)
    $best = $null
    $depth = -1
    foreach ($root in $Roots) {
        $path = Resolve-GuestPath $root $Change['path']
        if ($null -eq $path) { continue }
        $parts = $path.Substring($root.Length).Split([char[]]'\/', [StringSplitOptions]::RemoveEmptyEntries)
        $here = $root
        $reached = 0
        foreach ($part in $parts) {
            $here = [System.IO.Path]::Combine($here, $part)
            if (-not [System.IO.File]::Exists($here) -and -not [System.IO.Directory]::Exists($here)) { break }
            $reached++
        }
        if ($reached -gt $depth) { $depth = $reached; $best = $path }
    }
    if ($null -eq $best) {
        throw (New-BridgeError -Id 'RZ_GUEST_PATH' -Message "the guest path $($Change['path']) leads through a link" -Category 'InvalidData')
    }
    if ($null -eq $Change['content']) {
        if ([System.IO.Directory]::Exists($best)) { Remove-Tree $best }
        elseif ([System.IO.File]::Exists($best)) { [System.IO.File]::SetAttributes($best, 'Normal'); [System.IO.File]::Delete($best) }
        return
    }
    [void][System.IO.Directory]::CreateDirectory([System.IO.Path]::GetDirectoryName($best))
    [System.IO.File]::WriteAllBytes($best, [Convert]::FromBase64String($Change['content']))
}

$machine = Get-OwnMachine $Parameters
if ($machine.State.ToString() -ne 'Off') {
    throw (New-BridgeError -Id 'RZ_STILL_RUNNING' -Message 'only the disk of a machine that is off can be opened' -Category 'InvalidOperation')
}
$disk = Get-MachineDisk $machine $Parameters
Use-GuestDisk $disk $Parameters['mountFolder'] -Copy:($Parameters['action'] -ne 'write') {
    param([string[]]$Roots, $Unopened)
    switch ($Parameters['action']) {
        'read' { @{ found = @(Read-GuestFile $Roots $Parameters['files'] $Parameters['limit']); unopened = @($Unopened) } }
        'list' { (Get-GuestName $Roots $Parameters['guestFolder']) + @{ unopened = @($Unopened) } }
        'write' { foreach ($change in $Parameters['changes']) { Set-GuestFile $Roots $change } }
    }
}
