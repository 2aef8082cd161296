# Makes this engine its own guest: what a link would run there runs here.
param($Parameters, $Secrets)
function global:New-PSSession {
    param($VMId, $Credential)
    [pscustomobject]@{ State = 'Opened' }
}
function global:Invoke-Command {
    param($Session, [scriptblock]$ScriptBlock, [object[]]$ArgumentList)
    & $ScriptBlock @ArgumentList
}
function global:Remove-PSSession { param($Session) }
$null
