# Every service with its state. A service that is started by a trigger is not expected to run all the time.
param($Parameters)
$root = 'HKLM:\SYSTEM\CurrentControlSet\Services'
$since = (Get-CimInstance -ClassName Win32_OperatingSystem).LastBootUpTime.ToUniversalTime().ToString('o')
$query = "*[System[Provider[@Name='Service Control Manager'] and (EventID=7031 or EventID=7034) and TimeCreated[@SystemTime >= '$since']]]"
$ends = @{}
foreach ($record in @(Get-WinEvent -LogName System -FilterXPath $query -MaxEvents 500 -ErrorAction SilentlyContinue)) {
    $title = [string]$record.Properties[0].Value
    $ends[$title] = 1 + [int]$ends[$title]
}
$services = foreach ($service in Get-CimInstance -ClassName Win32_Service) {
    $triggered = Test-Path -LiteralPath "$root\$($service.Name)\TriggerInfo"
    @{
        name      = [string]$service.Name
        state     = [string]$service.State
        automatic = ($service.StartMode -eq 'Auto') -and -not $triggered
        delayed   = [bool]$service.DelayedAutoStart
        exitCode  = [long]$service.ExitCode
        restarts  = [int]$ends[[string]$service.DisplayName]
    }
}
@{ services = [object[]]@($services) }
