# All VMs of the host with what tells ours from others'.
param($Parameters, $Secrets)
, @(Hyper-V\Get-VM | ForEach-Object {
    @{ id = $_.Id.ToString(); name = $_.Name; notes = $_.Notes; path = $_.Path; state = $_.State.ToString() }
})
