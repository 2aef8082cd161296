# Kernel drivers. A signature is looked up only where it is not Windows' own file: each takes tens of milliseconds.
param($Parameters)
$drivers = foreach ($driver in Get-CimInstance -ClassName Win32_SystemDriver) {
    $path = [string]$driver.PathName
    if ($path.StartsWith('\??\')) { $path = $path.Substring(4) }
    if ($path.StartsWith('\SystemRoot\')) { $path = Join-Path -Path $env:windir -ChildPath $path.Substring(12) }
    if ($path.StartsWith('system32\')) { $path = Join-Path -Path $env:windir -ChildPath $path }
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
