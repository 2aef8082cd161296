# Memory, disk, processor, handles. Raw counters only: the caller takes differences.
param($Parameters)
$system = Get-CimInstance -ClassName Win32_OperatingSystem
$memory = Get-CimInstance -ClassName Win32_PerfRawData_PerfOS_Memory
$processor = Get-CimInstance -ClassName Win32_PerfRawData_PerfOS_Processor -Filter "Name='_Total'"
$drive = Get-CimInstance -ClassName Win32_LogicalDisk -Filter "DeviceID='$env:SystemDrive'"
$processes = @(Get-Process)
$handles = 0
foreach ($process in $processes) { $handles += $process.HandleCount }
$top = foreach ($process in $processes | Sort-Object -Property CPU -Descending | Select-Object -First 10) {
    @{ name = [string]$process.ProcessName; seconds = [double]$process.CPU; memoryMiB = [double]($process.WorkingSet64 / 1MB) }
}
@{
    memoryTotalKiB = [long]$system.TotalVisibleMemorySize
    memoryFreeKiB  = [long]$system.FreePhysicalMemory
    nonPagedBytes  = [long]$memory.PoolNonpagedBytes
    pagedBytes     = [long]$memory.PoolPagedBytes
    diskTotalBytes = [long]$drive.Size
    diskFreeBytes  = [long]$drive.FreeSpace
    idleTicks      = [string]$processor.PercentProcessorTime
    timeTicks      = [string]$processor.Timestamp_Sys100NS
    processes      = [int]$processes.Count
    handles        = [long]$handles
    top            = [object[]]@($top)
}
