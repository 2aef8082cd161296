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
$memory = "$control\Session Manager\Memory Management"
$result = @{
    secureBoot                = $null
    vbs                       = $null
    memoryIntegrity           = $null
    memoryIntegrityConfigured = $null
    testSigning               = ([string](Get-Value $control 'SystemStartOptions')) -match 'TESTSIGNING'
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
