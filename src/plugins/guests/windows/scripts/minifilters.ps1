# fltmc prints numbers in columns under a line of dashes; its headings are localised and not read. Altitudes of
# instances that should exist come from the registry.
param($Parameters)
$registered = foreach ($service in Get-ChildItem -LiteralPath 'HKLM:\SYSTEM\CurrentControlSet\Services') {
    $instances = Join-Path -Path $service.PSPath -ChildPath 'Instances'
    if (-not (Test-Path -LiteralPath $instances)) { continue }
    foreach ($instance in Get-ChildItem -LiteralPath $instances) {
        $altitude = $instance.GetValue('Altitude')
        if ($null -ne $altitude) { @{ name = [string]$service.PSChildName; altitude = [string]$altitude } }
    }
}
$fltmc = Join-Path -Path $env:windir -ChildPath 'System32\fltmc.exe'
$lines = @(& $fltmc filters)
$code = $LASTEXITCODE
@{ lines = [string[]]$lines; exitCode = [int]$code; registered = [object[]]@($registered) }
