# Stand-ins for what else the provider calls on a Windows host: storage, event log, WMI, PowerShell Direct.

function Get-Disk {
    [CmdletBinding()] param([int]$Number)
    $disks = [Ringzero.PowerShellHost.MountedDisk]
    [pscustomobject]@{ Number = $Number; IsOffline = $disks::IsOffline($Number); OfflineReason = $disks::OfflineReason($Number); IsReadOnly = $disks::IsWriteProtected($Number) }
}
function Set-Disk {
    # The two are in parameter sets of their own.
    [CmdletBinding()]
    param([Parameter(ParameterSetName = 'State')][Parameter(ParameterSetName = 'Attributes')][int]$Number, [Parameter(ParameterSetName = 'State')][bool]$IsOffline, [Parameter(ParameterSetName = 'Attributes')][bool]$IsReadOnly)
    if ($PSBoundParameters.ContainsKey('IsOffline') -and -not $IsOffline) { [Ringzero.PowerShellHost.MountedDisk]::BringOnline($Number) }
    if ($PSBoundParameters.ContainsKey('IsReadOnly') -and -not $IsReadOnly) { [Ringzero.PowerShellHost.MountedDisk]::AllowWriting($Number) }
}

function Get-StorageSetting { [pscustomobject]@{ NewDiskPolicy = if (Test-Wish 'new-disks-stay-offline') { 'OfflineAll' } else { 'OnlineAll' } } }

# Beside the file system there are what Windows makes on every disk and, where a test wants it, one that is encrypted.
function Get-Partition {
    [CmdletBinding()] param([int]$DiskNumber)
    $reserved = '{e3c9e316-0b5c-4db8-817d-f92df00215ae}'
    $basic = '{ebd0a0a2-b9e5-4433-87c0-68b6b72699c7}'
    [pscustomobject]@{ DiskNumber = $DiskNumber; PartitionNumber = 1; GptType = $basic; AccessPaths = @([Ringzero.PowerShellHost.MountedDisk]::AccessPath($DiskNumber)) }
    [pscustomobject]@{ DiskNumber = $DiskNumber; PartitionNumber = 2; GptType = $reserved; AccessPaths = @() }
    if (Test-Wish 'has-encrypted-partition') { [pscustomobject]@{ DiskNumber = $DiskNumber; PartitionNumber = 3; GptType = $basic; AccessPaths = @() } }
}

# What a test wants of the host is a file of that name.
function Test-Wish { param([string]$Name) [System.IO.File]::Exists([System.IO.Path]::Combine([Ringzero.PowerShellHost.StandIn]::Store, $Name)) }

function Add-PartitionAccessPath {
    [CmdletBinding()] param([int]$DiskNumber, [int]$PartitionNumber, [string]$AccessPath)
    if ($PartitionNumber -eq 3) { throw 'This drive is locked by BitLocker Drive Encryption.' }
    if ($PartitionNumber -ne 1) { throw 'The access path is not valid.' }
    [Ringzero.PowerShellHost.MountedDisk]::Show($DiskNumber, $AccessPath)
}

function Remove-PartitionAccessPath {
    [CmdletBinding()] param([int]$DiskNumber, [int]$PartitionNumber, [string]$AccessPath)
    [Ringzero.PowerShellHost.MountedDisk]::Hide($DiskNumber)
}

function New-LogError {
    # Both as the real cmdlet writes them: not terminating, the text in the host's language.
    param([string]$Id, [string]$Message)
    [System.Management.Automation.ErrorRecord]::new([System.Exception]::new($Message), $Id, 'ObjectNotFound', $null)
}

