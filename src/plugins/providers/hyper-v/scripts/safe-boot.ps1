# Makes the next start, and only that one, a start in safe mode: a copy of the default boot entry with the safe mode
# switch, put into the one-time boot sequence of the machine's own boot store.
param($Parameters, $Secrets)

function Invoke-BootEditor {
    param([string[]]$Arguments)
    $lines = & 'bcdedit.exe' $Arguments
    if ($LASTEXITCODE -ne 0) {
        throw (New-BridgeError -Id 'RZ_BOOT_STORE' -Message "bcdedit ended with $LASTEXITCODE" -Category 'InvalidResult')
    }
    return $lines -join ' '
}

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
    # The text is in the host's language; the id in it is not.
    $text = Invoke-BootEditor @('/store', $store, '/copy', '{default}', '/d', 'ringzero safe mode')
    if ($text -notmatch '\{[0-9a-fA-F-]{36}\}') {
        throw (New-BridgeError -Id 'RZ_BOOT_STORE' -Message 'bcdedit gave no id of the copied entry' -Category 'InvalidResult')
    }
    $entry = $Matches[0]
    [void](Invoke-BootEditor @('/store', $store, '/set', $entry, 'safeboot', 'minimal'))
    [void](Invoke-BootEditor @('/store', $store, '/bootsequence', $entry))
}
$null
