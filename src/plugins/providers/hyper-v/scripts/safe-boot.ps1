# Makes the next start, and only that one, a start in safe mode: a copy of the default boot entry with the safe mode
# switch, put into the one-time boot sequence of the machine's own boot store. With the action "remove" it takes the copy
# out again.
param($Parameters, $Secrets)

function Invoke-BootEditor {
    param([string[]]$Arguments)
    return (Invoke-HostProgram 'bcdedit.exe' $Arguments -ErrorId 'RZ_BOOT_STORE') -join [char]10
}

function Remove-SafeEntry {
    # Entries of earlier starts in safe mode. Labels are in the host's language; our description and the ids are not.
    param([string]$Store, [string]$Description)
    foreach ($block in [regex]::Split((Invoke-BootEditor @('/store', $Store, '/enum', 'osloader', '/v')), '\n\s*\n')) {
        if ($block.Contains($Description) -and $block -match '\{[0-9a-fA-F-]{36}\}') {
            [void](Invoke-BootEditor @('/store', $Store, '/delete', $Matches[0], '/cleanup'))
        }
    }
}

$description = 'ringzero safe mode'
$machine = Get-OwnMachine $Parameters
if ($machine.State.ToString() -ne 'Off') {
    throw (New-BridgeError -Id 'RZ_STILL_RUNNING' -Message 'only a machine that is off can be started in safe mode' -Category 'InvalidOperation')
}
$disk = Get-MachineDisk $machine $Parameters
Use-GuestDisk $disk $Parameters['mountFolder'] {
    param([string[]]$Roots)
    $store = $null
    foreach ($root in $Roots) {
        foreach ($place in 'EFI/Microsoft/Boot/BCD', 'Boot/BCD') {
            $path = [System.IO.Path]::Combine($root, $place.Replace('/', [string][System.IO.Path]::DirectorySeparatorChar))
            if ($null -eq $store -and [System.IO.File]::Exists($path)) { $store = $path }
        }
    }
    if ($null -eq $store) {
        throw (New-BridgeError -Id 'RZ_NO_BOOT_STORE' -Message 'the disk has no Windows boot store' -Category 'ObjectNotFound')
    }
    Remove-SafeEntry $store $description
    if ($Parameters['action'] -eq 'remove') { return }
    # The text is in the host's language; the id in it is not.
    $text = Invoke-BootEditor @('/store', $store, '/copy', '{default}', '/d', $description)
    if ($text -notmatch '\{[0-9a-fA-F-]{36}\}') {
        throw (New-BridgeError -Id 'RZ_BOOT_STORE' -Message 'bcdedit gave no id of the copied entry' -Category 'InvalidResult')
    }
    $entry = $Matches[0]
    # A copy goes onto the menu, at which every later start would wait for somebody to choose.
    [void](Invoke-BootEditor @('/store', $store, '/displayorder', $entry, '/remove'))
    [void](Invoke-BootEditor @('/store', $store, '/timeout', '0'))
    [void](Invoke-BootEditor @('/store', $store, '/set', $entry, 'safeboot', 'minimal'))
    [void](Invoke-BootEditor @('/store', $store, '/bootsequence', $entry))
}
$null
