# Makes the folder named by the environment variable RINGZERO_FOLDER, with its parents; no error when it is there.
$ErrorActionPreference = 'Stop'
[void][System.IO.Directory]::CreateDirectory($env:RINGZERO_FOLDER)
