# Removes a file or a folder with all that is in it; nothing there is fine. What a program still has open stays: a setup that never
# ended, or the child of one, is the candidate's doing and no fault of the machine.
param($Parameters)
$path = [string]$Parameters.path
if (Test-Path -LiteralPath $path) { Remove-Item -LiteralPath $path -Recurse -Force -ErrorAction SilentlyContinue }
@{ gone = -not (Test-Path -LiteralPath $path) }
