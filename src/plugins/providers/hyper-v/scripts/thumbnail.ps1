# The screen as raw RGB565, base64 (GetVirtualSystemThumbnailImage). The array can be longer than the picture.
param($Parameters, $Secrets)
$machine = Get-OwnMachine $Parameters
if ($machine.State.ToString() -ne 'Running') {
    throw (New-BridgeError -Id 'RZ_NOT_RUNNING' -Message 'a machine that does not run has no screen' -Category 'InvalidOperation')
}
$namespace = 'root\virtualization\v2'
$filter = "Name='$($machine.Id.ToString())'"
$system = Get-CimInstance -Namespace $namespace -ClassName 'Msvm_ComputerSystem' -Filter $filter
$service = Get-CimInstance -Namespace $namespace -ClassName 'Msvm_VirtualSystemManagementService'
$arguments = @{ TargetSystem = $system; WidthPixels = [uint16]$Parameters['width']; HeightPixels = [uint16]$Parameters['height'] }
# An answer that started a job came before the picture: asked again when the job is done, the host has it.
for ($try = 1; $try -le 3; $try++) {
    $answer = Invoke-CimMethod -InputObject $service -MethodName 'GetVirtualSystemThumbnailImage' -Arguments $arguments
    $code = Complete-ManagementJob $answer
    if ($code -ne 0 -or $null -ne $answer.ImageData) { break }
}
if ($code -ne 0 -or $null -eq $answer.ImageData) {
    throw (New-BridgeError -Id 'RZ_NO_PICTURE' -Message "the host gave no picture (code $code)" -Category 'InvalidResult')
}
$bytes = [byte[]]$answer.ImageData
$size = $Parameters['width'] * $Parameters['height'] * 2
if ($bytes.Length -lt $size) {
    throw (New-BridgeError -Id 'RZ_NO_PICTURE' -Message "the picture has $($bytes.Length) bytes of $size" -Category 'InvalidResult')
}
[Convert]::ToBase64String($bytes, 0, $size)
