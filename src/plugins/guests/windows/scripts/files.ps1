# sha256 of files; folders recursively, links not followed.
param($Parameters)
$maximum = [int]$Parameters.maximum
$found = New-Object 'System.Collections.Generic.List[object]'
$cut = 0
$queue = New-Object 'System.Collections.Generic.Queue[string]'
foreach ($path in $Parameters.paths) { $queue.Enqueue([string]$path) }
while ($queue.Count -gt 0) {
    $path = $queue.Dequeue()
    if ([IO.Directory]::Exists($path)) {
        if (([IO.File]::GetAttributes($path) -band [IO.FileAttributes]::ReparsePoint) -ne 0) { continue }
        try { foreach ($entry in [IO.Directory]::GetFileSystemEntries($path)) { $queue.Enqueue($entry) } } catch { $cut += 1 }
        continue
    }
    if (-not [IO.File]::Exists($path)) { continue }
    if ($found.Count -ge $maximum) { $cut += 1; continue }
    try {
        $stream = New-Object IO.FileStream($path, [IO.FileMode]::Open, [IO.FileAccess]::Read, [IO.FileShare]'ReadWrite,Delete')
        try {
            $hasher = [Security.Cryptography.SHA256]::Create()
            $hash = [BitConverter]::ToString($hasher.ComputeHash($stream)).Replace('-', '').ToLowerInvariant()
            $found.Add(@{ path = $path; sha256 = $hash; size = [long]$stream.Length })
        }
        finally { $stream.Dispose() }
    }
    catch { $cut += 1 }
}
@{ files = [object[]]$found.ToArray(); cut = [int]$cut }
