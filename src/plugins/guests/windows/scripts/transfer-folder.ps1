# A new empty folder that only administrators and the system may write. Below Windows' own Temp every user may make files
# otherwise: one could plant a library beside an installer that runs elevated.
param($Parameters)
$path = Join-Path -Path $env:windir -ChildPath ('Temp\ringzero-' + [Guid]::NewGuid().ToString('N'))
[void](New-Item -ItemType Directory -Path $path)
$access = Get-Acl -LiteralPath $path
# P: nothing is inherited from Temp; full access for the system and the administrators, in everything below as well.
$access.SetSecurityDescriptorSddlForm('D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)', 'Access')
Set-Acl -LiteralPath $path -AclObject $access
if ([IO.Directory]::GetFileSystemEntries($path).Count -gt 0) { throw "somebody else wrote into $path before it was closed to others" }
@{ path = $path }
