# Which start this is, whether it has ended, and what waits for the next one.
param($Parameters)
$control = 'HKLM:\SYSTEM\CurrentControlSet\Control'
function Get-Value([string]$Path, [string]$Name) {
    $item = Get-ItemProperty -LiteralPath $Path -Name $Name -ErrorAction SilentlyContinue
    if ($null -eq $item) { return $null }
    return $item.$Name
}

# The loader counts starts; wininit's creation time cannot be moved by a later change of the clock.
$starts = Get-Value "$control\Session Manager\Memory Management\PrefetchParameters" 'BootId'
if ($null -eq $starts) {
    $query = "*[System[Provider[@Name='Microsoft-Windows-Kernel-General'] and EventID=12]]"
    $starts = @(Get-WinEvent -LogName System -FilterXPath $query -ErrorAction SilentlyContinue).Count
}
$wininit = Get-CimInstance -ClassName Win32_Process -Filter "Name='wininit.exe'" | Select-Object -First 1
$system = Get-CimInstance -ClassName Win32_OperatingSystem
$created = 0
if ($null -ne $wininit -and $null -ne $wininit.CreationDate) { $created = $wininit.CreationDate.ToFileTimeUtc() }

$mode = 'normal'
if ((Get-Value "$control\SafeBoot\Option" 'OptionValue') -gt 0) { $mode = 'safe' }
if ((Test-Path -LiteralPath "$control\MiniNT") -or $env:SystemDrive -eq 'X:') { $mode = 'recovery' }

# The service control manager signals this event, and never takes it back, when everything that starts by itself was
# started (SC_AUTOSTART_EVENT_NAME of its own header; Windows' own components wait for it by the same name).
$finished = $false
try {
    $rights = [Security.AccessControl.EventWaitHandleRights]::Synchronize
    $handle = [Threading.EventWaitHandle]::OpenExisting('Global\SC_AutoStartComplete', $rights)
    $finished = $handle.WaitOne(0)
    $handle.Dispose()
}
catch {
    $starting = @(Get-CimInstance -ClassName Win32_Service -Filter "State='Start Pending'")
    $finished = $starting.Count -eq 0
}
# Out-of-box setup waits for a person unless an answer file speaks for one. ImageState: see "Windows Setup states".
$setup = @(foreach ($name in 'SystemSetupInProgress', 'OOBEInProgress') {
    if ((Get-Value 'HKLM:\SYSTEM\Setup' $name) -gt 0) { $name }
})
if ($setup.Count -gt 0) {
    $finished = $false
    $setup += [string](Get-Value 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Setup\State' 'ImageState')
}

$pending = New-Object 'System.Collections.Generic.List[string]'
$servicing = 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing'
if (Test-Path -LiteralPath "$servicing\RebootPending") { $pending.Add('servicing: restart pending') }
if (@(Get-ChildItem -LiteralPath "$servicing\PackagesPending" -ErrorAction SilentlyContinue).Count -gt 0) {
    $pending.Add('servicing: packages pending')
}
if ((Get-Value "$servicing\SessionsPending" 'Exclusive') -gt 0) { $pending.Add('servicing: session open') }
if (Test-Path -LiteralPath "$env:windir\WinSxS\pending.xml") { $pending.Add('servicing: pending.xml') }
if (Test-Path -LiteralPath 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\RebootRequired') {
    $pending.Add('windows update: restart required')
}
if ((Get-Value 'HKLM:\SOFTWARE\Microsoft\Updates' 'UpdateExeVolatile') -gt 0) { $pending.Add('update.exe: restart required') }
$name = Get-Value "$control\ComputerName\ComputerName" 'ComputerName'
if ($name -ne (Get-Value "$control\ComputerName\ActiveComputerName" 'ComputerName')) { $pending.Add('computer name changes') }
foreach ($value in 'PendingFileRenameOperations', 'PendingFileRenameOperations2') {
    $moves = @(Get-Value "$control\Session Manager" $value)
    for ($index = 0; $index -lt [Math]::Min($moves.Count, 40); $index += 2) {
        if ($moves[$index]) { $pending.Add('file: ' + $moves[$index]) }
    }
}

$current = Get-ItemProperty -LiteralPath 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion'
@{
    bootId         = "$starts-$created"
    bootCount      = [int]$starts
    uptimeSeconds  = [double]($system.LocalDateTime - $system.LastBootUpTime).TotalSeconds
    mode           = $mode
    finished       = [bool]$finished
    setup          = [string]($setup -join ' ')
    kernel         = "10.0.$($current.CurrentBuildNumber)"
    build          = "$($current.CurrentBuildNumber).$($current.UBR)"
    pendingRestart = [string[]]$pending.ToArray()
}
