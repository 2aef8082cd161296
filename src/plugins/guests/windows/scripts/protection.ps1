# How the platform guards its kernel. What cannot be read stays null: unknown is not off.
param($Parameters)
$control = 'HKLM:\SYSTEM\CurrentControlSet\Control'
function Get-Value([string]$Path, [string]$Name) {
    $item = Get-ItemProperty -LiteralPath $Path -Name $Name -ErrorAction SilentlyContinue
    if ($null -eq $item) { return $null }
    return $item.$Name
}
$secureBoot = Get-Value "$control\SecureBoot\State" 'UEFISecureBootEnabled'
$guard = Get-CimInstance -Namespace 'root/Microsoft/Windows/DeviceGuard' -ClassName Win32_DeviceGuard -ErrorAction SilentlyContinue
$tpm = Get-CimInstance -Namespace 'root/CIMV2/Security/MicrosoftTpm' -ClassName Win32_Tpm -ErrorAction SilentlyContinue
$volumes = foreach ($volume in Get-CimInstance -Namespace 'root/CIMV2/Security/MicrosoftVolumeEncryption' -ClassName Win32_EncryptableVolume -ErrorAction SilentlyContinue) {
    @{ volume = [string]$volume.DriveLetter; protected = [bool]($volume.ProtectionStatus -eq 1) }
}
# The kernel's policy for drivers (Microsoft, "The Windows Driver policy", April 2026): one of two policies is active, and
# CiTool, which comes with Windows 11 22H2, lists them. Under "Stop" 5.1 takes its standard error for an error of its own.
function Get-DriverPolicy {
    $ErrorActionPreference = 'Continue'
    $said = ''
    try { $said = @(& (Join-Path -Path $env:windir -ChildPath 'System32\CiTool.exe') -lp -json 2>&1 | ForEach-Object { [string]$_ }) -join "`n" }
    catch [System.Management.Automation.CommandNotFoundException] { return 'absent' }
    catch { return $null }
    try { $policies = @((ConvertFrom-Json -InputObject $said).Policies) } catch { return $null }
    $active = @($policies | Where-Object { $_.IsEnforced -and $_.IsAuthorized } | ForEach-Object { [string]$_.PolicyID })
    if ($active -contains '8f9cb695-5d48-48d6-a329-7202b44607e3') { return 'enforced' }
    if ($active -contains '784c4414-79f4-4c32-a6a5-f0fb42a51d0d') { return 'evaluation' }
    return 'absent'
}
# Certificates of the firmware's databases by their names, which stand in them as plain text.
function Get-SecureBootCertificate {
    $names = 'Microsoft Windows Production PCA 2011', 'Windows UEFI CA 2023', 'Microsoft Corporation UEFI CA 2011', 'Microsoft UEFI CA 2023', 'Microsoft Option ROM UEFI CA 2023'
    foreach ($database in 'db', 'dbx') {
        try { $text = [Text.Encoding]::ASCII.GetString((Get-SecureBootUEFI -Name $database).Bytes) } catch { continue }
        foreach ($name in $names) { if ($text.Contains($name)) { if ($database -eq 'dbx') { "revoked $name" } else { $name } } }
    }
}
$memory = "$control\Session Manager\Memory Management"
$result = @{
    secureBoot                = $null
    vbs                       = $null
    memoryIntegrity           = $null
    memoryIntegrityConfigured = $null
    testSigning               = ([string](Get-Value $control 'SystemStartOptions')) -match 'TESTSIGNING'
    driverPolicy              = Get-DriverPolicy
    kernelBuild               = [int](Get-Value 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion' 'CurrentBuildNumber')
    secureBootCertificates    = [object[]]@(Get-SecureBootCertificate)
    tpm                       = $null
    bitLocker                 = [object[]]@($volumes)
    verifierFlags             = [long](Get-Value $memory 'VerifyDriverLevel')
    verifierDrivers           = [string](Get-Value $memory 'VerifyDrivers')
}
if ($null -ne $secureBoot) { $result.secureBoot = $secureBoot -eq 1 }
if ($null -ne $guard) {
    # Services 2 is hypervisor-enforced code integrity; status 2 is "running".
    $result.vbs = $guard.VirtualizationBasedSecurityStatus -eq 2
    $result.memoryIntegrity = @($guard.SecurityServicesRunning) -contains 2
    $result.memoryIntegrityConfigured = @($guard.SecurityServicesConfigured) -contains 2
}
if ($null -ne $tpm) {
    $result.tpm = @{
        present = $true
        ready   = [bool]($tpm.IsActivated_InitialValue -and $tpm.IsEnabled_InitialValue)
        version = [string]$tpm.SpecVersion
    }
}
$result
