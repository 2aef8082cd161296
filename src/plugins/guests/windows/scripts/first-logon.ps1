# Makes a local account and lets a task of it run: its first session, with a profile of its own. Then takes all of it away again.
# Only a task opens a session of another account from a session that has no desktop itself.
param($Parameters)
$name = 'rz-first-logon'
# In the account's description: tells what an interrupted look left from an account of somebody else.
$mark = 'ringzero signs a new user in'
$watch = [Diagnostics.Stopwatch]::StartNew()
$outcome = 'signed-in'
$detail = ''
$left = New-Object 'System.Collections.Generic.List[string]'
# Domain controllers (4 and 5) have no accounts of their own (Win32_ComputerSystem, DomainRole).
$applies = [int](Get-CimInstance -ClassName Win32_ComputerSystem).DomainRole -lt 4
$scheduler = $null
if ($applies) {
    $scheduler = New-Object -ComObject 'Schedule.Service'
    $scheduler.Connect()
}

# Takes the account with this SID away, with its task and its profile.
$forget = {
    param($Sid)
    $root = $scheduler.GetFolder('\')
    try { $root.GetTask($name).Stop(0) } catch { }
    try { $root.DeleteTask($name, 0) } catch { }
    # A profile is let go of some seconds after the last process of its user has ended.
    foreach ($try in 1..30) {
        $homes = @(Get-CimInstance -ClassName Win32_UserProfile -Filter "SID='$Sid'")
        if ($homes.Count -eq 0) { break }
        try { $homes | Remove-CimInstance -ErrorAction Stop } catch { Start-Sleep -Seconds 1 }
    }
    try { Remove-LocalUser -SID $Sid -ErrorAction Stop } catch { }
}

if ($applies) {
    $earlier = Get-LocalUser -Name $name -ErrorAction SilentlyContinue
    if ($earlier) {
        if ([string]$earlier.Description -ne $mark) { throw "an account of somebody else is called $name" }
        & $forget ([string]$earlier.SID)
    }
    $bytes = New-Object byte[] 24
    $random = [Security.Cryptography.RandomNumberGenerator]::Create()
    $random.GetBytes($bytes)
    # The last characters are for policies that want one of each sort.
    $password = [Convert]::ToBase64String($bytes) + 'aA1!'
    $sid = ''
    try {
        $secret = ConvertTo-SecureString -String $password -AsPlainText -Force
        $account = New-LocalUser -Name $name -Password $secret -Description $mark -ErrorAction Stop
        $sid = [string]$account.SID
        # Users, and Performance Log Users, whose members may log on as a batch job (SeBatchLogonRight of an unchanged system).
        foreach ($group in 'S-1-5-32-545', 'S-1-5-32-559') { Add-LocalGroupMember -SID $group -Member $sid -ErrorAction Stop }
    }
    catch {
        $outcome = 'refused'
        $detail = [string]$_.Exception.Message
    }
    $place = ''
    if ($outcome -ne 'refused') {
        $outcome = 'failed'
        try {
            $definition = $scheduler.NewTask(0)
            $definition.Settings.DisallowStartIfOnBatteries = $false
            $definition.Settings.StopIfGoingOnBatteries = $false
            $action = $definition.Actions.Create(0)
            $action.Path = Join-Path -Path $env:windir -ChildPath 'System32\cmd.exe'
            # With exclamation marks, which cmd.exe of the new user replaces and the task scheduler does not.
            $action.Arguments = '/d /v:on /c "echo ringzero>"!USERPROFILE!\rz-session.txt""'
            # 6 is TASK_CREATE_OR_UPDATE, 1 TASK_LOGON_PASSWORD.
            $task = $scheduler.GetFolder('\').RegisterTaskDefinition($name, $definition, 6, $name, $password, 1)
            [void]$task.Run($null)
            # 2 is queued, 4 running; 0x41303: it has not run yet.
            do {
                Start-Sleep -Milliseconds 250
                $task = $scheduler.GetFolder('\').GetTask($name)
                $busy = ($task.State -in 2, 4) -or ([long]$task.LastTaskResult -eq 0x41303)
            } while ($busy -and $watch.Elapsed.TotalSeconds -lt [int]$Parameters.seconds)
            $profileFound = Get-CimInstance -ClassName Win32_UserProfile -Filter "SID='$sid'" | Select-Object -First 1
            if ($profileFound) { $place = [string]$profileFound.LocalPath }
            if ($busy) { $detail = "its session does not end within $([int]$Parameters.seconds) s" }
            elseif ([long]$task.LastTaskResult -ne 0) { $detail = 'its session ends with 0x{0:x8}' -f [long]$task.LastTaskResult }
            elseif (-not $profileFound) { $detail = 'its session opens without a profile' }
            # Bits of Win32_UserProfile.Status: 1 temporary, 8 corrupted.
            elseif (([int]$profileFound.Status -band 9) -ne 0) { $detail = "its profile is temporary or corrupted: $place" }
            elseif (-not (Test-Path -LiteralPath (Join-Path -Path $place -ChildPath 'rz-session.txt'))) { $detail = "its session does not reach its profile $place" }
            else { $outcome = 'signed-in' }
        }
        catch { $detail = [string]$_.Exception.Message }
    }
    $watch.Stop()
    if ($sid) { & $forget $sid }
    if (Get-LocalUser -Name $name -ErrorAction SilentlyContinue) { $left.Add("account $name") }
    if ($place -and (Test-Path -LiteralPath $place)) { $left.Add($place) }
    try { [void]$scheduler.GetFolder('\').GetTask($name); $left.Add("task $name") } catch { }
}
@{ applies = $applies; outcome = $outcome; milliseconds = [double]$watch.Elapsed.TotalMilliseconds; detail = $detail; left = [string[]]@($left) }
