# Version of files from their fixed version resource, whose text form is localised in some files.
param($Parameters)
$versions = @{}
foreach ($path in $Parameters.paths) {
    if (Test-Path -LiteralPath $path -PathType Leaf) {
        $info = [Diagnostics.FileVersionInfo]::GetVersionInfo($path)
        $versions[[string]$path] = '{0}.{1}.{2}.{3}' -f $info.FileMajorPart, $info.FileMinorPart, $info.FileBuildPart, $info.FilePrivatePart
    }
}
$versions
