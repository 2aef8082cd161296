# Asks the function of open-link.ps1 that knows a message by the text that it was made from.
param($Parameters, $Secrets)
$parsed = [System.Management.Automation.Language.Parser]::ParseFile($Parameters['file'], [ref]$null, [ref]$null)
$found = $parsed.Find({ param($ast) $ast -is [System.Management.Automation.Language.FunctionDefinitionAst] -and $ast.Name -eq 'Test-LocalText' }, $true)
. ([scriptblock]::Create($found.Extent.Text))
Test-LocalText $Parameters['message'] $Parameters['text']
