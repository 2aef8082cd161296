# WMI and the event log of the bench: Wine has no part of WMI that is native, so its classes are answered here, from the service
# manager, the registry and the processes that are there. A class that is not asked today is refused.
function global:Get-CimInstance {
    [CmdletBinding()]
    param([string]$ClassName, [string]$Filter)
    switch ($ClassName) {
        'Win32_OperatingSystem' {
            $started = (Get-Process -Name services).StartTime
            [pscustomobject]@{ LastBootUpTime = $started; LocalDateTime = [datetime]::Now }
        }
        'Win32_Process' {
            foreach ($process in Get-Process) {
                $name = "$($process.ProcessName).exe"
                if ($Filter -ne '' -and $Filter -ne "Name='$name'") { continue }
                [pscustomobject]@{ Name = $name; ProcessId = $process.Id; CreationDate = $process.StartTime }
            }
        }
        'Win32_Service' {
            foreach ($service in Get-Service) {
                # Wine starts services of its own that have no key.
                $key = Get-ItemProperty -LiteralPath "HKLM:\SYSTEM\CurrentControlSet\Services\$($service.Name)" -ErrorAction SilentlyContinue
                $start = 3
                if ($null -ne $key) { $start = [int]$key.Start }
                $state = ([string]$service.Status) -creplace '(.)([A-Z])', '$1 $2'
                if ($Filter -ne '' -and $Filter -ne "State='$state'") { continue }
                [pscustomobject]@{
                    Name             = $service.Name
                    DisplayName      = $service.DisplayName
                    State            = $state
                    StartMode        = @('Boot', 'System', 'Auto', 'Manual', 'Disabled')[$start]
                    DelayedAutoStart = [bool]$key.DelayedAutostart
                    ExitCode         = 0
                }
            }
        }
        default { throw "the bench has no class $ClassName" }
    }
}

function global:Get-WinEvent {
    [CmdletBinding()]
    param([string]$LogName, [string]$FilterXPath, [long]$MaxEvents, $ProviderName, $FilterHashtable, [switch]$Oldest)
}
