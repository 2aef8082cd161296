# Programs that Windows knows how to uninstall, of both registry views.
param($Parameters)
$programs = foreach ($root in 'HKLM:\SOFTWARE', 'HKLM:\SOFTWARE\WOW6432Node') {
    $keys = Get-ChildItem -LiteralPath "$root\Microsoft\Windows\CurrentVersion\Uninstall" -ErrorAction SilentlyContinue
    foreach ($key in $keys) {
        @{ id = [string]$key.PSChildName; name = [string]$key.GetValue('DisplayName'); version = [string]$key.GetValue('DisplayVersion') }
    }
}
@{ programs = [object[]]@($programs) }
