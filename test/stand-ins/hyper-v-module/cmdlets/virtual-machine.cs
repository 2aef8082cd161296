// The stand-in's machines: configuration that the cmdlets write, and what the worker of a running machine says.
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Threading;

namespace Ringzero.PowerShellHost;

/// <summary>What the worker process of a running machine writes.</summary>
public sealed class MachineRuntime
{
    public int WorkerPid { get; set; }
    public int QemuPid { get; set; }
    public DateTime StartedAt { get; set; }
    public string Heartbeat { get; set; } = "NoContact";
    /// <summary>Counts restarts: a session of an earlier one is dead.</summary>
    public int Epoch { get; set; }
    public bool Ended { get; set; }
}

public sealed class VirtualMachine
{
    public Guid Id { get; set; }
    public string Name { get; set; } = "";
    public string Notes { get; set; } = "";
    public string Path { get; set; } = "";
    public int Generation { get; set; }
    public long MemoryBytes { get; set; }
    public int ProcessorCount { get; set; } = 1;
    public string? Disk { get; set; }
    public string? ComPath { get; set; }
    public string? SwitchName { get; set; }
    public bool HasAdapter { get; set; }
    public List<string> Snapshots { get; set; } = [];
    /// <summary>Memory of a saved machine; it goes on from there when it is started.</summary>
    public string? SavedMemory { get; set; }
    /// <summary>Compared, not yet imported: nobody but its report knows it.</summary>
    public bool Planned { get; set; }
    /// <summary>Everything else that was set, for tests to look at.</summary>
    public Dictionary<string, string> Settings { get; set; } = [];
    /// <summary>A state that QEMU does not have, as OffCritical.</summary>
    public string? Claimed { get; set; }
    [JsonIgnore] public string State => !string.IsNullOrEmpty(Claimed) ? Claimed : (Running ? "Running" : string.IsNullOrEmpty(SavedMemory) ? "Off" : "Saved");
    [JsonIgnore] public string Heartbeat => Running ? Runtime()!.Heartbeat : "Disabled";
    [JsonIgnore] public TimeSpan Uptime => Running ? DateTime.UtcNow - Runtime()!.StartedAt : TimeSpan.Zero;
    [JsonIgnore] public string Folder => System.IO.Path.Combine(StandIn.Store, "machines", Id.ToString());
    [JsonIgnore] public bool Running => Runtime() is { Ended: false } runtime && Lives(runtime.WorkerPid);

    private static bool Lives(int pid)
    {
        if (!OperatingSystem.IsWindows()) return Directory.Exists($"/proc/{pid}");
        try
        {
            using var process = System.Diagnostics.Process.GetProcessById(pid);
            return !process.HasExited;
        }
        catch (ArgumentException) { return false; }
    }

    public string File(string name) => System.IO.Path.Combine(Folder, name);

    public MachineRuntime? Runtime() => StandIn.Read<MachineRuntime>(File("runtime.json"));
    public void Save() => StandIn.Write(File("machine.json"), this);
    public void Set(string name, object? value)
    {
        Settings[name] = value?.ToString() ?? "";
        Save();
    }
}

public sealed class VirtualSwitch
{
    public string Name { get; set; } = "";
    public string Notes { get; set; } = "";
    public string SwitchType { get; set; } = "";
}

public static class StandIn
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };
    public static string Store => Environment.GetEnvironmentVariable("POWERSHELL_HOST_STORE") ?? throw new InvalidOperationException("POWERSHELL_HOST_STORE names no folder");

    public static T? Read<T>(string path) where T : class
    {
        for (var attempt = 0; ; attempt++)
        {
            try { return System.IO.File.Exists(path) ? JsonSerializer.Deserialize<T>(System.IO.File.ReadAllText(path)) : null; }
            catch (Exception) when (attempt < 20) { Thread.Sleep(10); }
        }
    }

    public static void Write(string path, object value)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var temporary = $"{path}.{Environment.ProcessId}.{Environment.CurrentManagedThreadId}";
        System.IO.File.WriteAllText(temporary, JsonSerializer.Serialize(value, value.GetType(), Indented));
        System.IO.File.Move(temporary, path, true);
    }

    public static VirtualMachine[] Machines() => All().Where(machine => !machine.Planned).ToArray();

    public static VirtualMachine[] Planned() => All().Where(machine => machine.Planned).ToArray();

    private static VirtualMachine[] All()
    {
        var folder = Path.Combine(Store, "machines");
        if (!Directory.Exists(folder)) return [];
        return Directory.GetDirectories(folder)
            .Select(one => Read<VirtualMachine>(Path.Combine(one, "machine.json")))
            .OfType<VirtualMachine>()
            .OrderBy(machine => machine.Name, StringComparer.Ordinal)
            .ToArray();
    }

    public static VirtualMachine Fresh(Guid id) => All().First(machine => machine.Id == id);

    /// <summary>Runs work while no other process of the stand-in runs work under the same name.</summary>
    public static T Exclusive<T>(string name, Func<T> work)
    {
        Directory.CreateDirectory(Store);
        while (true)
        {
            FileStream handle;
            try { handle = new FileStream(Path.Combine(Store, $"{name}.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None); }
            catch (IOException)
            {
                Thread.Sleep(20);
                continue;
            }
            using (handle) return work();
        }
    }
}
