# Settings that must hold from the first start on, and the answer file. The answer file holds the password: it arrives as
# a secret, is written to the mounted disk alone, and the first start removes it.
param($Parameters, $Secrets)
function Set-Value([string]$Key, [string]$Name, $Value, [string]$Type) {
    if (-not (Test-Path -LiteralPath $Key)) { [void](New-Item -Path $Key -Force) }
    [void](New-ItemProperty -LiteralPath $Key -Name $Name -Value $Value -PropertyType $Type -Force)
}
function Invoke-Reg([string[]]$Arguments) {
    & "$env:windir\System32\reg.exe" @Arguments | Out-Null
    if ($LASTEXITCODE -ne 0) { throw "reg.exe $($Arguments[0]) ended with $LASTEXITCODE" }
}

$windows = Join-Path -Path $Parameters['mountFolder'] -ChildPath 'windows'
$hives = @{ "rz-$PID-SYSTEM" = 'SYSTEM'; "rz-$PID-SOFTWARE" = 'SOFTWARE' }
try {
    Hyper-V\Dismount-VHD -Path $Parameters['disk'] -ErrorAction SilentlyContinue
    $disk = Hyper-V\Mount-VHD -Path $Parameters['disk'] -NoDriveLetter -Passthru | Get-Disk
    if ($disk.IsOffline) { Set-Disk -Number $disk.Number -IsOffline $false }
    $main = Get-Partition -DiskNumber $disk.Number | Sort-Object -Property Size -Descending | Select-Object -First 1
    [void][IO.Directory]::CreateDirectory($windows)
    Add-PartitionAccessPath -DiskNumber $disk.Number -PartitionNumber $main.PartitionNumber -AccessPath $windows

    foreach ($name in $hives.Keys) { Invoke-Reg @('load', "HKLM\$name", "$windows\Windows\System32\config\$($hives[$name])") }
    foreach ($setting in $Parameters['settings']) {
        Set-Value "HKLM:\rz-$PID-$($setting['key'])" $setting['name'] $setting['value'] $setting['type']
    }

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
    # Handles of the registry provider keep a hive loaded until they are collected.
    [GC]::Collect()
    [GC]::WaitForPendingFinalizers()
    foreach ($name in $hives.Keys) {
        if (Test-Path -LiteralPath "HKLM:\$name") { & "$env:windir\System32\reg.exe" unload "HKLM\$name" | Out-Null }
    }
    Hyper-V\Dismount-VHD -Path $Parameters['disk'] -ErrorAction SilentlyContinue
    if ([IO.Directory]::Exists($windows)) { [IO.Directory]::Delete($windows) }
}
@{ settings = [int]@($Parameters['settings']).Count }
