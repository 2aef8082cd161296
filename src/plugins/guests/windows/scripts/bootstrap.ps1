# Runs one script that arrives on standard input, and puts out its value as one marked line. This text never changes:
# script and parameters come as base64 of JSON, so that no text of a stranger is ever part of a command line.
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
$WarningPreference = 'SilentlyContinue'
$raw = @($input) -join ''
if ($raw -eq '') { $raw = [Console]::In.ReadToEnd() }
$nonce = ''
try {
    $json = [Text.Encoding]::UTF8.GetString([Convert]::FromBase64String($raw.Trim()))
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
