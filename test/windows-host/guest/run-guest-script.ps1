# Runs a script of the guest in this session: its text, its parameters by position, or one object for a probe.
param($Parameters, $Secrets)
. ([scriptblock]::Create([string]$Parameters['facts']))
$block = [scriptblock]::Create([string]$Parameters['text'])
if ($Parameters.ContainsKey('probe')) {
    $value = ConvertFrom-Json -InputObject ([string]$Parameters['probe'])
    return (& $block $value)
}
$values = $Parameters['values']
& $block @values
