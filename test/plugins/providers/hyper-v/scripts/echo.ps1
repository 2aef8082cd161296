param($Parameters, $Secrets)
$secret = $null
if ($Secrets.ContainsKey('password')) {
    $secret = [System.Net.NetworkCredential]::new('', $Secrets['password']).Password
}
switch ($Parameters['do']) {
    'echo' { @{ text = $Parameters['text']; secret = $secret } }
    'fail' { throw (New-BridgeError -Id 'TEST_REFUSED' -Message $Parameters['text'] -Category 'PermissionDenied') }
    'noise' { [Console]::Out.WriteLine($Parameters['text']); [Console]::Error.WriteLine($Parameters['text']); 'done' }
    'grow' { 'x' * $Parameters['size'] }
    'sleep' { [System.Threading.Thread]::Sleep($Parameters['milliseconds']); 'slept' }
    'late' {
        [System.IO.File]::WriteAllText($Parameters['began'], '')
        [System.Threading.Thread]::Sleep($Parameters['milliseconds'])
        [System.IO.File]::WriteAllText($Parameters['done'], '')
    }
    'environment' { @{ own = [string][Environment]::GetEnvironmentVariable($Parameters['name']); names = @([Environment]::GetEnvironmentVariables().Keys) } }
    'program' {
        if ([System.IO.Path]::DirectorySeparatorChar -eq '/') {
            # The engine formats what it pipes into a program with this one, which its package lacks.
            function Out-String { param([Parameter(ValueFromPipeline)]$InputObject, [switch]$Stream) process { "$InputObject" } }
            function Join-Path { param($Path, $ChildPath) '/bin/' + $ChildPath.Substring(9) }
        }
        Invoke-HostProgram $Parameters['program'] $Parameters['arguments']
    }
    'exit' { [Environment]::Exit(3) }
    'history' { @(Get-History | ForEach-Object { $_.CommandLine }) + @(Get-Variable -Scope Global | ForEach-Object { $_.Name }) }
}
