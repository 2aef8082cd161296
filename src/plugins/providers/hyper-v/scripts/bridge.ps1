# Loaded once into each session. Reads calls from a pipe, answers each with one envelope on standard output.
# Standard input carries the commands and is never read here: Windows PowerShell reads it through a reader of its own
# (PowerShell's history, commit 07b0964be4), which would swallow what follows a command.
# Works on Windows PowerShell 5.1 and PowerShell 7. JSON goes through the serializer that both runtimes share and not
# through ConvertFrom-Json and ConvertTo-Json: these change dates, cut deep values and differ between 5.1 and 7.
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
foreach ($name in 'System.Runtime.Serialization', 'System.Runtime.Serialization.Json') {
    [void][System.Reflection.Assembly]::LoadWithPartialName($name)
}

$global:BridgeBlocks = @{}

function Read-BridgeElement {
    # Reads the element that the reader stands on and moves past it.
    param([System.Xml.XmlDictionaryReader]$Reader)
    $type = $Reader.GetAttribute('type')
    if ($type -ceq 'object') {
        $members = [System.Collections.Generic.Dictionary[string, object]]::new([StringComparer]::Ordinal)
        $Reader.ReadStartElement()
        while ($Reader.NodeType -eq 'Element') {
            $key = $Reader.GetAttribute('item')
            if ($null -eq $key) { $key = $Reader.LocalName }
            $members[$key] = Read-BridgeElement $Reader
        }
        $Reader.ReadEndElement()
        return $members
    }
    if ($type -ceq 'array') {
        $items = [System.Collections.Generic.List[object]]::new()
        $Reader.ReadStartElement()
        while ($Reader.NodeType -eq 'Element') { $items.Add((Read-BridgeElement $Reader)) }
        $Reader.ReadEndElement()
        return , $items.ToArray()
    }
    $text = $Reader.ReadElementContentAsString()
    if ($type -ceq 'null') { return $null }
    if ($type -ceq 'boolean') { return $text -ceq 'true' }
    if ($type -cne 'number') { return $text }
    if ($text -match '[.eE]') { return [double]::Parse($text, [cultureinfo]::InvariantCulture) }
    return [long]::Parse($text, [cultureinfo]::InvariantCulture)
}

function ConvertFrom-BridgeJson {
    param([byte[]]$Bytes)
    $reader = [System.Runtime.Serialization.Json.JsonReaderWriterFactory]::CreateJsonReader(
        $Bytes, [System.Xml.XmlDictionaryReaderQuotas]::Max)
    try {
        [void]$reader.MoveToContent()
        return , (Read-BridgeElement $reader)
    }
    finally { $reader.Dispose() }
}

function Write-BridgeValue {
    param([System.Xml.XmlDictionaryWriter]$Writer, $Value, [int]$Depth)
    if ($Depth -gt 32) { throw 'the result is nested too deeply' }
    if ($Value -is [psobject]) { $Value = $Value.psobject.BaseObject }
    if ($null -eq $Value) { $Writer.WriteAttributeString('type', 'null') }
    elseif ($Value -is [string] -or $Value -is [char] -or $Value -is [guid] -or $Value -is [enum]) {
        $Writer.WriteAttributeString('type', 'string')
        $Writer.WriteString($Value.ToString())
    }
    elseif ($Value -is [bool]) {
        $Writer.WriteAttributeString('type', 'boolean')
        $Writer.WriteValue($Value)
    }
    elseif ($Value -is [datetime]) {
        $Writer.WriteAttributeString('type', 'string')
        $Writer.WriteString($Value.ToUniversalTime().ToString('yyyy-MM-ddTHH:mm:ss.fffZ', [cultureinfo]::InvariantCulture))
    }
    elseif ($Value.GetType().IsPrimitive -or $Value -is [decimal]) {
        $Writer.WriteAttributeString('type', 'number')
        $Writer.WriteString(([System.IConvertible]$Value).ToString([cultureinfo]::InvariantCulture))
    }
    elseif ($Value -is [System.Collections.IDictionary]) {
        $Writer.WriteAttributeString('type', 'object')
        foreach ($entry in $Value.GetEnumerator()) {
            $Writer.WriteStartElement('a', 'item', 'item')
            $Writer.WriteAttributeString('item', [string]$entry.Key)
            Write-BridgeValue $Writer $entry.Value ($Depth + 1)
            $Writer.WriteEndElement()
        }
    }
    elseif ($Value -is [System.Collections.IEnumerable]) {
        $Writer.WriteAttributeString('type', 'array')
        foreach ($item in $Value) {
            $Writer.WriteStartElement('item')
            Write-BridgeValue $Writer $item ($Depth + 1)
            $Writer.WriteEndElement()
        }
    }
    else { throw "a result of type $($Value.GetType().FullName) cannot be sent" }
}

