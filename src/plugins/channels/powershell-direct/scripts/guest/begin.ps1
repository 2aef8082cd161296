# In the guest: a path for a file in transit that nobody else uses.
param([string]$Name)
[System.IO.Path]::Combine([System.IO.Path]::GetTempPath(), $Name)
