# Kernel drivers. A signature is looked up only where it is not Windows' own file: each takes tens of milliseconds.
param($Parameters)
$drivers = foreach ($driver in Get-CimInstance -ClassName Win32_SystemDriver) {
    # The service controller gives a path as the kernel takes it, in any case of letters.
    $path = [Environment]::ExpandEnvironmentVariables([string]$driver.PathName) -replace '^\\\?\?\\', ''
    $inside = $path -replace '^\\SystemRoot\\', ''
    if ($inside -ne $path -or $inside -match '^[^\\:]+\\') { $path = Join-Path -Path $env:windir -ChildPath $inside }
    $version = ''
    $company = ''
    $signer = ''
    $signature = ''
    if ($path -ne '' -and (Test-Path -LiteralPath $path)) {
        $info = [Diagnostics.FileVersionInfo]::GetVersionInfo($path)
        $version = '{0}.{1}.{2}.{3}' -f $info.FileMajorPart, $info.FileMinorPart, $info.FileBuildPart, $info.FilePrivatePart
        $company = [string]$info.CompanyName
        if ($company -notlike 'Microsoft*') {
            $found = Get-AuthenticodeSignature -LiteralPath $path
            $signature = [string]$found.Status
            if ($null -ne $found.SignerCertificate) {
                $signer = $found.SignerCertificate.GetNameInfo([Security.Cryptography.X509Certificates.X509NameType]::SimpleName, $false)
            }
        }
    }
    @{
        name      = [string]$driver.Name
        path      = $path
        state     = [string]$driver.State
        start     = [string]$driver.StartMode
        version   = $version
        company   = $company
        signer    = $signer
        signature = $signature
    }
}
@{ drivers = [object[]]@($drivers) }
