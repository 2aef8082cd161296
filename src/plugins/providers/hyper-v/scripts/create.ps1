# Makes one VM, powered off, on a differencing disk. Whatever fails, nothing is left behind.
param($Parameters, $Secrets)
$name = $Parameters['name']
$machine = $null
$switch = $null

function Set-MachineFirmware {
    param($Machine, $Parameters)
    if ($Parameters['generation'] -ne 2) {
        # The disk first: a start must not wait for a network that is not there.
        Hyper-V\Set-VMBios -VM $Machine -StartupOrder IDE, CD, LegacyNetworkAdapter, Floppy
        return
    }
    $firmware = @{ VM = $Machine; EnableSecureBoot = 'Off' }
    if ($Parameters['secureBootTemplate']) {
        $firmware['EnableSecureBoot'] = 'On'
        $firmware['SecureBootTemplate'] = $Parameters['secureBootTemplate']
    }
    Hyper-V\Set-VMFirmware @firmware
    $disk = Hyper-V\Get-VMHardDiskDrive -VM $Machine | Select-First
    Hyper-V\Set-VMFirmware -VM $Machine -FirstBootDevice $disk
    if ($Parameters['tpm']) {
        Hyper-V\Set-VMKeyProtector -VM $Machine -NewLocalKeyProtector
        Hyper-V\Enable-VMTPM -VM $Machine
    }
}

function Set-MachineProcessor {
    param($Machine, $Parameters)
    $processor = @{ VM = $Machine; Count = $Parameters['processors'] }
    if ($Parameters['nested']) { $processor['ExposeVirtualizationExtensions'] = $true }
    if ($Parameters['processorsPerNumaNode']) { $processor['MaximumCountPerNumaNode'] = $Parameters['processorsPerNumaNode'] }
    Hyper-V\Set-VMProcessor @processor
}

function Set-MachineMemory {
    param($Machine, $Parameters)
    $dynamic = $Parameters['dynamicMemory']
    if ($null -eq $dynamic) { Hyper-V\Set-VMMemory -VM $Machine -DynamicMemoryEnabled $false -StartupBytes $Parameters['memoryBytes'] }
    else {
        Hyper-V\Set-VMMemory -VM $Machine -DynamicMemoryEnabled $true -StartupBytes $Parameters['memoryBytes'] `
            -MinimumBytes $dynamic['minimumBytes'] -MaximumBytes $dynamic['maximumBytes']
    }
    if ($Parameters['memoryPerNumaNodeBytes']) {
        Hyper-V\Set-VMMemory -VM $Machine -MaximumAmountPerNumaNodeBytes $Parameters['memoryPerNumaNodeBytes']
    }
}

function Set-MachineNetwork {
    # New-VM makes a network card that was not asked for.
    param($Machine, $Card, [string]$SwitchName)
    Hyper-V\Get-VMNetworkAdapter -VM $Machine | Hyper-V\Remove-VMNetworkAdapter
    if ($null -eq $Card) { return }
    Hyper-V\Add-VMNetworkAdapter -VM $Machine -Name 'ringzero' -SwitchName $SwitchName -IsLegacy $Card['legacy']
    if ($Card['macSpoofing']) {
        Hyper-V\Get-VMNetworkAdapter -VM $Machine | Hyper-V\Set-VMNetworkAdapter -MacAddressSpoofing On
    }
}

try {
    # A sealed disk must never change: its children would no longer start.
    $attributes = [System.IO.File]::GetAttributes($Parameters['parent'])
    if (-not ($attributes -band [System.IO.FileAttributes]::ReadOnly)) {
        [System.IO.File]::SetAttributes($Parameters['parent'], $attributes -bor [System.IO.FileAttributes]::ReadOnly)
    }
    $overlay = @{ Path = $Parameters['disk']; ParentPath = $Parameters['parent']; Differencing = $true }
    if ($Parameters['diskBytes']) { $overlay['SizeBytes'] = $Parameters['diskBytes'] }
    [void](Invoke-WhileInUse { Hyper-V\New-VHD @overlay })
    $made = @{ Name = $name; Generation = $Parameters['generation']; MemoryStartupBytes = $Parameters['memoryBytes']; VHDPath = $Parameters['disk']; Path = $Parameters['folder'] }
    if ($Parameters['configurationVersion']) { $made['Version'] = [version]$Parameters['configurationVersion'] }
    $machine = Invoke-WhileInUse { Hyper-V\New-VM @made }
    # First of all the mark by which sweep finds it.
    Hyper-V\Set-VM -VM $machine -Notes $Parameters['notes'] -AutomaticStartAction Nothing -AutomaticStopAction TurnOff `
        -AutomaticCriticalErrorAction None -CheckpointType Standard
    if ((Get-Command -Name 'Hyper-V\Set-VM').Parameters.ContainsKey('AutomaticCheckpointsEnabled')) {
        Hyper-V\Set-VM -VM $machine -AutomaticCheckpointsEnabled $false
    }
    $card = $Parameters['network']
    $switchName = $null
    if ($null -ne $card) {
        $switchName = $card['switch']
        if ($null -eq $switchName) {
            $switch = Hyper-V\New-VMSwitch -Name $name -SwitchType Private -Notes $Parameters['notes']
            $switchName = $name
        }
    }
    Set-MachineNetwork $machine $card $switchName
    Set-MachineProcessor $machine $Parameters
    Set-MachineMemory $machine $Parameters
    Set-MachineFirmware $machine $Parameters
    Hyper-V\Set-VMComPort -VM $machine -Number 1 -Path $Parameters['pipe']
    Hyper-V\Set-VMVideo -VM $machine -ResolutionType Single -HorizontalResolution 1024 -VerticalResolution 768
    # For Copy-VMFile, where an open session takes no files. By id: the name is in the host's language.
    Hyper-V\Get-VMIntegrationService -VM $machine | Where-Object { $_.Id -like '*6C09BB55-D683-4DA0-8931-C9BF705F6480' } |
        Hyper-V\Enable-VMIntegrationService
    @{ id = $machine.Id.ToString() }
}
catch {
    $failure = $_
    if ($null -ne $machine) { Hyper-V\Remove-VM -VM $machine -Force -ErrorAction SilentlyContinue }
    if ($null -ne $switch) { Hyper-V\Remove-VMSwitch -VMSwitch $switch -Force -ErrorAction SilentlyContinue }
    if ([System.IO.File]::Exists($Parameters['disk'])) { [System.IO.File]::Delete($Parameters['disk']) }
    throw $failure
}
