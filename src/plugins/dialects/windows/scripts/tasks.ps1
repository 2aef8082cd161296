# Every scheduled task, hidden ones, too, with what it starts. Through the task scheduler's own objects (Task Scheduler
# scripting objects, TaskService): the module ScheduledTasks is slow and not on every edition.
param($Parameters)
$scheduler = New-Object -ComObject 'Schedule.Service'
$scheduler.Connect()
$open = New-Object 'System.Collections.Generic.Queue[object]'
$open.Enqueue($scheduler.GetFolder('\'))
$unreadable = 0
$tasks = while ($open.Count -gt 0) {
    $folder = $open.Dequeue()
    # 1 is TASK_ENUM_HIDDEN.
    try { $found = @($folder.GetTasks(1)); foreach ($below in @($folder.GetFolders(0))) { $open.Enqueue($below) } }
    catch { $unreadable++; continue }
    foreach ($task in $found) {
        $action = ''
        try { $action = [string]([xml]$task.Xml).Task.Actions.InnerText } catch { $unreadable++ }
        @{ path = [string]$task.Path; enabled = [bool]$task.Enabled; action = $action }
    }
}
@{ tasks = [object[]]@($tasks); unreadable = [int]$unreadable }
