# A new empty folder that only administrators and the system may write.
param($Parameters)
$path = Join-Path -Path $env:windir -ChildPath ('Temp\ringzero-' + [Guid]::NewGuid().ToString('N'))
[void](New-Item -ItemType Directory -Path $path)
@{ path = $path }
