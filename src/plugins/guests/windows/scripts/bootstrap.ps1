# Runs one script that arrives on standard input, and puts out its value as one marked line. This text never changes:
# script and parameters come as base64 of JSON, so that no foreign text is ever part of a command line.
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
$WarningPreference = 'SilentlyContinue'
# Under WDAC, AppLocker or Smart App Control PowerShell is constrained: then nothing below is allowed to run.
$language = $ExecutionContext.SessionState.LanguageMode
if ($language -ne 'FullLanguage') { "`nringzero-language:$language`n"; exit 87 }
# Not [Console]::In, which hangs on the named pipes of some hosts. A console whose code page is 65001 begins with a byte
# order mark, in whatever characters it arrives here: what is not base64 is left out.
$raw = (@($input) -join '') -replace '[^A-Za-z0-9+/=]', ''
$nonce = ''
try {
    $json = [Text.Encoding]::UTF8.GetString([Convert]::FromBase64String($raw))
    $request = ConvertFrom-Json -InputObject $json
    $nonce = [string]$request.nonce
    $value = & ([ScriptBlock]::Create([string]$request.script)) $request.parameters
    $envelope = @{ ok = $true; value = $value }
}
catch {
    $envelope = @{
        ok    = $false
        error = @{
            id      = [string]$_.FullyQualifiedErrorId
            message = [string]$_.Exception.Message
            line    = [int]$_.InvocationInfo.ScriptLineNumber
        }
    }
}
$text = ConvertTo-Json -InputObject $envelope -Depth 8 -Compress
$bytes = [Text.Encoding]::UTF8.GetBytes($text)
[Console]::Out.Write("`nringzero:${nonce}:" + [Convert]::ToBase64String($bytes) + "`n")
