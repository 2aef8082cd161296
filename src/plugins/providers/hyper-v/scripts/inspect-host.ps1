# Looks at the host and changes nothing.
param($Parameters, $Secrets)
$facts = @{
    powerShell = $PSVersionTable.PSVersion.ToString()
    operatingSystem = [System.Environment]::OSVersion.VersionString
    processors = [System.Environment]::ProcessorCount
    windows = [System.Environment]::OSVersion.Platform.ToString() -eq 'Win32NT'
    module = $false
    elevated = $null
    hyperVAdministrator = $null
    service = $null
    freeBytes = $null
    host = $null
    switches = @()
    direct = $false
    unreadableLogs = @()
    build = $null
    server = $null
    hypervisor = $null
    freeMemoryBytes = $null
    newDiskPolicy = $null
}
# Each of these is asked alone: what cannot be read stays null, which is not "no".
try {
    $current = Get-ItemProperty -LiteralPath 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion'
    $facts['build'] = "$($current.CurrentBuildNumber).$($current.UBR)"
} catch { $facts['build'] = $null }
try {
    $system = Get-CimInstance -ClassName 'Win32_OperatingSystem'
    # 1 is a workstation, 2 a domain controller, 3 a server; the memory is in KiB.
    $facts['server'] = [int]$system.ProductType -ne 1
    $facts['freeMemoryBytes'] = [long]$system.FreePhysicalMemory * 1024
} catch { $facts['server'] = $null }
try { $facts['hypervisor'] = [bool](Get-CimInstance -ClassName 'Win32_ComputerSystem').HypervisorPresent } catch { $facts['hypervisor'] = $null }
try { $facts['newDiskPolicy'] = [string](Get-StorageSetting).NewDiskPolicy } catch { $facts['newDiskPolicy'] = $null }
$module = Get-Module -ListAvailable -Name 'Hyper-V'
if ($null -ne $module) { $facts['module'] = $true }
if ($facts['windows']) {
    # By well-known SID: the names of the groups are in the host's language.
    $identity = [System.Security.Principal.WindowsIdentity]::GetCurrent()
    $principal = [System.Security.Principal.WindowsPrincipal]::new($identity)
    $facts['elevated'] = $principal.IsInRole([System.Security.Principal.SecurityIdentifier]::new('S-1-5-32-544'))
    $facts['hyperVAdministrator'] = $principal.IsInRole([System.Security.Principal.SecurityIdentifier]::new('S-1-5-32-578'))
    $service = Get-Service -Name 'vmms' -ErrorAction SilentlyContinue
    $facts['service'] = 'absent'
    if ($null -ne $service) { $facts['service'] = $service.Status.ToString() }
}
$root = [System.IO.Path]::GetPathRoot($Parameters['folder'])
try { $facts['freeBytes'] = [System.IO.DriveInfo]::new($root).AvailableFreeSpace } catch { $facts['freeBytes'] = $null }
$command = Get-Command -Name 'New-PSSession'
$facts['direct'] = $command.Parameters.ContainsKey('VMId')
if ($facts['module']) {
    try {
        $server = Hyper-V\Get-VMHost
        $facts['host'] = @{
            name = $server.ComputerName
            logicalProcessors = $server.LogicalProcessorCount
            memoryBytes = $server.MemoryCapacity
            diskFolder = $server.VirtualHardDiskPath
            configurationVersions = @($server.SupportedVmVersions | ForEach-Object { [string]$_ })
        }
        $facts['switches'] = @(Hyper-V\Get-VMSwitch | ForEach-Object { @{ name = $_.Name; type = $_.SwitchType.ToString() } })
        $facts['automaticCheckpoints'] = (Get-Command -Name 'Hyper-V\Set-VM').Parameters.ContainsKey('AutomaticCheckpointsEnabled')
    }
    catch { $facts['refusal'] = @{ id = $_.FullyQualifiedErrorId; category = $_.CategoryInfo.Category.ToString() } }
    # Restarts and crashes of a guest are told by these alone.
    $facts['unreadableLogs'] = @(foreach ($log in 'Microsoft-Windows-Hyper-V-Worker-Admin', 'Microsoft-Windows-Hyper-V-VMMS-Admin') {
        try { $null = Read-HostLog @{ LogName = $log; MaxEvents = 1 } }
        catch { @{ name = $log; reason = $_.Exception.Message } }
    })
}
$facts
