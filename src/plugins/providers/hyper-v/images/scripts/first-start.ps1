# Starts the image once, waits until setup has ended and the machine is settled, removes the answer file, and shuts it
# down. The virtual machine that it takes is removed again in every case; its disk stays.
param($Parameters, $Secrets)
function Wait-For([string]$What, [datetime]$Until, [scriptblock]$Ready) {
    while ([datetime]::UtcNow -lt $Until) {
        try { if (& $Ready) { return } } catch { $script:last = $_.Exception.Message }
        Start-Sleep -Seconds 5
    }
    throw "$What did not happen in time: $script:last"
}

$script:last = ''
$until = [datetime]::UtcNow.AddSeconds($Parameters['seconds'])
$credential = New-Object Management.Automation.PSCredential($Parameters['user'], $Secrets['password'])
$finish = [ScriptBlock]::Create([IO.File]::ReadAllText($Parameters['finishScript']))
$publish = [IO.File]::ReadAllText($Parameters['publishScript'])
$setup = [ScriptBlock]::Create([IO.File]::ReadAllText($Parameters['setupScript']))
$machine = $null
try {
    Remove-ImageMachine $Parameters
    $machine = Hyper-V\New-VM -Name $Parameters['name'] -Generation $Parameters['generation'] -MemoryStartupBytes 4GB -VHDPath $Parameters['disk'] -Path $Parameters['folder']
    # First of all: a kill from here on leaves a machine that says whose it is.
    Hyper-V\Set-VM -VM $machine -Notes $Parameters['notes']
    Hyper-V\Get-VMNetworkAdapter -VM $machine | Hyper-V\Remove-VMNetworkAdapter
    Hyper-V\Set-VMProcessor -VM $machine -Count 2
    Hyper-V\Set-VMMemory -VM $machine -DynamicMemoryEnabled $false
    Hyper-V\Set-VM -VM $machine -CheckpointType Disabled -AutomaticStartAction Nothing -AutomaticStopAction TurnOff
    if ($Parameters['tpm']) {
        Hyper-V\Set-VMKeyProtector -VM $machine -NewLocalKeyProtector
        Hyper-V\Enable-VMTPM -VM $machine
    }
    # Setup, drivers and updates may each want a restart: only a guest with nothing pending is fit to be sealed.
    for ($start = 1; $start -le 4; $start += 1) {
        Hyper-V\Start-VM -VM $machine
        Wait-For "start $start" $until {
            $open = [string](Invoke-Command -VMId $machine.VMId -Credential $credential -ErrorAction Stop -ScriptBlock $setup)
            if ($open -ne '') { throw "setup has not ended: $open" }
            $true
        }
        $facts = Invoke-Command -VMId $machine.VMId -Credential $credential -ErrorAction Stop -ScriptBlock $finish -ArgumentList $publish, $Parameters['channels'], $Parameters['logBytes']
        # Its shutdown service may be later than its sessions.
        Wait-For "the order to shut down $start" $until { Stop-RingzeroGuest $machine; $true }
        Wait-For "shutdown $start" $until { (Hyper-V\Get-VM -Id $machine.VMId).State -eq 'Off' }
        if (@($facts.pending).Count -eq 0) { break }
    }
    if (@($facts.pending).Count -gt 0) { throw "the guest still wants a restart after four starts: $($facts.pending -join ', ')" }
    @{
        build     = [string]$facts.build
        edition   = [string]$facts.edition
        language  = [string]$facts.language
        installed = [string]$facts.installed
        expires   = [string]$facts.expires
        leftOver  = @($facts.leftOver | ForEach-Object { [string]$_ })
    }
}
finally {
    if ($null -ne $machine) { Remove-ImageMachine $Parameters }
}
