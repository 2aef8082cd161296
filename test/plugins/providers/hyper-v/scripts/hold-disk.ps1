# Mounts a disk as another process would: with the turn to mount, or past it. Says that it has by a file.
param($Parameters, $Secrets)
$turn = $null
if ($Parameters['turn']) { $turn = Enter-MountTurn }
if ($Parameters['disk']) { [void](Hyper-V\Mount-VHD -Path $Parameters['disk'] -NoDriveLetter -Passthru) }
[System.IO.File]::WriteAllText($Parameters['said'], '')
[System.Threading.Thread]::Sleep($Parameters['milliseconds'])
if ($Parameters['disk']) { Hyper-V\Dismount-VHD -Path $Parameters['disk'] }
if ($null -ne $turn) { $turn.ReleaseMutex() }
