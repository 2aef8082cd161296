# What Windows' own modules would answer, from a JSON description: the engine and the probes are real, the machine is not.
# Runs in the caller's scope of the test's PowerShell host, which has the language and no cmdlets of other modules.
$global:StandIn = $null
$global:StandInWrites = @()
$global:StandInTasks = @()
$global:StandInTask = $null
function global:New-Object {
    param([Parameter(Position = 0)][string]$TypeName, [Parameter(Position = 1)][object[]]$ArgumentList, [string]$ComObject)
    if ($ComObject -eq 'Schedule.Service') { return New-Scheduler }
    if ($ComObject) { throw "no COM object $ComObject" }
    if ($TypeName -like '*.EventLogQuery') { return New-LogQuery $ArgumentList[0] $ArgumentList[2] }
    if ($TypeName -like '*.EventLogReader') { return New-LogReader $ArgumentList[0] }
    if ($TypeName -eq 'byte[]') { return , [Array]::CreateInstance([byte], [int]$ArgumentList[0]) }
    $type = $TypeName -as [type]
    if ($null -eq $type) { throw "no type $TypeName" }
    , [Activator]::CreateInstance($type, [object[]]$ArgumentList)
}
# The task scheduler: tasks by path ({ "\\Acme\\Update": { "state": 3, "hidden": true, "action": "…" } }); new ones are added.
function global:New-Scheduler {
    $scheduler = [pscustomobject]@{ Connected = $false }
    $scheduler.PSObject.Members.Add([psscriptmethod]::new('Connect', { $this.Connected = $true }))
    $scheduler.PSObject.Members.Add([psscriptmethod]::new('GetFolder', {
                if (-not $this.Connected) { throw 'not connected' }
                New-TaskFolder $args[0]
            }))
    $scheduler.PSObject.Members.Add([psscriptmethod]::new('NewTask', {
                $actions = [pscustomobject]@{ Made = @() }
                $actions.PSObject.Members.Add([psscriptmethod]::new('Create', { [pscustomobject]@{ Path = ''; Arguments = '' } }))
                [pscustomobject]@{ Settings = [pscustomobject]@{ DisallowStartIfOnBatteries = $true; StopIfGoingOnBatteries = $true }; Actions = $actions }
            }))
    $scheduler
}
# Local accounts: { "refuses": "why no account can be made", "session": "opens | hangs | ends with 5 | temporary", "there":
# "description of an account of that name", "keeps": whether its profile cannot be removed }.
function global:Get-LocalUser {
    [CmdletBinding()]
    param([string]$Name)
    $there = $global:StandIn.accounts.there
    if ($null -eq $there) { Write-Missing $PSCmdlet $Name; return }
    [pscustomobject]@{ Name = $Name; SID = 'S-1-5-21-1-2-3-1007'; Description = $there }
}
function global:ConvertTo-SecureString { param([string]$String, [switch]$AsPlainText, [switch]$Force) [Security.SecureString]::new() }
function global:New-LocalUser {
    [CmdletBinding()]
    param([string]$Name, $Password, [string]$Description)
    if ($global:StandIn.accounts.refuses) { throw $global:StandIn.accounts.refuses }
    if ($null -ne $global:StandIn.accounts.there) { throw 'User already exists.' }
    $global:StandIn.accounts.there = $Description
    Get-LocalUser -Name $Name
}
function global:Add-LocalGroupMember { [CmdletBinding()] param($SID, $Member) }
function global:Remove-LocalUser { [CmdletBinding()] param($SID) $global:StandIn.accounts.there = $null }
function global:Remove-CimInstance {
    [CmdletBinding()]
    param([Parameter(ValueFromPipeline)]$InputObject)
    process {
        if ($global:StandIn.accounts.keeps) { throw 'The process cannot access the file.' }
        $global:StandIn.cim.Win32_UserProfile = @()
        $global:StandIn.files = @()
    }
}
function global:New-TaskFolder([string]$Path) {
    $folder = [pscustomobject]@{ Path = $Path; Prefix = "$($Path.TrimEnd('\'))\" }
    $folder.PSObject.Members.Add([psscriptmethod]::new('GetTasks', {
                if ($this.Path.EndsWith('Denied')) { throw 'Access is denied.' }
                foreach ($task in $global:StandIn.tasks.PSObject.Properties) {
                    if ($task.Name.LastIndexOf('\') + 1 -ne $this.Prefix.Length -or -not $task.Name.StartsWith($this.Prefix)) { continue }
                    # 1: hidden ones, too (TASK_ENUM_HIDDEN).
                    if ($task.Value.hidden -and $args[0] -ne 1) { continue }
                    [pscustomobject]@{ Path = $task.Name; Enabled = $task.Value.enabled; Xml = [string]$task.Value.xml }
                }
            }))
    $folder.PSObject.Members.Add([psscriptmethod]::new('GetFolders', {
                $seen = @{}
                foreach ($task in $global:StandIn.tasks.PSObject.Properties) {
                    if (-not $task.Name.StartsWith($this.Prefix)) { continue }
                    $rest = $task.Name.Substring($this.Prefix.Length)
                    if (-not $rest.Contains('\')) { continue }
                    $name = $rest.Split('\')[0]
                    if (-not $seen[$name]) { $seen[$name] = $true; New-TaskFolder ($this.Prefix + $name) }
                }
            }))
    $folder.PSObject.Members.Add([psscriptmethod]::new('RegisterTask', {
                $global:StandInTasks += @(@{ path = $this.Prefix + $args[0]; xml = $args[1]; flags = $args[2]; user = $args[3]; logon = $args[5] })
            }))
    $folder.PSObject.Members.Add([psscriptmethod]::new('RegisterTaskDefinition', {
                $task = [pscustomobject]@{ State = 3; LastTaskResult = 0x41303 }
                $task.PSObject.Members.Add([psscriptmethod]::new('Stop', { $this.State = 3 }))
                $task.PSObject.Members.Add([psscriptmethod]::new('Run', {
                            $session = [string]$global:StandIn.accounts.session
                            $place = 'C:\Users\rz-first-logon'
                            if ($session -eq 'hangs') { $this.State = 4; return }
                            $this.LastTaskResult = [int]($session -replace '\D', '')
                            $global:StandIn.cim.Win32_UserProfile = @([pscustomobject]@{ SID = 'S-1-5-21-1-2-3-1007'; LocalPath = $place; Status = [int]($session -eq 'temporary') })
                            $global:StandIn.files = @($place, "$place\rz-session.txt")
                        }))
                $global:StandInTask = $task
                $task
            }))
    $folder.PSObject.Members.Add([psscriptmethod]::new('GetTask', {
                if ($null -eq $global:StandInTask) { throw 'no such task' }
                $global:StandInTask
            }))
    $folder.PSObject.Members.Add([psscriptmethod]::new('DeleteTask', { $global:StandInTask = $null }))
    $folder
}
# The classes that read event logs exist on Windows alone.
function global:New-LogQuery([string]$Channel, [string]$Query) {
    if ($null -eq $global:StandIn.logs.PSObject.Properties[$Channel]) { throw "no channel $Channel" }
    [pscustomobject]@{ Channel = $Channel; Query = $Query; ReverseDirection = $false }
}
function global:New-LogReader($Query) {
    $after = if ($Query.Query -match 'EventRecordID > (\d+)') { [long]$Matches[1] } else { -1 }
    $wanted = @(foreach ($record in $global:StandIn.logs.($Query.Channel)) {
            $sevenThousand = $record.Id -eq 7026 -and $Query.Query.Contains('EventID=7026')
            if ($Query.Query -ne '*' -and ($record.RecordId -le $after -or ($record.Level -gt 3 -and -not $sevenThousand))) { continue }
            $record.PSObject.Members.Add([psscriptmethod]::new('ToXml', { $this.xml }), $true)
            $record.PSObject.Members.Add([psscriptmethod]::new('FormatDescription', { $this.text }), $true)
            $record.PSObject.Members.Add([psscriptmethod]::new('Dispose', { }), $true)
            $record
        })
    if ($Query.ReverseDirection) { [array]::Reverse($wanted) }
    $queue = [Collections.Generic.Queue[object]]::new()
    foreach ($record in $wanted) { $queue.Enqueue($record) }
    $reader = [pscustomobject]@{ queue = $queue }
    $reader.PSObject.Members.Add([psscriptmethod]::new('ReadEvent', {
                if ($this.queue.Count -eq 0) { return }
                $next = $this.queue.Dequeue()
                if ($next.broken) { throw 'The data is invalid.' }
                $next
            }))
    $reader.PSObject.Members.Add([psscriptmethod]::new('Dispose', { }))
    $reader
}
function global:Expand-Value($Element) {
    switch ($Element.ValueKind.ToString()) {
        'Object' {
            $object = [pscustomobject]@{}
            foreach ($member in $Element.EnumerateObject()) {
                $object.PSObject.Properties.Add([psnoteproperty]::new($member.Name, (Expand-Value $member.Value)))
            }
            return $object
        }
        'Array' {
            $items = @(foreach ($item in $Element.EnumerateArray()) { , (Expand-Value $item) })
            return , $items
        }
        'String' {
            $text = $Element.GetString()
            if ($text.StartsWith('@date:')) { return [datetime]::Parse($text.Substring(6), [Globalization.CultureInfo]::InvariantCulture, [Globalization.DateTimeStyles]::AdjustToUniversal) }
            return $text
        }
        'Number' {
            $number = [long]0
            if ($Element.TryGetInt64([ref]$number)) { return $number }
            return $Element.GetDouble()
        }
        'True' { return $true }
        'False' { return $false }
    }
    return $null
}
function global:ConvertFrom-Json {
    param([string]$InputObject)
    Expand-Value ([Text.Json.JsonDocument]::Parse($InputObject).RootElement)
}
function global:Get-Plain($Value) {
    if ($null -eq $Value) { return $null }
    $base = $Value.PSObject.BaseObject
    if ($base -is [Collections.IDictionary]) {
        $plain = [Collections.Generic.Dictionary[string, object]]::new()
        foreach ($key in $base.Keys) { $plain[[string]$key] = Get-Plain $base[$key] }
        return $plain
    }
    if ($base -is [Collections.IEnumerable] -and $base -isnot [string]) {
        $items = [Collections.Generic.List[object]]::new()
        foreach ($item in $base) { $items.Add((Get-Plain $item)) }
        return , $items
    }
    if ($base -is [Management.Automation.PSCustomObject]) {
        $plain = [Collections.Generic.Dictionary[string, object]]::new()
        foreach ($property in $Value.PSObject.Properties) { $plain[$property.Name] = Get-Plain $property.Value }
        return $plain
    }
    return $base
}
function global:ConvertTo-Json {
    param($InputObject, [int]$Depth, [switch]$Compress)
    [Text.Json.JsonSerializer]::Serialize((Get-Plain $InputObject), [object])
}
function global:Write-Missing($Cmdlet, [string]$What) {
    $exception = [Management.Automation.ItemNotFoundException]::new("$What does not exist")
    $Cmdlet.WriteError([Management.Automation.ErrorRecord]::new($exception, 'PathNotFound', 'ObjectNotFound', $What))
}
function global:Get-CimInstance {
    [CmdletBinding()]
    param([Parameter(Position = 0)][string]$ClassName, [string]$Namespace, [string]$Filter, [int]$OperationTimeoutSec)
    $class = $global:StandIn.cim.PSObject.Properties[$ClassName]
    if ($null -eq $class) { Write-Missing $PSCmdlet $ClassName; return }
    foreach ($item in $class.Value) {
        if ($Filter -match "^(\w+)='?([^']*)'?$" -and [string]$item.($Matches[1]) -ne $Matches[2]) { continue }
        $item
    }
}
function global:Get-Key([string]$Path) {
    foreach ($property in $global:StandIn.registry.PSObject.Properties) { if ($property.Name -eq $Path) { return $property } }
}
function global:Get-ItemProperty {
    [CmdletBinding()]
    param([string]$LiteralPath, [string]$Name)
    $key = Get-Key $LiteralPath
    if ($null -eq $key -or ($Name -and $null -eq $key.Value.PSObject.Properties[$Name])) { Write-Missing $PSCmdlet "$LiteralPath $Name"; return }
    $key.Value
}
function global:New-ItemProperty {
    [CmdletBinding()]
    param([string]$LiteralPath, [string]$Name, $Value, [string]$PropertyType, [switch]$Force)
    $key = Get-Key $LiteralPath
    if ($null -eq $key) { Write-Missing $PSCmdlet $LiteralPath; return }
    $global:StandInWrites += @(@{ key = $LiteralPath; name = $Name; value = $Value; type = $PropertyType })
    $key.Value.PSObject.Properties.Add([psnoteproperty]::new($Name, $Value))
}
# What changes in the registry while somebody waits: { "key": { "value": 1 } }.
function global:Start-Sleep {
    param([double]$Seconds)
    if ($null -ne $global:StandIn.later) {
        foreach ($change in $global:StandIn.later.PSObject.Properties) { (Get-Key $change.Name).Value = $change.Value }
    }
    [Threading.Thread]::Sleep(20)
}
function global:Test-Path {
    param([string]$LiteralPath, [string]$PathType)
    if ($LiteralPath.StartsWith('HKLM:')) {
        foreach ($property in $global:StandIn.registry.PSObject.Properties) {
            if ($property.Name -eq $LiteralPath -or $property.Name.StartsWith("$LiteralPath\", 'OrdinalIgnoreCase')) { return $true }
        }
        return $false
    }
    [IO.File]::Exists($LiteralPath) -or [IO.Directory]::Exists($LiteralPath) -or @($global:StandIn.files) -contains $LiteralPath
}
function global:Get-ChildItem {
    [CmdletBinding()]
    param([string]$LiteralPath, [string]$Filter, [switch]$Recurse, [switch]$File, [switch]$Directory, [switch]$Force)
    $found = [ordered]@{}
    foreach ($property in $global:StandIn.registry.PSObject.Properties) {
        if (-not $property.Name.StartsWith("$LiteralPath\", 'OrdinalIgnoreCase')) { continue }
        $child = $property.Name.Substring($LiteralPath.Length + 1).Split('\')[0]
        if ($found.Contains($child)) { continue }
        $key = Get-Key "$LiteralPath\$child"
        $values = if ($null -eq $key) { [pscustomobject]@{} } else { $key.Value }
        $object = [pscustomobject]@{ PSChildName = $child; PSPath = "$LiteralPath\$child"; values = $values }
        $object.PSObject.Members.Add([psscriptmethod]::new('GetValue', { param($name) $this.values.$name }))
        $found[$child] = $object
    }
    if ($found.Count -eq 0 -and $null -eq (Get-Key $LiteralPath)) { Write-Missing $PSCmdlet $LiteralPath; return }
    $found.Values
}
function global:Get-Item {
    [CmdletBinding()]
    param([string]$LiteralPath, [switch]$Force)
    Write-Missing $PSCmdlet $LiteralPath
}
function global:Get-WinEvent {
    [CmdletBinding()]
    param([string]$LogName, [string]$FilterXPath, [int]$MaxEvents)
    foreach ($record in $global:StandIn.events) {
        if ($FilterXPath.Contains("'$($record.ProviderName)'") -and $FilterXPath.Contains("EventID=$($record.Id)")) {
            $record.PSObject.Members.Add([psscriptmethod]::new('ToXml', { $this.xml }), $true)
            $record
        }
    }
}
function global:Join-Path {
    param([string]$Path, [string]$ChildPath)
    if ($ChildPath -like '*.exe') { return $ChildPath.Split('\')[-1] }
    if ($Path.Contains('\') -or $Path.Contains(':')) { return "$Path\$ChildPath" }
    "$Path/$($ChildPath.Replace('\', '/'))"
}
function global:Select-Object {
    param([Parameter(ValueFromPipeline)]$InputObject, [int]$First = -1, [int]$Last = -1)
    begin { $all = [Collections.Generic.List[object]]::new() }
    process { if ($null -ne $InputObject) { $all.Add($InputObject) } }
    end {
        if ($Last -ge 0) { $all.GetRange([Math]::Max(0, $all.Count - $Last), [Math]::Min($Last, $all.Count)) }
        elseif ($First -ge 0) { $all.GetRange(0, [Math]::Min($First, $all.Count)) }
        else { $all }
    }
}
function global:Sort-Object {
    param([Parameter(ValueFromPipeline)]$InputObject, [string]$Property, [switch]$Descending)
    begin { $all = [Collections.Generic.List[object]]::new() }
    process { $all.Add($InputObject) }
    end {
        $sorted = [Linq.Enumerable]::OrderBy($all, [Func[object, object]] { param($item) $item.$Property })
        if ($Descending) { [Linq.Enumerable]::Reverse($sorted) } else { $sorted }
    }
}
function global:Get-Process { foreach ($process in $global:StandIn.processes) { $process } }
function global:Get-WindowsDriver { param([switch]$Online) foreach ($item in $global:StandIn.driverPackages) { $item } }
function global:Get-WindowsPackage { param([switch]$Online) foreach ($item in $global:StandIn.packages) { $item } }
$global:StandInClock = [TimeSpan]::Zero
function global:Get-Date { [DateTime]::Now.Add($global:StandInClock) }
function global:Set-Date { param([DateTime]$Date) $global:StandInClock = $Date - [DateTime]::Now; $Date }
function global:Get-UICulture { [pscustomobject]@{ Name = [string]$global:StandIn.culture } }
function global:New-Item { param([string]$ItemType, [string]$Path) [IO.Directory]::CreateDirectory($Path) }
function global:Remove-Item {
    param([string]$LiteralPath, [switch]$Recurse, [switch]$Force)
    if ([IO.Directory]::Exists($LiteralPath)) { [IO.Directory]::Delete($LiteralPath, $true) } else { [IO.File]::Delete($LiteralPath) }
}
${function:global:reagentc.exe} = { $global:StandInRecovery = [IO.File]::ReadAllText($args[-1]) }
${function:global:powercfg.exe} = { }
# CiTool and the firmware's variables; a Windows that has neither answers as one without the program and without UEFI.
${function:global:CiTool.exe} = {
    if ($null -eq $global:StandIn.ciPolicies) { throw [Management.Automation.CommandNotFoundException]::new('CiTool.exe') }
    $global:LASTEXITCODE = 0
    ConvertTo-Json -InputObject @{ Policies = @($global:StandIn.ciPolicies) } -Depth 4
}
function global:Get-SecureBootUEFI {
    param([string]$Name)
    $text = $global:StandIn.firmware.$Name
    if ($null -eq $text) { throw 'Cmdlet not supported on this platform' }
    [pscustomobject]@{ Name = $Name; Bytes = [byte[]](@(0, 255) + [Text.Encoding]::ASCII.GetBytes($text) + @(0)) }
}
# Access of a folder, as the security descriptor that it was given.
function global:Get-Acl {
    param([string]$LiteralPath)
    $access = [pscustomobject]@{ Sddl = 'D:AI(A;OICI;0x1201bf;;;BU)' }
    $access.PSObject.Members.Add([psscriptmethod]::new('SetSecurityDescriptorSddlForm', { $this.Sddl = "$($args[0]) $($args[1])" }))
    $access
}
function global:Set-Acl {
    param([string]$LiteralPath, $AclObject)
    $global:StandInAccess = $AclObject.Sddl
    if ($global:StandIn.planted) { [IO.File]::WriteAllText([IO.Path]::Combine($LiteralPath, 'planted.dll'), '') }
}
# A log that is not there is refused with ERROR_EVT_CHANNEL_NOT_FOUND.
${function:global:wevtutil.exe} = {
    $global:LASTEXITCODE = 0
    if ($args[1] -like 'Missing*') { $global:LASTEXITCODE = 15007 }
    else { $global:StandInLogs = @($global:StandInLogs) + "$args" }
}
${function:global:net.exe} = { $global:LASTEXITCODE = 0; $global:StandInAccounts = $args -join ' ' }
${function:global:fltmc.exe} = { $global:LASTEXITCODE = 0; $global:StandIn.fltmc }
${function:global:netsh.exe} = {
    $path = [string]$args[-1]
    [IO.File]::WriteAllText($path.Substring(5), [string]$global:StandIn.wfp)
}
