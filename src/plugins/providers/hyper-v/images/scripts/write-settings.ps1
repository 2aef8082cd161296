# Settings that must hold from the first start on, and the answer file. The answer file holds the password: it arrives as
# a secret, is written to the mounted disk alone, and the first start removes it.
param($Parameters, $Secrets)
function Write-Setting([string]$Hives, $Setting) {
    # Not through PowerShell's registry provider: it takes the slash in a channel's name for a separator (PowerShell #5536).
    try { $key = [Microsoft.Win32.Registry]::LocalMachine.CreateSubKey("$Hives-$($Setting['key'])") }
    catch { throw "the key $($Setting['key']) of the disk cannot be written, not even by an administrator: $($_.Exception.Message)" }
    try { $key.SetValue($Setting['name'], $Setting['value'], $Setting['type']) }
    # An open key keeps its hive loaded.
    finally { $key.Dispose() }
}

$hives = Get-OwnHiveName
$loaded = @()
Dismount-DeadHive
Close-ImageDisk $Parameters
try {
    $number = Open-ImageDisk $Parameters
    $main = Get-Partition -DiskNumber $number | Sort-Object -Property Size -Descending | Select-Object -First 1
    $windows = Add-ImageFolder $Parameters $number $main.PartitionNumber 'windows'

    foreach ($name in 'SYSTEM', 'SOFTWARE') {
        [void](Invoke-HostProgram 'reg.exe' @('load', "HKLM\$hives-$name", "$windows\Windows\System32\config\$name"))
        $loaded += "$hives-$name"
    }
    foreach ($setting in $Parameters['settings']) { Write-Setting $hives $setting }

    $panther = "$windows\Windows\Panther"
    [void][IO.Directory]::CreateDirectory($panther)
    $pointer = [Runtime.InteropServices.Marshal]::SecureStringToBSTR($Secrets['answerFile'])
    try {
        $text = [Runtime.InteropServices.Marshal]::PtrToStringBSTR($pointer)
        [IO.File]::WriteAllText("$panther\unattend.xml", $text, (New-Object Text.UTF8Encoding($false)))
    }
    finally { [Runtime.InteropServices.Marshal]::ZeroFreeBSTR($pointer) }
}
finally {
    # A hive that stays loaded is not written whole: the disk is then not fit to be sealed.
    try { foreach ($name in $loaded) { Dismount-Hive $name } }
    finally { Close-ImageDisk $Parameters }
}
@{ settings = [int]@($Parameters['settings']).Count }
