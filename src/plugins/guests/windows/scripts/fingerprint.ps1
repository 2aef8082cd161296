# What this machine consists of: files with size, time and attributes, owners and access lists of folders down to the third
# level, what starts by itself, trust, accounts, network, settings.
param($Parameters)
$items = New-Object 'System.Collections.Generic.List[object]'
$hasher = [Security.Cryptography.SHA256]::Create()
$cut = 0
$maximum = [int]$Parameters.maximum
function Add-Trait([string]$Aspect, [string]$Item, $Traits) {
    if ($items.Count -ge $maximum) { $script:cut += 1; return }
    $items.Add(@{ aspect = $Aspect; item = $Item; traits = $Traits })
}
function Get-Short([string]$Text) {
    [BitConverter]::ToString($hasher.ComputeHash([Text.Encoding]::UTF8.GetBytes($Text))).Replace('-', '').ToLowerInvariant()
}
function Add-Value([string]$Aspect, [string]$Item, $Value) {
    $text = [string]::Join(', ', [string[]]@($Value))
    if ($text.Length -gt 180) { $text = $text.Substring(0, 120) + ' ' + (Get-Short $text).Substring(0, 16) }
    Add-Trait $Aspect $Item @{ value = $text }
}

# Files: one line for each folder, one for each of its entries below it, packed.
$lines = New-Object 'System.Collections.Generic.List[string]'
$queue = New-Object 'System.Collections.Generic.Queue[object]'
foreach ($root in $Parameters.roots) { $queue.Enqueue(@([string]$root.path, 0, [int]$root.depth)) }
while ($queue.Count -gt 0) {
    $path, $depth, $deepest = $queue.Dequeue()
    $folder = New-Object IO.DirectoryInfo($path)
    if (-not $folder.Exists -or ($folder.Attributes -band [IO.FileAttributes]::ReparsePoint) -ne 0) { continue }
    $owner = ''
    $rights = ''
    if ($depth -le 3) {
        try {
            $access = $folder.GetAccessControl([Security.AccessControl.AccessControlSections]'Owner,Access')
            $owner = $access.GetOwner([Security.Principal.SecurityIdentifier]).Value
            $rights = (Get-Short $access.GetSecurityDescriptorSddlForm([Security.AccessControl.AccessControlSections]::Access)).Substring(0, 16)
        }
        catch { $rights = 'unreadable' }
    }
    $lines.Add("folder`t$path`t$owner`t$rights")
    try {
        foreach ($entry in $folder.EnumerateFileSystemInfos()) {
            if ($entry -is [IO.DirectoryInfo]) {
                if ($depth -lt $deepest) { $queue.Enqueue(@($entry.FullName, ($depth + 1), $deepest)) }
                continue
            }
            if ($lines.Count -ge $maximum) { $cut += 1; continue }
            $lines.Add("file`t$($entry.Name)`t$($entry.Length)`t$($entry.LastWriteTimeUtc.Ticks)`t$([int]$entry.Attributes -band 0x7)")
        }
    }
    catch { $lines.Add("unread`t$path") }
}
$packed = New-Object IO.MemoryStream
$packer = New-Object IO.Compression.GZipStream($packed, [IO.Compression.CompressionMode]::Compress)
$bytes = [Text.Encoding]::UTF8.GetBytes([string]::Join("`n", $lines))
$packer.Write($bytes, 0, $bytes.Length)
$packer.Close()
$listing = [Convert]::ToBase64String($packed.ToArray())

# What starts by itself.
foreach ($key in Get-ChildItem -LiteralPath 'HKLM:\SYSTEM\CurrentControlSet\Services' -ErrorAction SilentlyContinue) {
    $image = $key.GetValue('ImagePath')
    if ($null -eq $image) { continue }
    Add-Value 'autostart' "service:$($key.PSChildName)" @($key.GetValue('Start'), $key.GetValue('Type'), $key.GetValue('ObjectName'), $image)
}
foreach ($place in $Parameters.autostarts) {
    $values = Get-ItemProperty -LiteralPath $place.key -ErrorAction SilentlyContinue
    if ($null -eq $values) { continue }
    foreach ($property in $values.PSObject.Properties) {
        if ($property.Name -like 'PS*' -or ($place.names -and @($place.names) -notcontains $property.Name)) { continue }
        Add-Value $place.aspect "$($place.key.Substring(6)):$($property.Name)" $property.Value
    }
}
foreach ($key in Get-ChildItem -LiteralPath 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Image File Execution Options' -ErrorAction SilentlyContinue) {
    $debugger = $key.GetValue('Debugger')
    if ($null -ne $debugger) { Add-Value 'autostart' "debugger:$($key.PSChildName)" $debugger }
}

