# What is on the installation media, and how much room there is for the disk. Changes nothing that stays.
param($Parameters, $Secrets)
$image = Mount-DiskImage -ImagePath $Parameters['iso'] -Access ReadOnly -PassThru
try {
    $volume = Get-Volume -DiskImage $image
    $sources = "$($volume.DriveLetter):\sources"
    $wim = @("$sources\install.wim", "$sources\install.esd") | Where-Object { Test-Path -LiteralPath $_ } | Select-Object -First 1
    if (-not $wim) { throw "the media has neither sources\install.wim nor sources\install.esd" }
    $editions = foreach ($entry in Get-WindowsImage -ImagePath $wim) {
        $detail = Get-WindowsImage -ImagePath $wim -Index $entry.ImageIndex
        @{
            index     = [int]$detail.ImageIndex
            name      = [string]$detail.ImageName
            edition   = [string]$detail.EditionId
            version   = [string]$detail.Version
            bytes     = [long]$detail.ImageSize
            languages = @($detail.Languages | ForEach-Object { [string]$_ })
        }
    }
}
finally { [void](Dismount-DiskImage -ImagePath $Parameters['iso']) }
$root = [IO.Path]::GetPathRoot($Parameters['folder'])
$drive = New-Object IO.DriveInfo($root)
@{ editions = @($editions); freeBytes = [long]$drive.AvailableFreeSpace }
