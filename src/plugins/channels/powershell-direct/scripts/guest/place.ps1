# In the guest: checks a file in transit and moves it to its place, making the folder.
param([string]$Transit, [string]$Path, [string]$Hash)
$ErrorActionPreference = 'Stop'
$stream = [System.IO.File]::OpenRead($Transit)
try { $seen = [System.BitConverter]::ToString([System.Security.Cryptography.SHA256]::Create().ComputeHash($stream)).Replace('-', '').ToLowerInvariant() }
finally { $stream.Dispose() }
if ($seen -ne $Hash) {
    [System.IO.File]::Delete($Transit)
    return @{ placed = $false; hash = $seen }
}
[void][System.IO.Directory]::CreateDirectory([System.IO.Path]::GetDirectoryName($Path))
[System.IO.File]::Copy($Transit, $Path, $true)
[System.IO.File]::Delete($Transit)
@{ placed = $true; hash = $seen }
