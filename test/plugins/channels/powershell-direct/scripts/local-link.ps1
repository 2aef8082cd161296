# Makes this engine its own guest: what a link would run there runs here. `refuse` is an error id with which no session is
# opened, `language` the mode of the guest's sessions, `failsAfterCopy` the code of an error that follows each copy.
param($Parameters, $Secrets)
$global:LocalLink = $Parameters
function global:New-PSSession {
    [CmdletBinding()] param($VMId, $Credential)
    if ($global:LocalLink['refuse']) {
        $PSCmdlet.WriteError([System.Management.Automation.ErrorRecord]::new([ArgumentException]::new('Das geht nicht.'), $global:LocalLink['refuse'], 'InvalidArgument', $null))
        return
    }
    [pscustomobject]@{ State = 'Opened' }
}
function global:Invoke-Command {
    param($Session, [scriptblock]$ScriptBlock, [object[]]$ArgumentList)
    if ("$ScriptBlock".Contains('LanguageMode') -and $global:LocalLink['language']) { return $global:LocalLink['language'] }
    & $ScriptBlock @ArgumentList
}
function global:Remove-PSSession { param($Session) }
function global:Copy-Item {
    [CmdletBinding()] param($LiteralPath, $Destination, $ToSession, $FromSession, [switch]$Force)
    if ($global:LocalLink['failsAfterCopy'] -ne 2) { [System.IO.File]::Copy($LiteralPath, $Destination, $true) }
    if ($global:LocalLink['failsAfterCopy']) {
        $inner = [System.ComponentModel.Win32Exception]::new([int]$global:LocalLink['failsAfterCopy'])
        $PSCmdlet.ThrowTerminatingError([System.Management.Automation.ErrorRecord]::new($inner, 'System.ComponentModel.Win32Exception', 'NotSpecified', $null))
    }
}
$null
