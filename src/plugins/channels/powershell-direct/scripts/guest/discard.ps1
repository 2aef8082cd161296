# In the guest: removes a file in transit.
param([string]$Transit)
[System.IO.File]::Delete($Transit)
