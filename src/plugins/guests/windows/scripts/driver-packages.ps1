# Packages of the driver store that did not come with Windows.
param($Parameters)
$packages = foreach ($package in Get-WindowsDriver -Online) {
    @{
        published = [string]$package.Driver
        original  = [IO.Path]::GetFileName([string]$package.OriginalFileName)
        version   = [string]$package.Version
        provider  = [string]$package.ProviderName
    }
}
@{ packages = [object[]]@($packages) }