function Get-WinEvent {
    [CmdletBinding()] param([string]$LogName, [long]$MaxEvents, [string]$FilterXPath, [switch]$Oldest)
    if (Test-Wish "$LogName.unreadable") {
        $PSCmdlet.WriteError((New-LogError 'LogInfoUnavailable' "Auf das Protokoll $LogName kann nicht zugegriffen werden."))
        return
    }
    $events = [Ringzero.PowerShellHost.HostEvents]::Read($LogName)
    if (Test-Wish 'says-no-events') { $events = @() }
    if ($FilterXPath -match '^\*\[System\[EventRecordID > (\d+)\]\]$') { $after = [long]$Matches[1]; $events = @($events | Where-Object { $_.RecordId -gt $after }) }
    elseif ($FilterXPath) { throw "the stand-in does not know the filter $FilterXPath" }
    if (@($events).Count -eq 0) {
        $PSCmdlet.WriteError((New-LogError 'NoMatchingEventsFound' 'Es wurden keine Ereignisse gefunden, die den Kriterien entsprechen.'))
        return
    }
    if (-not $Oldest) { [array]::Reverse($events) }
    if ($MaxEvents) { $events = @($events)[0..([Math]::Min($MaxEvents, $events.Count) - 1)] }
    # One for each record whose provider is not registered; the record is given all the same.
    $PSCmdlet.WriteError((New-LogError 'Die Beschreibung wurde nicht gefunden.' 'Die Beschreibung wurde nicht gefunden.'))
    $events
}

