# Windows Filtering Platform: who filters network traffic. netsh writes its state as XML with fixed element names.
param($Parameters)
$path = Join-Path -Path $env:TEMP -ChildPath ('ringzero-wfp-' + [Guid]::NewGuid().ToString('N') + '.xml')
try {
    & (Join-Path -Path $env:windir -ChildPath 'System32\netsh.exe') wfp show state "file=$path" | Out-Null
    $settings = New-Object Xml.XmlReaderSettings
    $settings.DtdProcessing = [Xml.DtdProcessing]::Prohibit
    $reader = [Xml.XmlReader]::Create($path, $settings)
    $document = New-Object Xml.XmlDocument
    $document.XmlResolver = $null
    try { $document.Load($reader) } finally { $reader.Dispose() }
}
finally {
    Remove-Item -LiteralPath $path -Force -ErrorAction SilentlyContinue
}
$providers = @{}
foreach ($node in $document.SelectNodes('/wfpstate/providers/item')) {
    $key = $node.SelectSingleNode('providerKey')
    $name = $node.SelectSingleNode('displayData/name')
    if ($null -ne $key) { $providers[$key.InnerText] = if ($null -eq $name) { '' } else { $name.InnerText } }
}
$filters = @{}
foreach ($node in $document.SelectNodes('//filters/item/providerKey')) { $filters[$node.InnerText] = 1 + [int]$filters[$node.InnerText] }
$callouts = @{}
foreach ($node in $document.SelectNodes('//callouts/item/providerKey')) { $callouts[$node.InnerText] = 1 + [int]$callouts[$node.InnerText] }
@{ providers = $providers; filters = $filters; callouts = $callouts }
