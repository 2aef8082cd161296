# A byte over loopback, and the interfaces that are up.
param($Parameters)
$loopback = $false
$detail = ''
try {
    $listener = New-Object Net.Sockets.TcpListener([Net.IPAddress]::Loopback, 0)
    $listener.Start()
    $client = New-Object Net.Sockets.TcpClient
    $connecting = $client.ConnectAsync([Net.IPAddress]::Loopback, $listener.LocalEndpoint.Port)
    if ($connecting.Wait(5000)) {
        $server = $listener.AcceptTcpClient()
        $client.GetStream().WriteByte(42)
        $server.ReceiveTimeout = 5000
        $loopback = $server.GetStream().ReadByte() -eq 42
        $server.Close()
    }
    else { $detail = 'no connection over 127.0.0.1 within 5 s' }
    $client.Close()
    $listener.Stop()
}
catch { $detail = [string]$_.Exception.Message }
$names = foreach ($card in [Net.NetworkInformation.NetworkInterface]::GetAllNetworkInterfaces()) {
    if ($card.OperationalStatus -eq [Net.NetworkInformation.OperationalStatus]::Up -and
        $card.NetworkInterfaceType -ne [Net.NetworkInformation.NetworkInterfaceType]::Loopback) { [string]$card.Name }
}
@{ loopback = [bool]$loopback; interfaces = [string[]]@($names); detail = $detail }
