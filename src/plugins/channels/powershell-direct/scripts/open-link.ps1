# Opens a PowerShell Direct session to a running VM and keeps it in this PowerShell session.
param($Parameters, $Secrets)

function Test-LocalText {
    # Whether a message was made from this text. Of one with placeholders the longest piece between them counts: it may begin
    # with one, and a short piece stands in other messages, too.
    param([string]$Message, [string]$Text)
    $pieces = @([regex]::Split($Text, '\{\d+[^}]*\}') | ForEach-Object { $_.Trim() })
    $longest = ''
    foreach ($piece in $pieces) { if ($piece.Length -gt $longest.Length) { $longest = $piece } }
    if ($longest -eq '' -or ($pieces.Count -gt 1 -and $longest.Length -lt 8)) { return $false }
    return $Message.Contains($longest)
}

function Test-ResourceMessage {
    # The engine's own text in the host's own language: that an account was refused has no error id of its own.
    param([string]$Message, [string]$Key)
    foreach ($name in 'RemotingErrorIdStrings', 'System.Management.Automation.resources.RemotingErrorIdStrings') {
        try {
            $manager = [System.Resources.ResourceManager]::new($name, [psobject].Assembly)
            $text = $manager.GetString($Key, [cultureinfo]::CurrentUICulture)
            if (Test-LocalText $Message $text) { return $true }
        }
        catch { continue }
    }
    return $false
}

if ($null -ne $global:RingzeroLink) {
    Remove-PSSession -Session $global:RingzeroLink -ErrorAction SilentlyContinue
    $global:RingzeroLink = $null
}
$credential = [System.Management.Automation.PSCredential]::new($Parameters['user'], $Secrets['password'])
try {
    $global:RingzeroLink = New-PSSession -VMId ([guid]$Parameters['id']) -Credential $credential
    $answer = Invoke-Command -Session $global:RingzeroLink -ScriptBlock { param($nonce) $nonce } -ArgumentList $Parameters['nonce']
    if ([string]$answer -cne $Parameters['nonce']) { throw 'the guest gave the nonce back changed' }
    # Under WDAC, AppLocker or Smart App Control a session is constrained, and none of our guest scripts would run.
    $language = [string](Invoke-Command -Session $global:RingzeroLink -ScriptBlock { $mode = $ExecutionContext.SessionState.LanguageMode; "$mode" })
    if ($language -cne 'FullLanguage') {
        throw (New-BridgeError -Id 'RZ_LINK_LANGUAGE' -Message "PowerShell of the guest runs in $language" -Category 'OpenError')
    }
}
catch {
    $id = 'RZ_LINK_CLOSED'
    if (Test-ResourceMessage $_.Exception.Message 'InvalidCredential') { $id = 'RZ_LINK_CREDENTIALS' }
    # PSRemotingErrorId, as New-PSSession writes it: in front of the cmdlet's name.
    if ($_.FullyQualifiedErrorId -like 'InvalidVMState*') { $id = 'RZ_LINK_NOT_RUNNING' }
    if ($_.FullyQualifiedErrorId -like 'RZ_LINK_*') { throw }
    throw (New-BridgeError -Id $id -Message $_.Exception.Message -Category 'OpenError')
}
$null
