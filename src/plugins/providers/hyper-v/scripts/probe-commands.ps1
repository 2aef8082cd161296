# Which commands these scripts call, and whether this host has each of them with the parameters that they name. Changes nothing.
param($Parameters, $Secrets)
$called = @{}
$own = @{}
foreach ($file in $Parameters['scripts']) {
    $tokens = $null
    $errors = $null
    $tree = [System.Management.Automation.Language.Parser]::ParseFile($file, [ref]$tokens, [ref]$errors)
    foreach ($function in $tree.FindAll({ param($node) $node -is [System.Management.Automation.Language.FunctionDefinitionAst] }, $true)) {
        $own[$function.Name] = $true
    }
    foreach ($command in $tree.FindAll({ param($node) $node -is [System.Management.Automation.Language.CommandAst] }, $true)) {
        $name = $command.GetCommandName()
        if (-not $name) { continue }
        if (-not $called.ContainsKey($name)) { $called[$name] = @{} }
        foreach ($element in $command.CommandElements) {
            if ($element -is [System.Management.Automation.Language.CommandParameterAst]) { $called[$name][$element.ParameterName] = $true }
        }
    }
}
, @(foreach ($name in @($called.Keys)) {
    if ($own.ContainsKey($name)) { continue }
    $found = Get-Command -Name $name -ErrorAction SilentlyContinue | Select-First
    $missing = @()
    if ($null -ne $found -and $null -ne $found.Parameters) {
        $missing = @(foreach ($parameter in @($called[$name].Keys)) {
            try { [void]$found.ResolveParameter($parameter) } catch { $parameter }
        })
    }
    @{ name = $name; found = $null -ne $found; missing = $missing }
})
