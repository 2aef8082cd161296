// `powershell-host --worker FOLDER`: the process of one running machine, as vmwp.exe is on a Hyper-V host. Starts QEMU,
// writes the host's events for what QEMU reports, ends with it.
using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Text.Json;
using System.Threading;

namespace Ringzero.PowerShellHost;

internal sealed class MachineWorker
{
    // QEMU reports several resets for one restart.
    private static readonly TimeSpan OneRestart = TimeSpan.FromSeconds(2);
    private readonly VirtualMachine _machine;
    private readonly MachineRuntime _runtime = new() { WorkerPid = Environment.ProcessId, StartedAt = DateTime.UtcNow };
    private DateTime _lastReset = DateTime.MinValue;
    private bool _explained;
    private bool _restored;

    private MachineWorker(VirtualMachine machine) => _machine = machine;

    internal static int Run(string folder)
    {
        new MachineWorker(StandIn.Read<VirtualMachine>(Path.Combine(folder, "machine.json"))!).Run();
        return 0;
    }

    private void Run()
    {
        using var qemu = Process.Start(Arguments()) ?? throw new InvalidOperationException("QEMU did not start");
        try
        {
            _runtime.QemuPid = qemu.Id;
            using var monitor = LineSocket.Connect(_machine.File("events.sock"), TimeSpan.FromSeconds(20), () => qemu.HasExited);
            monitor.WriteLine("""{"execute":"qmp_capabilities"}""");
            // The firmware says nothing of a machine that goes on from a saved state.
            if (_restored) _runtime.Heartbeat = "OkApplicationsUnknown";
            else HostEvents.Write(_machine, 18601);
            Save();
            while (monitor.ReadLine(Timeout.InfiniteTimeSpan) is { } line) Take(JsonDocument.Parse(line).RootElement);
        }
        finally
        {
            qemu.WaitForExit(5000);
            if (!_explained) HostEvents.Write(_machine, 14070, "the worker process terminated unexpectedly");
            _runtime.Ended = true;
            Save();
        }
    }

    private void Save() => StandIn.Write(_machine.File("runtime.json"), _runtime);

    private void Take(JsonElement message)
    {
        if (!message.TryGetProperty("event", out var name)) return;
        message.TryGetProperty("data", out var data);
        switch (name.GetString())
        {
            case "GUEST_PANICKED":
                HostEvents.Write(_machine, 18590);
                break;
            case "RESET" when DateTime.UtcNow - _lastReset > OneRestart:
                _lastReset = DateTime.UtcNow;
                _runtime.Epoch++;
                _runtime.Heartbeat = "NoContact";
                Save();
                HostEvents.Write(_machine, data.GetProperty("guest").GetBoolean() ? 18514 : 18512);
                break;
            case "SHUTDOWN":
                _explained = data.GetProperty("reason").GetString() != "host-signal";
                if (_explained) HostEvents.Write(_machine, data.GetProperty("guest").GetBoolean() ? 18508 : 18502);
                break;
            case "VSERPORT_CHANGE":
                _runtime.Heartbeat = data.GetProperty("open").GetBoolean() ? "OkApplicationsUnknown" : "LostCommunication";
                Save();
                break;
        }
    }

    private ProcessStartInfo Arguments()
    {
        var kernel = StandIn.Read<Dictionary<string, string>>(Path.Combine(StandIn.Store, "kernel.json"))!;
        var safe = _machine.Settings.Remove("SafeOnce");
        if (safe) _machine.Save();
        var start = new ProcessStartInfo("qemu-system-x86_64")
        {
            UseShellExecute = false,
            RedirectStandardInput = false,
            ArgumentList =
            {
                "-action", "panic=none", "-accel", "tcg", "-machine", "q35", "-cpu", "max", "-display", "none", "-vga", "std", "-nodefaults", "-no-user-config",
                "-m", $"{_machine.MemoryBytes / 1048576}", "-smp", $"{_machine.ProcessorCount}",
                "-kernel", kernel["path"], "-initrd", kernel["initrd"], "-append", kernel[safe ? "safeCommandLine" : "commandLine"],
                "-blockdev", JsonSerializer.Serialize(new { driver = "qcow2", @node_name = "x", file = new { driver = "file", filename = _machine.Disk } }).Replace("node_name", "node-name"),
                "-device", "virtio-blk-pci,drive=x",
                "-device", "virtio-serial-pci", "-chardev", $"socket,id=agent,path={_machine.File("agent.sock")},server=on,wait=off",
                "-device", "virtserialport,id=agent-port,chardev=agent,name=org.qemu.guest_agent.0", "-device", "pvpanic-pci",
                "-chardev", $"socket,id=com,path={_machine.ComPath},server=on,wait=off", "-serial", "chardev:com",
                "-qmp", $"unix:{_machine.File("events.sock")},server=on,wait=off", "-qmp", $"unix:{_machine.File("commands.sock")},server=on,wait=off",
            },
        };
        if (_machine.SavedMemory is { Length: > 0 } memory)
        {
            _restored = true;
            start.ArgumentList.Add("-incoming");
            start.ArgumentList.Add($"exec:cat '{memory}'");
            _machine.SavedMemory = null;
            _machine.Save();
        }
        return start;
    }
}
