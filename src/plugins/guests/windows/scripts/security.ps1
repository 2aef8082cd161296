# Products registered with the security center (client editions) and the state of Microsoft Defender.
param($Parameters)
$products = $null
if ($null -ne (Get-CimInstance -Namespace 'root' -ClassName '__Namespace' -Filter "Name='SecurityCenter2'")) {
    $products = foreach ($sort in 'AntiVirusProduct', 'FirewallProduct') {
        foreach ($product in Get-CimInstance -Namespace 'root/SecurityCenter2' -ClassName $sort -ErrorAction SilentlyContinue) {
            @{ sort = $sort; name = [string]$product.displayName; state = [long]$product.productState }
        }
    }
    $products = [object[]]@($products)
}
$defender = $null
$space = 'root/Microsoft/Windows/Defender'
$status = Get-CimInstance -Namespace $space -ClassName MSFT_MpComputerStatus -ErrorAction SilentlyContinue
if ($null -ne $status) {
    $detections = foreach ($detection in Get-CimInstance -Namespace $space -ClassName MSFT_MpThreatDetection -ErrorAction SilentlyContinue) {
        @{ id = [string]$detection.DetectionID; resources = [string[]]@($detection.Resources | Select-Object -First 20) }
    }
    $defender = @{
        mode           = [string]$status.AMRunningMode
        realTime       = [bool]$status.RealTimeProtectionEnabled
        engineVersion  = [string]$status.AMEngineVersion
        contentVersion = [string]$status.AntivirusSignatureVersion
        detections     = [object[]]@($detections | Select-Object -First 200)
    }
}
@{ products = $products; defender = $defender }
