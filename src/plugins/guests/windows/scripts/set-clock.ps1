# Sets the guest's clock, whatever its time zone, and says what it shows then, in milliseconds since 1970.
param($Parameters)
$at = [DateTimeOffset]::FromUnixTimeMilliseconds([long]$Parameters.at)
[void](Set-Date -Date $at.LocalDateTime)
@{ clock = [DateTimeOffset]::new((Get-Date).ToUniversalTime()).ToUnixTimeMilliseconds() }