function ConvertTo-BridgeJson {
    param($Value)
    $stream = [System.IO.MemoryStream]::new()
    $writer = [System.Runtime.Serialization.Json.JsonReaderWriterFactory]::CreateJsonWriter($stream)
    $writer.WriteStartElement('root')
    Write-BridgeValue $writer $Value 0
    $writer.WriteEndElement()
    $writer.Flush()
    $bytes = $stream.ToArray()
    $writer.Dispose()
    return , $bytes
}

function Open-BridgePipe {
    # Connects to the process that started this one. Whoever else made a pipe of this name does not know the answer, and
    # gets no more of this process than its identity. A rooted name is a unix socket where .NET has no named pipes.
    param([string]$Name, [string]$Proof, [string]$Answer)
    $pipe = [System.IO.Pipes.NamedPipeClientStream]::new('.', $Name, [System.IO.Pipes.PipeDirection]::InOut,
        [System.IO.Pipes.PipeOptions]::None, [System.Security.Principal.TokenImpersonationLevel]::Identification)
    $pipe.Connect(30000)
    $line = [System.Text.Encoding]::ASCII.GetBytes($Proof + [char]10)
    $pipe.Write($line, 0, $line.Length)
    $pipe.Flush()
    $global:BridgeReader = [System.IO.StreamReader]::new($pipe, [System.Text.Encoding]::ASCII, $false, 4096)
    if ($global:BridgeReader.ReadLine() -cne $Answer) {
        $pipe.Dispose()
        throw 'the pipe was made by somebody else'
    }
}

function Read-BridgeLine {
    $line = $global:BridgeReader.ReadLine()
    # The parent of this process is gone, or has given it up.
    if ($null -eq $line) { [System.Diagnostics.Process]::GetCurrentProcess().Kill() }
    return $line
}

function Read-BridgeSecret {
    # Never becomes a command, so neither history nor script block logging sees it.
    $characters = [System.Text.Encoding]::UTF8.GetChars([Convert]::FromBase64String((Read-BridgeLine)))
    $secret = [System.Security.SecureString]::new()
    foreach ($character in $characters) { $secret.AppendChar($character) }
    [Array]::Clear($characters, 0, $characters.Length)
    $secret.MakeReadOnly()
    return $secret
}

function New-BridgeError {
    # An error whose id the caller of the bridge can rely on, whatever the language of the host is.
    param([string]$Id, [string]$Message, [System.Management.Automation.ErrorCategory]$Category = 'InvalidOperation')
    $exception = [System.InvalidOperationException]::new($Message)
    return [System.Management.Automation.ErrorRecord]::new($exception, $Id, $Category, $null)
}

function Invoke-HostProgram {
    # Runs a program of the system's folder; gives what it printed, line by line. The empty pipeline is its standard input:
    # it would inherit ours otherwise, with the commands in it.
    param([string]$Program, [string[]]$Arguments, [string]$ErrorId = 'RZ_PROGRAM')
    # Under "Stop" Windows PowerShell 5.1 takes what a program writes to standard error for an error of its own.
    $ErrorActionPreference = 'Continue'
    $path = Join-Path -Path $env:windir -ChildPath "System32\$Program"
    $lines = @(@() | & $path @Arguments 2>&1 | ForEach-Object { [string]$_ })
    $code = $LASTEXITCODE
    if ($code -ne 0) {
        $said = @($lines | Where-Object { $_.Trim() -ne '' }) -join ' / '
        if ($said.Length -gt 1500) { $said = $said.Substring($said.Length - 1500) }
        throw (New-BridgeError -Id $ErrorId -Message "$Program $Arguments ended with ${code}: $said" -Category 'InvalidResult')
    }
    return , $lines
}

