# In a Windows guest, started by the guest agent without pipes of the agent's: runs the program that standard input names and
# writes what it said into a new file. The agent takes a program for running while anybody holds its output, and quotes NAME=value as
# a whole, which msiexec refuses (1639). All texts come as base64.
$ErrorActionPreference = 'Stop'
$language = $ExecutionContext.SessionState.LanguageMode
if ($language -ne 'FullLanguage') { exit 87 }
function ConvertFrom-Base64([string]$Text) { return [Text.Encoding]::UTF8.GetString([Convert]::FromBase64String($Text)) }
function ConvertFrom-Base64List($Texts) { return , [string[]]@(foreach ($text in @($Texts)) { ConvertFrom-Base64 $text }) }

# A console whose code page is 65001 begins with a byte order mark, in whatever characters it arrives here.
$raw = (@($input) -join '') -replace '[^A-Za-z0-9+/=]', ''
$request = ConvertFrom-Json -InputObject (ConvertFrom-Base64 $raw)
$run = [ScriptBlock]::Create((ConvertFrom-Base64 $request.script))
$answer = & $run (ConvertFrom-Base64 $request.program) (ConvertFrom-Base64List $request.arguments) $request.input `
    (ConvertFrom-Base64List $request.names) (ConvertFrom-Base64List $request.values) ([long]$request.limit)
$bytes = [Text.Encoding]::UTF8.GetBytes((ConvertTo-Json -InputObject $answer -Compress))
$file = [IO.FileStream]::new((ConvertFrom-Base64 $request.answer), [IO.FileMode]::CreateNew)
try { $file.Write($bytes, 0, $bytes.Length) } finally { $file.Dispose() }
