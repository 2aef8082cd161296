# Devices that run one of these driver packages (published names) or have one of the hardware ids that are for this sort of Windows.
param($Parameters)
$product = [int](Get-CimInstance -ClassName Win32_OperatingSystem).ProductType
$ids = @{}
foreach ($id in $Parameters.ids."$product") { $ids[[string]$id] = $true }
$drivers = @{}
foreach ($driver in Get-CimInstance -ClassName Win32_PnPSignedDriver) { $drivers[[string]$driver.DeviceID] = [string]$driver.InfName }
$devices = foreach ($device in Get-CimInstance -ClassName Win32_PnPEntity) {
    # A device that was taken out is remembered, and has nothing to run.
    if ($device.Present -eq $false) { continue }
    $inf = [string]$drivers[[string]$device.DeviceID]
    # Compatible ids do not count: a driver for them stands behind one for the device itself.
    $named = @($device.HardwareID | Where-Object { $ids[[string]$_] }).Count -gt 0
    if (-not $named -and @($Parameters.packages) -notcontains $inf) { continue }
    @{
        id        = [string]$device.DeviceID
        inf       = $inf
        classGuid = [string]$device.ClassGuid
        problem   = [int]$device.ConfigManagerErrorCode
    }
}
@{ product = $product; devices = [object[]]@($devices) }
