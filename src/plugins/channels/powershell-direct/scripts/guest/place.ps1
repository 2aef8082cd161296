# In the guest: checks a file in transit and moves it to its place, making the folder.
param([string]$Transit, [string]$Path, [string]$Hash)
$ErrorActionPreference = 'Stop'
# A scanner may have taken it away already, or refuse to let it be read (ERROR_VIRUS_INFECTED 225, ERROR_VIRUS_DELETED 226).
if (-not [System.IO.File]::Exists($Transit)) { return @{ placed = $false; missing = $true; hash = '' } }
try { $stream = [System.IO.File]::OpenRead($Transit) }
catch [System.IO.IOException] { return @{ placed = $false; missing = $true; hash = "refused with $($_.Exception.HResult)" } }
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
