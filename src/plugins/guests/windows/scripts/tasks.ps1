# Every scheduled task, hidden ones, too, with what it starts. Through the task scheduler's own objects (Task Scheduler
# scripting objects, TaskService): the module ScheduledTasks is slow and not on every edition.
param($Parameters)
$scheduler = New-Object -ComObject 'Schedule.Service'
$scheduler.Connect()
$open = New-Object 'System.Collections.Generic.Queue[object]'
$open.Enqueue($scheduler.GetFolder('\'))
$tasks = while ($open.Count -gt 0) {
    $folder = $open.Dequeue()
    # 1 is TASK_ENUM_HIDDEN. A folder that cannot be read counts as one task: it must not come or go either.
    try { $found = @($folder.GetTasks(1)); foreach ($below in @($folder.GetFolders(0))) { $open.Enqueue($below) } }
    catch { @{ path = "$($folder.Path)\*"; enabled = $true; action = 'unreadable' }; continue }
    foreach ($task in $found) {
        # What it starts is for people: a task whose definition is damaged is still a task.
        $action = ''
        try { $action = [string]([xml]$task.Xml).Task.Actions.InnerText } catch { $action = 'unreadable' }
        @{ path = [string]$task.Path; enabled = [bool]$task.Enabled; action = $action }
    }
}
@{ tasks = [object[]]@($tasks) }
