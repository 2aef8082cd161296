# One look at all machines of ours: states, heartbeats, key-value pairs, and the host's events since a record id.
param($Parameters, $Secrets)
$wanted = @($Parameters['ids'])

function Get-PairValue {
    # GuestExchangeItems are embedded instances as XML (Msvm_KvpExchangeDataItem).
    param([string[]]$Items, [string]$Name)
    foreach ($item in $Items) {
        $instance = ([xml]$item).INSTANCE
        $pair = @{}
        foreach ($property in $instance.PROPERTY) { $pair[$property.NAME] = [string]$property.VALUE }
        if ($pair['Name'] -ceq $Name) { return $pair['Data'] }
    }
    return $null
}

function Read-HostEvent {
    param($Entry)
    $data = ([xml]$Entry.ToXml()).Event.UserData.FirstChild
    $values = @{}
    if ($null -ne $data) { foreach ($child in $data.ChildNodes) { $values[$child.LocalName] = [string]$child.InnerText } }
    return @{
        record = $Entry.RecordId
        id = $Entry.Id
        at = [System.DateTimeOffset]::new($Entry.TimeCreated.ToUniversalTime()).ToUnixTimeMilliseconds()
        machine = [string]$values['VmId']
        codes = @(foreach ($index in 0..4) { [string]$values["VmErrorCode$index"] })
        message = [string]$values['VmErrorMessage']
    }
}

$machines = @(Hyper-V\Get-VM | Where-Object { $wanted -contains $_.Id.ToString() } | ForEach-Object {
    $nonce = $null
    $setup = $null
    if ($_.State.ToString() -eq 'Running' -and [string]$_.Heartbeat -like 'Ok*') {
        $exchange = Get-CimInstance -Namespace 'root\virtualization\v2' -ClassName 'Msvm_KvpExchangeComponent' `
            -Filter "SystemName='$($_.Id.ToString())'" -ErrorAction SilentlyContinue
        # What the guest writes below HKLM\SOFTWARE\Microsoft\Virtual Machine\Guest (images/scripts/publish-start.ps1).
        if ($null -ne $exchange) {
            $nonce = Get-PairValue @($exchange.GuestExchangeItems) 'RingzeroBoot'
            $setup = Get-PairValue @($exchange.GuestExchangeItems) 'RingzeroSetup'
        }
    }
    @{
        id = $_.Id.ToString()
        state = $_.State.ToString()
        # Empty while the machine is off.
        heartbeat = [string]$_.Heartbeat
        nonce = $nonce
        setup = $setup
    }
})
$logs = @{}
foreach ($log in 'Microsoft-Windows-Hyper-V-Worker-Admin', 'Microsoft-Windows-Hyper-V-VMMS-Admin') {
    $newest = 0
    foreach ($entry in @(Read-HostLog @{ LogName = $log; MaxEvents = 1 })) { $newest = $entry.RecordId }
    $bookmark = $Parameters['bookmarks'][$log]
    # The first look only learns where the log ends.
    if ($null -eq $bookmark) { $bookmark = $newest }
    # A log that was cleared begins anew: then everything in it is new.
    if ($newest -lt $bookmark) { $bookmark = 0 }
    $events = @()
    if ($newest -gt $bookmark) {
        $found = @(Read-HostLog @{ LogName = $log; FilterXPath = "*[System[EventRecordID > $bookmark]]"; Oldest = $true })
        $events = @(foreach ($entry in $found) { Read-HostEvent $entry })
        if ($found.Count -gt 0) { $bookmark = $found[$found.Count - 1].RecordId }
    }
    $logs[$log] = @{ bookmark = $bookmark; events = $events }
}
@{ machines = $machines; logs = $logs }
