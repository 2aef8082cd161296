# Build, updates, and whether servicing is at rest.
param($Parameters)
$current = Get-ItemProperty -LiteralPath 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion'
$hotfixes = foreach ($fix in Get-CimInstance -ClassName Win32_QuickFixEngineering) { [string]$fix.HotFixID }
$packages = @{}
$wanted = @($Parameters.packages)
if ($wanted.Count -gt 0) {
    foreach ($package in Get-WindowsPackage -Online) {
        foreach ($name in $wanted) {
            if ($package.PackageName.StartsWith($name, [StringComparison]::OrdinalIgnoreCase)) {
                $packages[[string]$package.PackageName] = [string]$package.PackageState
            }
        }
    }
}
$pending = New-Object 'System.Collections.Generic.List[string]'
$servicing = 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing'
if (Test-Path -LiteralPath "$servicing\RebootPending") { $pending.Add('restart pending') }
if (@(Get-ChildItem -LiteralPath "$servicing\PackagesPending" -ErrorAction SilentlyContinue).Count -gt 0) { $pending.Add('packages pending') }
$exclusive = Get-ItemProperty -LiteralPath "$servicing\SessionsPending" -Name Exclusive -ErrorAction SilentlyContinue
if ($null -ne $exclusive -and $exclusive.Exclusive -gt 0) { $pending.Add('session open') }
if (Test-Path -LiteralPath "$env:windir\WinSxS\pending.xml") { $pending.Add('pending.xml') }

# CBS.log is not localised. Only its end is read; it is open for writing all the time.
$rollbacks = New-Object 'System.Collections.Generic.List[string]'
$log = Join-Path -Path $env:windir -ChildPath 'Logs\CBS\CBS.log'
if (Test-Path -LiteralPath $log) {
    $stream = New-Object IO.FileStream($log, [IO.FileMode]::Open, [IO.FileAccess]::Read, [IO.FileShare]'ReadWrite,Delete')
    try {
        if ($stream.Length -gt 8MB) { [void]$stream.Seek(-8MB, [IO.SeekOrigin]::End) }
        $reader = New-Object IO.StreamReader($stream)
        while ($null -ne ($line = $reader.ReadLine())) {
            if ($line -match 'Rolling back|rolled back|Changes have been reverted|Rollback (started|complete)') {
                $rollbacks.Add($line.Substring(0, [Math]::Min($line.Length, 300)))
            }
        }
    }
    finally { $stream.Dispose() }
}
@{
    build     = "$($current.CurrentBuildNumber).$($current.UBR)"
    edition   = [string]$current.EditionID
    language  = [string](Get-UICulture).Name
    hotfixes  = [string[]]@($hotfixes)
    packages  = $packages
    pending   = [string[]]$pending.ToArray()
    rollbacks = [string[]]@($rollbacks | Select-Object -Last 40)
}
