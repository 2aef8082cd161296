# What is on the installation media, and how much room there is for the disk. Changes nothing that stays.
param($Parameters, $Secrets)
try {
    $sources = Open-ImageMedia $Parameters
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
finally { Close-ImageMedia $Parameters }
$root = [IO.Path]::GetPathRoot($Parameters['folder'])
$drive = New-Object IO.DriveInfo($root)
@{ editions = @($editions); freeBytes = [long]$drive.AvailableFreeSpace }
