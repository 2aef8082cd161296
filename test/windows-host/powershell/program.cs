// powershell.exe of the Windows bench: the console of PowerShell 7.6 itself, so every argument means what it means there.
// `powershell --parse FILE…` prints what the engine's own parser finds in each file (script-facts.cs).
// POWERSHELL_HOST_FIRST names a script that describes the computer before.
// `powershell --scan FOLDER…` does what a virus scanner does (scanner.cs).
using System;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Reflection;
using Microsoft.PowerShell;

namespace Ringzero.PowerShellHost;

internal static class Program
{
    private static int Main(string[] arguments)
    {
        if (arguments.Length > 0 && arguments[0] == "--parse") return ScriptFacts.Print(arguments.Skip(1));
        if (arguments.Length > 1 && arguments[0] == "--scan") return Scanner.Run(arguments.Skip(1));
        return ConsoleShell.Start(State(), "", "", arguments);
    }

    private static InitialSessionState State()
    {
        var state = InitialSessionState.CreateDefault2();
        foreach (var type in Assembly.GetExecutingAssembly().GetTypes())
        {
            var attribute = type.GetCustomAttribute<CmdletAttribute>();
            if (attribute is not null)
                state.Commands.Add(new SessionStateCmdletEntry($"{attribute.VerbName}-{attribute.NounName}", type, null));
        }
        // Modules whose functions stand before the engine's own cmdlets of the same name.
        var modules = Environment.GetEnvironmentVariable("POWERSHELL_HOST_MODULES");
        if (!string.IsNullOrEmpty(modules))
        {
            state.ImportPSModule(modules.Split(Path.PathSeparator));
            // Where they are found by name, too; the one who starts us hands over no path of modules.
            var folders = modules.Split(Path.PathSeparator).Select(Path.GetDirectoryName).Distinct();
            Environment.SetEnvironmentVariable("PSModulePath", string.Join(Path.PathSeparator, folders.Append(Environment.GetEnvironmentVariable("PSModulePath"))));
        }
        var first = Environment.GetEnvironmentVariable("POWERSHELL_HOST_FIRST");
        if (!string.IsNullOrEmpty(first)) state.StartupScripts.Add(first);
        return state;
    }
}
