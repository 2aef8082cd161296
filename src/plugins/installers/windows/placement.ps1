# Puts single files in place. A path is only ever data: it comes in $Parameters, never as text of this script.
param($Parameters)
function Get-State([string]$Path) {
    $missing = 0
    $parent = [IO.Path]::GetDirectoryName($Path)
    while ($parent -and -not [IO.Directory]::Exists($parent)) {
        $missing += 1
        $parent = [IO.Path]::GetDirectoryName($parent)
    }
    $kind = 'absent'
    $size = 0
    if ([IO.Directory]::Exists($Path)) { $kind = 'folder' }
    elseif ([IO.File]::Exists($Path)) {
        $kind = 'file'
        $size = (New-Object IO.FileInfo($Path)).Length
    }
    if ($kind -ne 'absent' -and ([IO.File]::GetAttributes($Path) -band [IO.FileAttributes]::ReparsePoint) -ne 0) { $kind = 'link' }
    @{ kind = $kind; size = [long]$size; missingFolders = [int]$missing }
}

# The new file stands beside the old one and takes its place in one step, with the old one's access rights.
function Set-Place([string]$From, [string]$To) {
    $folder = [IO.Path]::GetDirectoryName($To)
    [void][IO.Directory]::CreateDirectory($folder)
    $new = Join-Path -Path $folder -ChildPath '.ringzero-new'
    [IO.File]::Copy($From, $new, $true)
    $stream = New-Object IO.FileStream($new, [IO.FileMode]::Open, [IO.FileAccess]::ReadWrite)
    try { $stream.Flush($true) } finally { $stream.Dispose() }
    if ([IO.File]::Exists($To)) { [IO.File]::Replace($new, $To, [NullString]::Value, $true) } else { [IO.File]::Move($new, $To) }
}

function Remove-Place([string]$Path, [int]$Folders) {
    if ([IO.File]::Exists($Path)) { [IO.File]::Delete($Path) }
    $parent = [IO.Path]::GetDirectoryName($Path)
    for ($index = 0; $index -lt $Folders -and $parent; $index += 1) {
        if ([IO.Directory]::Exists($parent)) {
            if (@([IO.Directory]::GetFileSystemEntries($parent)).Count -gt 0) { return }
            [IO.Directory]::Delete($parent)
        }
        $parent = [IO.Path]::GetDirectoryName($parent)
    }
}

$states = @()
switch ([string]$Parameters.verb) {
    'look' { $states = foreach ($path in $Parameters.paths) { Get-State ([string]$path) } }
    'keep' {
        [void][IO.Directory]::CreateDirectory([IO.Path]::GetDirectoryName([string]$Parameters.to))
        [IO.File]::Copy([string]$Parameters.from, [string]$Parameters.to, $true)
    }
    'place' { foreach ($item in $Parameters.items) { Set-Place ([string]$item.from) ([string]$item.to) } }
    'drop' { foreach ($item in $Parameters.items) { Remove-Place ([string]$item.path) ([int]$item.folders) } }
    default { throw "unknown verb" }
}
@{ states = [object[]]@($states) }
