# In the guest: an unused path for a file in transit.
param([string]$Name)
[System.IO.Path]::Combine([System.IO.Path]::GetTempPath(), $Name)
