# Names where installers leave things: top folders of programs and of their data, drivers.
param($Parameters)
$names = foreach ($folder in $env:ProgramFiles, ${env:ProgramFiles(x86)}, $env:ProgramData, (Join-Path -Path $env:windir -ChildPath 'System32\drivers')) {
    if ($folder -and (Test-Path -LiteralPath $folder)) {
        foreach ($entry in [IO.Directory]::GetFileSystemEntries($folder)) { [string]$entry }
    }
}
@{ names = [string[]]@($names | Select-Object -First 5000) }
