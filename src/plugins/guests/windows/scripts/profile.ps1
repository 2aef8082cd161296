# The hardware as this guest sees it.
param($Parameters)
$computer = Get-CimInstance -ClassName Win32_ComputerSystem
$capacity = 0
foreach ($module in Get-CimInstance -ClassName Win32_PhysicalMemory) { $capacity += [long]$module.Capacity }
$letter = $env:SystemDrive.TrimEnd(':')
$space = 'root/Microsoft/Windows/Storage'
$partition = Get-CimInstance -Namespace $space -ClassName MSFT_Partition -Filter "DriveLetter='$letter'" | Select-Object -First 1
$disk = Get-CimInstance -Namespace $space -ClassName MSFT_Disk -Filter "Number=$([int]$partition.DiskNumber)" | Select-Object -First 1
$cards = foreach ($card in Get-CimInstance -ClassName Win32_NetworkAdapter -Filter 'PhysicalAdapter=TRUE') { [string]$card.PNPDeviceID }
$secureBoot = Get-ItemProperty -LiteralPath 'HKLM:\SYSTEM\CurrentControlSet\Control\SecureBoot\State' -Name UEFISecureBootEnabled -ErrorAction SilentlyContinue
$firmware = Get-ItemProperty -LiteralPath 'HKLM:\SYSTEM\CurrentControlSet\Control' -Name PEFirmwareType -ErrorAction SilentlyContinue
$tpm = Get-CimInstance -Namespace 'root/CIMV2/Security/MicrosoftTpm' -ClassName Win32_Tpm -ErrorAction SilentlyContinue
@{
    processors = [int]$computer.NumberOfLogicalProcessors
    memoryMiB  = [long]($capacity / 1MB)
    busType    = [int]$disk.BusType
    diskBytes  = [long]$disk.Size
    cards      = [string[]]@($cards)
    firmware   = [int]$firmware.PEFirmwareType
    secureBoot = [int]$secureBoot.UEFISecureBootEnabled
    tpm        = if ($null -eq $tpm) { '' } else { [string]$tpm.SpecVersion }
    hypervisor = [bool]$computer.HypervisorPresent
    model      = [string]$computer.Model
}
