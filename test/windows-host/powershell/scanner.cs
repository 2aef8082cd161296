// `powershell --scan FOLDER…`: does what a virus scanner does. Opens every new file below the folders as soon as its writer has
// closed it, so that nobody can write, replace or remove it, and lets it go after 200 ms. Prints "ready", then a line a file;
// stays until it is killed.
using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.IO;
using System.Threading;

namespace Ringzero.PowerShellHost;

internal static class Scanner
{
    private static readonly TimeSpan Held = TimeSpan.FromMilliseconds(200);
    // A file that its writer keeps open (a journal) is not looked at.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    internal static int Run(IEnumerable<string> folders)
    {
        var found = new BlockingCollection<string>();
        var watchers = new List<FileSystemWatcher>();
        foreach (var folder in folders)
        {
            var watcher = new FileSystemWatcher(folder) { IncludeSubdirectories = true, InternalBufferSize = 65536 };
            watcher.Created += (_, change) => found.Add(change.FullPath);
            watcher.Renamed += (_, change) => found.Add(change.FullPath);
            watcher.EnableRaisingEvents = true;
            watchers.Add(watcher);
        }
        new Thread(() => { foreach (var file in found.GetConsumingEnumerable()) ThreadPool.QueueUserWorkItem(_ => Scan(file)); }) { IsBackground = true }.Start();
        ThreadPool.SetMinThreads(64, 4);
        Console.Out.WriteLine("ready");
        Thread.Sleep(Timeout.Infinite);
        return 0;
    }

    private static void Scan(string file)
    {
        for (var until = DateTime.UtcNow + Patience; DateTime.UtcNow < until; Thread.Sleep(1))
        {
            try
            {
                using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read);
                Thread.Sleep(Held);
                lock (Console.Out) Console.Out.WriteLine(file);
                return;
            }
            catch (IOException) when (File.Exists(file)) { }
            catch (Exception) { return; }
        }
    }
}