function Watch-BridgeRunner {
    # Ends this process at once when its parent is gone. On Windows a child outlives its parent: it would
    # go on making a machine after a sweep has looked for what was left.
    param([int]$Id)
    $own = [System.Diagnostics.Process]::GetCurrentProcess()
    try { $runner = [System.Diagnostics.Process]::GetProcessById($Id) } catch { $own.Kill() }
    $state = [System.Management.Automation.Runspaces.InitialSessionState]::Create()
    $state.LanguageMode = 'FullLanguage'
    $global:BridgeWatch = [powershell]::Create()
    $global:BridgeWatch.Runspace = [runspacefactory]::CreateRunspace($state)
    $global:BridgeWatch.Runspace.Open()
    [void]$global:BridgeWatch.AddScript('param($Runner, $Own) $Runner.WaitForExit(); $Own.Kill()')
    [void]$global:BridgeWatch.AddArgument($runner).AddArgument($own)
    [void]$global:BridgeWatch.BeginInvoke()
}

function Get-BridgeBlock {
    param([string]$Path)
    if (-not $global:BridgeBlocks.ContainsKey($Path)) {
        # As text, not as a file: the execution policy of the host then has no say.
        $text = [System.IO.File]::ReadAllText($Path, [System.Text.Encoding]::UTF8)
        $global:BridgeBlocks[$Path] = [scriptblock]::Create($text)
    }
    return $global:BridgeBlocks[$Path]
}

function ConvertTo-BridgeFailure {
    param([System.Management.Automation.ErrorRecord]$Record)
    $exception = $Record.Exception
    $inner = $exception
    while ($null -ne $inner.InnerException) { $inner = $inner.InnerException }
    $line = 0
    if ($null -ne $Record.InvocationInfo) { $line = $Record.InvocationInfo.ScriptLineNumber }
    $message = $exception.Message
    if ($message.Length -gt 4000) { $message = $message.Substring(0, 4000) }
    $id = $Record.FullyQualifiedErrorId
    if ($id.Length -gt 400) { $id = $id.Substring(0, 400) }
    return @{
        ok = $false
        error = @{
            category = $Record.CategoryInfo.Category.ToString()
            id = $id
            type = $inner.GetType().FullName
            result = '0x{0:X8}' -f $inner.HResult
            message = $message
            position = $line
        }
    }
}

function Invoke-BridgeCall {
    $call = ConvertFrom-BridgeJson ([Convert]::FromBase64String((Read-BridgeLine)))
    $secrets = @{}
    foreach ($name in $call['secrets']) { $secrets[$name] = Read-BridgeSecret }
    try {
        $parameters = $call['parameters']
        if ($null -ne $call['parametersFile']) {
            $parameters = ConvertFrom-BridgeJson ([System.IO.File]::ReadAllBytes($call['parametersFile']))
        }
        foreach ($library in $call['libraries']) { . (Get-BridgeBlock $library) }
        $block = Get-BridgeBlock $call['script']
        $output = @(& $block $parameters $secrets)
        $value = $output
        if ($output.Count -eq 0) { $value = $null }
        elseif ($output.Count -eq 1) { $value = $output[0] }
        $bytes = ConvertTo-BridgeJson @{ ok = $true; value = $value }
    }
    catch { $bytes = ConvertTo-BridgeJson (ConvertTo-BridgeFailure $_) }
    if ($bytes.Length -gt $call['lineLimit']) {
        [System.IO.File]::WriteAllBytes($call['resultFile'], $bytes)
        $bytes = ConvertTo-BridgeJson @{ resultFile = $true }
    }
    [Console]::Out.WriteLine('@@' + $call['id'] + ':' + [Convert]::ToBase64String($bytes) + '@@')
    $global:Error.Clear()
    Clear-History
}
