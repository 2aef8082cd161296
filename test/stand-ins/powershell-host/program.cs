// Behaves like `pwsh -NoLogo -NoProfile -NonInteractive -Command -`: reads lines from standard input, runs each,
// writes results to standard output and errors to standard error. With `-EncodedCommand` it runs that command. Other
// arguments are accepted and ignored. POWERSHELL_HOST_FIRST names a script that describes the computer before.
// `powershell-host --worker FOLDER` is the process of one stand-in machine (../hyper-v-module/cmdlets/machine-worker.cs).
// `powershell-host --parse FILE…` prints what the engine's own parser finds in each file (script-facts.cs).
// `powershell-host --types ACCELERATORS FILE…` holds its types and members against Windows PowerShell 5.1 (script-types.cs).
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Management.Automation.Language;
using System.Management.Automation.Runspaces;
using System.Reflection;
using System.Text;

namespace Ringzero.PowerShellHost;

internal static class Program
{
    private static int Main(string[] arguments)
    {
        var utf8 = new UTF8Encoding(false);
        Console.SetOut(TextWriter.Synchronized(new StreamWriter(Console.OpenStandardOutput(), utf8) { AutoFlush = true, NewLine = LineEnd() }));
        Console.SetError(TextWriter.Synchronized(new StreamWriter(Console.OpenStandardError(), utf8) { AutoFlush = true, NewLine = LineEnd() }));
        if (arguments.Length > 1 && arguments[0] == "--worker") return MachineWorker.Run(arguments[1]);
        if (arguments.Length > 0 && arguments[0] == "--parse") return ScriptFacts.Print(arguments.Skip(1));
        if (arguments.Length > 1 && arguments[0] == "--types") return ScriptTypes.Print(arguments[1], arguments.Skip(2));
        using var runspace = Open();
        var first = Environment.GetEnvironmentVariable("POWERSHELL_HOST_FIRST");
        if (!string.IsNullOrEmpty(first)) Run(runspace, File.ReadAllText(first));
        var encoded = Array.FindIndex(arguments, argument => argument.Equals("-EncodedCommand", StringComparison.OrdinalIgnoreCase));
        return encoded >= 0 ? RunEncoded(runspace, arguments[encoded + 1]) : ReadLines(runspace);
    }

    // Windows PowerShell ends its lines with CR LF; POWERSHELL_HOST_CRLF=1 makes this one do the same.
    private static string LineEnd() => Environment.GetEnvironmentVariable("POWERSHELL_HOST_CRLF") == "1" ? "\r\n" : "\n";

    internal static Runspace Open()
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
        if (!string.IsNullOrEmpty(modules)) state.ImportPSModule(modules.Split(Path.PathSeparator));
        var runspace = RunspaceFactory.CreateRunspace(new ConsoleHost(), state);
        runspace.Open();
        Runspace.DefaultRunspace = runspace;
        return runspace;
    }

    // Windows PowerShell reads its commands through a reader of its own on the same handle (PowerShell's history, commit
    // 07b0964be4), whose buffer takes what follows a command: a script that reads [Console]::In finds it gone.
    private static int ReadLines(Runspace runspace)
    {
        var pending = new StringBuilder();
        var commands = new StreamReader(Console.OpenStandardInput(), new UTF8Encoding(false), false, 1024);
        while (commands.ReadLine() is { } line)
        {
            pending.Append(pending.Length == 0 ? "" : "\n").Append(line);
            Parser.ParseInput(pending.ToString(), out _, out var errors);
            // As the console does: an unfinished statement waits for more lines until an empty one ends it.
            if (errors.Any(error => error.IncompleteInput) && line.Length > 0) continue;
            var text = pending.ToString();
            pending.Clear();
            if (text.Trim().Length > 0 && !Run(runspace, text)) return s_exitCode;
        }
        return 0;
    }

    // As Windows PowerShell: the lines of standard input are the command's $input.
    private static int RunEncoded(Runspace runspace, string encoded)
    {
        Run(runspace, Encoding.Unicode.GetString(Convert.FromBase64String(encoded)), StandardInput());
        return s_exitCode;
    }

    private static IEnumerable<string> StandardInput()
    {
        var lines = new StreamReader(Console.OpenStandardInput(), new UTF8Encoding(false), false, 1 << 16);
        while (lines.ReadLine() is { } line) yield return line;
    }

    private static int s_exitCode;

    private static bool Run(Runspace runspace, string text, IEnumerable<string>? input = null)
    {
        using var shell = PowerShell.Create();
        shell.Runspace = runspace;
        shell.AddScript(text, useLocalScope: false);
        shell.Streams.Error.DataAdded += (sender, added) =>
            Console.Error.WriteLine(((PSDataCollection<ErrorRecord>)sender!)[added.Index].ToString());
        try
        {
            var settings = new PSInvocationSettings { AddToHistory = true };
            // As it comes: what was put out before an exit has been put out.
            var output = new PSDataCollection<PSObject>();
            output.DataAdded += (_, added) => Console.Out.WriteLine(output[added.Index]?.ToString());
            shell.Invoke(input, output, settings);
        }
        catch (ExitException exit)
        {
            s_exitCode = exit.Argument is int code ? code : 0;
            return false;
        }
        catch (RuntimeException exception)
        {
            Console.Error.WriteLine(exception.ErrorRecord.ToString());
        }
        return true;
    }
}