# Trust: every store of the machine.
foreach ($name in 'Root', 'AuthRoot', 'CA', 'My', 'Disallowed', 'TrustedPublisher', 'TrustedPeople') {
    try {
        $store = New-Object Security.Cryptography.X509Certificates.X509Store($name, [Security.Cryptography.X509Certificates.StoreLocation]::LocalMachine)
        $store.Open([Security.Cryptography.X509Certificates.OpenFlags]::ReadOnly)
        foreach ($certificate in $store.Certificates) { Add-Value 'certificate' "$name`:$($certificate.Thumbprint)" $certificate.Subject }
        $store.Close()
    }
    catch { $cut += 1 }
}

# Accounts, addresses, routes, names, firewall, programs, settings.
foreach ($user in Get-CimInstance -ClassName Win32_UserAccount -Filter 'LocalAccount=True' -ErrorAction SilentlyContinue) {
    Add-Value 'account' "user:$($user.Name)" @($user.SID, $user.Disabled, $user.Lockout)
}
foreach ($group in Get-CimInstance -ClassName Win32_Group -Filter 'LocalAccount=True' -ErrorAction SilentlyContinue) {
    Add-Value 'account' "group:$($group.Name)" $group.SID
}
foreach ($card in Get-CimInstance -ClassName Win32_NetworkAdapterConfiguration -Filter 'IPEnabled=True' -ErrorAction SilentlyContinue) {
    Add-Value 'network' "address:$($card.Description)" @($card.IPAddress)
    Add-Value 'network' "gateway:$($card.Description)" @($card.DefaultIPGateway)
    Add-Value 'names' "servers:$($card.Description)" @($card.DNSServerSearchOrder)
}
foreach ($route in Get-CimInstance -ClassName Win32_IP4RouteTable -ErrorAction SilentlyContinue) {
    Add-Value 'network' "route:$($route.Destination)/$($route.Mask)" @($route.NextHop)
}
$rules = Get-ItemProperty -LiteralPath 'HKLM:\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy\FirewallRules' -ErrorAction SilentlyContinue
if ($null -ne $rules) {
    foreach ($rule in $rules.PSObject.Properties) {
        if ($rule.Name -notlike 'PS*') { Add-Value 'firewall' "rule:$($rule.Name)" $rule.Value }
    }
}
foreach ($root in 'HKLM:\SOFTWARE', 'HKLM:\SOFTWARE\WOW6432Node') {
    foreach ($key in Get-ChildItem -LiteralPath "$root\Microsoft\Windows\CurrentVersion\Uninstall" -ErrorAction SilentlyContinue) {
        Add-Value 'package' "$($key.PSChildName)" @($key.GetValue('DisplayName'), $key.GetValue('DisplayVersion'))
    }
}
$block = @()
foreach ($line in @(bcdedit.exe /enum all /v) + '') {
    if ([string]$line -ne '') { $block += [string]$line; continue }
    $entry = [string]($block | Where-Object { $_ -match '\{[0-9a-f-]{36}\}' } | Select-Object -First 1)
    if ($entry -match '\{[0-9a-f-]{36}\}') { Add-Value 'boot-entry' $Matches[0] (Get-Short ([string]::Join("`n", $block))) }
    $block = @()
}
# The tick count is signed, and negative after 25 days.
$ticks = [BitConverter]::ToUInt32([BitConverter]::GetBytes([Environment]::TickCount), 0)
@{ listing = $listing; sinceStartMs = [double]$ticks; items = [object[]]$items.ToArray(); cut = [int]$cut; clock = [DateTimeOffset]::UtcNow.ToUnixTimeMilliseconds() }
