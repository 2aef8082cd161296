# Removes a file or a folder with all that is in it; nothing there is fine.
param($Parameters)
$path = [string]$Parameters.path
if (Test-Path -LiteralPath $path) { Remove-Item -LiteralPath $path -Recurse -Force }
@{ gone = -not (Test-Path -LiteralPath $path) }