function Get-CimInstance {
    [CmdletBinding()] param([string]$Namespace, [string]$ClassName, [string]$Filter, $InputObject)
    # A job of the management service, done by now, or ended by somebody: such a one has no error code.
    if ($null -ne $InputObject) { return [pscustomobject]@{ JobState = $(if (Test-Wish 'jobs-are-ended') { 8 } else { 7 }); ErrorCode = 0 } }
    switch ($ClassName) {
        'Msvm_ComputerSystem' {
            $id = [guid]($Filter -replace "^Name='(.*)'$", '$1')
            [Ringzero.PowerShellHost.StandIn]::Fresh($id)
        }
        # Real ones have Msvm_VirtualSystemSettingData beside them, which is asked for by association.
        'Msvm_PlannedComputerSystem' { [Ringzero.PowerShellHost.StandIn]::Planned() }
        'Msvm_VirtualSystemManagementService' { [pscustomobject]@{ Name = 'vmms' } }
        'Msvm_ShutdownComponent' { if (-not (Test-Wish 'no-shutdown-service')) { [pscustomobject]@{ SystemName = $Filter -replace "^SystemName='(.*)'$", '$1' } } }
        'Win32_OperatingSystem' { [pscustomobject]@{ ProductType = 3; FreePhysicalMemory = 4194304 } }
        'Win32_ComputerSystem' { [pscustomobject]@{ HypervisorPresent = -not (Test-Wish 'no-hypervisor') } }
        'Win32_Process' {
            foreach ($machine in [Ringzero.PowerShellHost.StandIn]::Machines()) {
                if ($machine.State -ne 'Off') { [pscustomobject]@{ Name = 'vmwp.exe'; Machine = $machine.Id; CommandLine = "`"C:\Windows\System32\vmwp.exe`" $($machine.Id.ToString().ToUpperInvariant())" } }
            }
        }
        'Msvm_KvpExchangeComponent' {
            # exchange.json of the machine, each pair as the embedded instance that WMI gives.
            $file = [Ringzero.PowerShellHost.StandIn]::Fresh([guid]($Filter -replace "^SystemName='(.*)'$", '$1')).File('exchange.json')
            if (Test-Wish 'fails-Msvm_KvpExchangeComponent') { return }
            # A guest that publishes nothing has the component all the same.
            if (-not [System.IO.File]::Exists($file)) { return [pscustomobject]@{ GuestExchangeItems = @() } }
            $items = foreach ($pair in [System.Text.Json.JsonDocument]::Parse([System.IO.File]::ReadAllText($file)).RootElement.EnumerateObject()) {
                $name = [System.Security.SecurityElement]::Escape($pair.Name)
                $data = [System.Security.SecurityElement]::Escape($pair.Value.GetString())
                '<INSTANCE CLASSNAME="Msvm_KvpExchangeDataItem"><PROPERTY NAME="Caption" PROPAGATED="true" TYPE="string"></PROPERTY>' +
                "<PROPERTY NAME=`"Data`" TYPE=`"string`"><VALUE>$data</VALUE></PROPERTY><PROPERTY NAME=`"Name`" TYPE=`"string`"><VALUE>$name</VALUE></PROPERTY>" +
                '<PROPERTY NAME="Source" TYPE="uint16"><VALUE>1</VALUE></PROPERTY></INSTANCE>'
            }
            [pscustomobject]@{ GuestExchangeItems = @($items) }
        }
    }
}

function Get-CimAssociatedInstance {
    [CmdletBinding()] param($InputObject, [string]$ResultClassName)
    if ($ResultClassName -ne 'Msvm_VirtualSystemSettingData') { throw "the stand-in has no $ResultClassName" }
    [pscustomobject]@{ ConfigurationDataRoot = $InputObject.Path; Notes = @($InputObject.Notes) }
}

# Configuration and saved memory; with storage it would copy every disk of the chain, which the provider must not ask for.
function Export-Definition {
    param([System.Collections.IDictionary]$Arguments)
    $settings = @{}
    foreach ($property in ([xml]$Arguments['ExportSettingData']).INSTANCE.PROPERTY) { $settings[$property.NAME] = $property.VALUE }
    $machine = $Arguments['ComputerSystem']
    if ($settings['CopyVmStorage'] -ne 'FALSE' -or $settings['CopyVmRuntimeInformation'] -ne 'TRUE') { throw 'the stand-in exports no disks' }
    if (-not $machine.SavedMemory) { return [pscustomobject]@{ ReturnValue = 32775 } }
    $folder = [System.IO.Path]::Combine($Arguments['ExportDirectory'], 'Virtual Machines')
    [void][System.IO.Directory]::CreateDirectory($folder)
    $target = [System.IO.Path]::Combine($folder, $machine.Id.ToString().ToUpperInvariant())
    [System.IO.File]::Copy($machine.File('machine.json'), "$target.vmcx")
    [System.IO.File]::Copy($machine.SavedMemory, "$target.vmrs")
    [pscustomobject]@{ ReturnValue = 0 }
}

function Invoke-CimMethod {
    [CmdletBinding()] param($InputObject, [string]$MethodName, [System.Collections.IDictionary]$Arguments)
    if (Test-Wish "fails-$MethodName") { return [pscustomobject]@{ ReturnValue = [uint32]32775 } }
    if ($MethodName -eq 'ExportSystemDefinition') { return Export-Definition $Arguments }
    if ($MethodName -eq 'DestroySystem') {
        [System.IO.Directory]::Delete($Arguments['AffectedSystem'].Folder, $true)
        return [pscustomobject]@{ ReturnValue = 0 }
    }
    if ($MethodName -eq 'Terminate') {
        $machine = [Ringzero.PowerShellHost.StandIn]::Fresh($InputObject.Machine)
        $machine.Claimed = $null
        $machine.Set('Worker', 'ended')
        return [pscustomobject]@{ ReturnValue = [uint32]0 }
    }
    if ($MethodName -eq 'InitiateShutdown') {
        $machine = [Ringzero.PowerShellHost.StandIn]::Fresh([guid]$InputObject.SystemName)
        if (-not $machine.Running) { return [pscustomobject]@{ ReturnValue = [uint32]32775 } }
        # The agent may be gone before it can say that it agreed.
        try { [void][Ringzero.PowerShellHost.GuestAgent]::Shell($machine, $machine.Runtime().Epoch, '/sbin/shutdown -P now >/dev/null 2>&1 &') }
        catch { if ($_.Exception.InnerException -isnot [Ringzero.PowerShellHost.GuestLost]) { throw } }
        return [pscustomobject]@{ ReturnValue = [uint32]0 }
    }
    if ($MethodName -ne 'GetVirtualSystemThumbnailImage') { throw "the stand-in has no $MethodName" }
    $system = $Arguments['TargetSystem']
    # A host that is busy gives a job first, and the picture when it is asked again.
    $busy = $system.File('paints-slowly')
    if ([System.IO.File]::Exists($busy)) {
        [System.IO.File]::Delete($busy)
        return [pscustomobject]@{ ReturnValue = [uint32]4096; Job = 'job'; ImageData = $null }
    }
    $painted = $system.File('painted')
    if ([System.IO.File]::Exists($painted)) { return [pscustomobject]@{ ReturnValue = [uint32]0; ImageData = [System.IO.File]::ReadAllBytes($painted) } }
    $pixels = [Ringzero.PowerShellHost.Thumbnail]::Capture($system, $Arguments['WidthPixels'], $Arguments['HeightPixels'])
    [pscustomobject]@{ ReturnValue = 0; ImageData = $pixels }
}

# Programs of the system are functions here, found by their name alone.
function Join-Path {
    [CmdletBinding()] param([string]$Path, [string]$ChildPath)
    if ($ChildPath -like 'System32\*') { return $ChildPath.Substring(9) }
    [System.IO.Path]::Combine($Path, $ChildPath)
}

# The boot store: its entries and its one-time sequence are kept with the machine instead of in the file.
function bcdedit.exe {
    $global:LASTEXITCODE = 0
    if ($args[0] -ne '/store' -or -not [System.IO.File]::Exists($args[1])) { $global:LASTEXITCODE = 1; 'Der Startkonfigurationsdatenspeicher konnte nicht geöffnet werden.'; return }
    $disk = [Ringzero.PowerShellHost.MountedDisk]::Owner($args[1])
    $machine = [Ringzero.PowerShellHost.StandIn]::Machines() | Where-Object { $_.Disk -eq $disk }
    $entries = [System.Collections.Generic.List[string]]::new()
    if ($machine.Settings['BootEntries']) { $entries.AddRange([string[]]$machine.Settings['BootEntries'].Split(';')) }
    switch ($args[2]) {
        '/enum' {
            "Windows-Startladeprogramm`n-------------------------`nBezeichner              {11111111-93e6-11e0-8a2e-806e6f6e6963}`ndescription             Windows 11`n"
            foreach ($entry in $entries) { "Windows-Startladeprogramm`n-------------------------`nBezeichner              $($entry.Split('|')[0])`ndescription             $($entry.Split('|')[1])`n" }
        }
        '/copy' {
            $id = '{' + [guid]::NewGuid() + '}'
            $entries.Add("$id|$($args[5])|menu")
            "Der Eintrag wurde erfolgreich in $id kopiert."
        }
        '/displayorder' { for ($index = 0; $index -lt $entries.Count; $index++) { if ($args[4] -eq '/remove' -and $entries[$index].StartsWith($args[3])) { $entries[$index] = $entries[$index].Replace('|menu', '|hidden') } } }
        '/timeout' { $machine.Set('BootTimeout', $args[3]) }
        '/delete' { foreach ($entry in @($entries)) { if ($entry.StartsWith($args[3])) { [void]$entries.Remove($entry) } } }
        '/set' { if ($args[4] -ne 'safeboot' -or $args[5] -ne 'minimal') { $global:LASTEXITCODE = 1 } }
        '/bootsequence' { $machine.Set('SafeOnce', $args[3]) }
        default { $global:LASTEXITCODE = 1 }
    }
    $machine.Set('BootEntries', $entries -join ';')
}

function New-PSSession {
    [CmdletBinding()] param([guid]$VMId, [pscredential]$Credential)
    $machine = [Ringzero.PowerShellHost.StandIn]::Fresh($VMId)
    $manager = [System.Resources.ResourceManager]::new('System.Management.Automation.resources.RemotingErrorIdStrings', [psobject].Assembly)
    # As newrunspacecommand.cs writes it: an id of its own, the text in the host's language.
    if (-not $machine.Running) {
        $PSCmdlet.WriteError([System.Management.Automation.ErrorRecord]::new([ArgumentException]::new("$($machine.Name) wird nicht ausgeführt."), 'InvalidVMState', 'InvalidArgument', $null))
        return
    }
    if ($Credential.GetNetworkCredential().Password -ceq 'wrong') { throw $manager.GetString('InvalidCredential') }
    if (-not $machine.Heartbeat.StartsWith('Ok')) { throw $manager.GetString('VMSessionConnectFailed') }
    [pscustomobject]@{ VMId = $VMId; Epoch = $machine.Runtime().Epoch; State = 'Opened' }
}

function Remove-PSSession { [CmdletBinding()] param($Session) }

# The Linux guest has no PowerShell: our guest scripts are known by their parameters and done through its agent.
# They themselves are run by the engine in guest-scripts.test.ts.
function Invoke-Command {
    [CmdletBinding()] param($Session, [scriptblock]$ScriptBlock, [object[]]$ArgumentList)
    $machine = [Ringzero.PowerShellHost.StandIn]::Fresh($Session.VMId)
    $epoch = $Session.Epoch
    $names = @($ScriptBlock.Ast.ParamBlock.Parameters | ForEach-Object { $_.Name.VariablePath.UserPath }) -join ','
    $agent = [Ringzero.PowerShellHost.GuestAgent]
    try {
        switch ($names) {
            '' { 'FullLanguage' }
            'nonce' { $agent::Echo($machine, $epoch, $ArgumentList[0]) }
            'Program,Arguments,InputBase64,Names,Values,Limit' {
                $agent::Execute($machine, $epoch, $ArgumentList[0], [string[]]$ArgumentList[1], $ArgumentList[2], [string[]]$ArgumentList[3], [string[]]$ArgumentList[4], $ArgumentList[5])
            }
            'Name' { "/tmp/$($ArgumentList[0])" }
            'Transit,Path,Hash' {
                $script = 'h=$(sha256sum < "$1" | cut -c1-64); [ "$h" = "$3" ] && mkdir -p "$(dirname "$2")" && cp "$1" "$2" && rm "$1" && echo "$h"'
                $hash = $agent::Shell($machine, $epoch, $script, [string[]]$ArgumentList)
                @{ placed = $hash -eq $ArgumentList[2]; hash = $hash }
            }
            'Path,Transit,Limit' {
                $script = '[ -f "$1" ] || { echo none; exit 0; }; head -c "$3" "$1" > "$2"; sha256sum < "$2" | cut -c1-64; [ "$(wc -c < "$1")" -gt "$3" ] && echo cut || echo whole'
                $lines = $agent::Shell($machine, $epoch, $script, [string[]]$ArgumentList).Split("`n")
                if ($lines[0] -eq 'none') { @{ found = $false } }
                else { @{ found = $true; hash = $lines[0]; truncated = $lines[1] -eq 'cut' } }
            }
            'Transit' { $agent::Shell($machine, $epoch, 'rm -f "$1"', [string[]]$ArgumentList) }
            default { throw "the stand-in does not know a guest script with the parameters $names" }
        }
    }
    catch {
        if ($_.Exception.InnerException -is [Ringzero.PowerShellHost.GuestLost]) { $Session.State = 'Broken' }
        throw
    }
}

function Copy-Item {
    [CmdletBinding()] param([string]$LiteralPath, [string]$Destination, $ToSession, $FromSession, [switch]$Force)
    $session = $ToSession
    if ($null -eq $session) { $session = $FromSession }
    $machine = [Ringzero.PowerShellHost.StandIn]::Fresh($session.VMId)
    # A session that is open and takes no files, as one of a constrained language mode does.
    if ($null -ne $ToSession -and [System.IO.File]::Exists($machine.File('takes-no-files'))) { throw 'Access to the path is denied.' }
    try {
        if ($null -ne $ToSession) { [Ringzero.PowerShellHost.GuestAgent]::Push($machine, $session.Epoch, $LiteralPath, $Destination) }
        else { [Ringzero.PowerShellHost.GuestAgent]::Pull($machine, $session.Epoch, $LiteralPath, $Destination) }
    }
    catch {
        if ($_.Exception.InnerException -is [Ringzero.PowerShellHost.GuestLost]) { $session.State = 'Broken' }
        throw
    }
}

Export-ModuleMember -Function *
