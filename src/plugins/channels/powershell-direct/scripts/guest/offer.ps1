# In the guest: copies the beginning of a file, also of a file that is open elsewhere, to a file in transit.
param([string]$Path, [string]$Transit, [long]$Limit)
$ErrorActionPreference = 'Stop'
if (-not [System.IO.File]::Exists($Path)) { return @{ found = $false } }
$source = [System.IO.FileStream]::new($Path, 'Open', 'Read', 'ReadWrite, Delete')
$target = [System.IO.File]::Create($Transit)
$hash = [System.Security.Cryptography.SHA256]::Create()
try {
    $buffer = [byte[]]::new(1048576)
    $left = $Limit
    while ($left -gt 0) {
        $count = $source.Read($buffer, 0, [int][Math]::Min($buffer.Length, $left))
        if ($count -eq 0) { break }
        $target.Write($buffer, 0, $count)
        [void]$hash.TransformBlock($buffer, 0, $count, $null, 0)
        $left -= $count
    }
    [void]$hash.TransformFinalBlock($buffer, 0, 0)
    @{
        found = $true
        truncated = $source.ReadByte() -ne -1
        hash = [System.BitConverter]::ToString($hash.Hash).Replace('-', '').ToLowerInvariant()
    }
}
finally {
    $target.Dispose()
    $source.Dispose()
}
