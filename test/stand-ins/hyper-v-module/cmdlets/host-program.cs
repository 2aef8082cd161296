// Starts programs of the computer that the stand-in runs on.
using System;
using System.Diagnostics;
using System.IO;
using System.Threading;

namespace Ringzero.PowerShellHost;

public static class HostProgram
{
    /// <summary>Runs a program to its end; its output, or an exception with it.</summary>
    public static string Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {process.ExitCode} {errors.Result}{output}");
    }

    /// <summary>Starts the worker of a machine so that it outlives this process, and waits until the machine runs.</summary>
    public static void StartWorker(VirtualMachine machine)
    {
        File.Delete(machine.File("runtime.json"));
        var start = new ProcessStartInfo("/bin/sh") { UseShellExecute = false };
        foreach (var argument in new[] { "-c", "setsid \"$0\" --worker \"$1\" </dev/null >/dev/null 2>\"$1/worker.log\" &", Environment.ProcessPath!, machine.Folder })
            start.ArgumentList.Add(argument);
        using (var shell = Process.Start(start)!) shell.WaitForExit();
        for (var attempt = 0; attempt < 400; attempt++)
        {
            if (machine.Runtime() is { } runtime)
            {
                if (runtime.Ended) break;
                return;
            }
            Thread.Sleep(50);
        }
        throw new InvalidOperationException($"the machine did not start: {File.ReadAllText(machine.File("worker.log"))}");
    }
}
