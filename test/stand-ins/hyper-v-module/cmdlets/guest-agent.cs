// Programs and files of a guest through the QEMU guest agent: what PowerShell Direct is in the stand-in.
using System;
using System.Collections;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using System.Threading;

namespace Ringzero.PowerShellHost;

public sealed class GuestLost(string message) : Exception(message);

public static class GuestAgent
{
    private static readonly TimeSpan Answer = TimeSpan.FromSeconds(15);

    private static JsonElement Ask(VirtualMachine machine, int epoch, string command, object? arguments) => StandIn.Exclusive($"agent-{machine.Id}", () =>
    {
        if (!machine.Running) throw new GuestLost($"The virtual machine {machine.Name} is not in running state.");
        if (machine.Runtime()!.Epoch != epoch) throw new GuestLost("The guest restarted.");
        try
        {
            using var socket = LineSocket.Connect(machine.File("agent.sock"), TimeSpan.FromSeconds(2));
            var token = Random.Shared.Next(1, int.MaxValue);
            socket.Write([0xff]);
            socket.WriteLine(JsonSerializer.Serialize(new { execute = "guest-sync-delimited", arguments = new { id = token } }));
            var synchronized = false;
            var until = DateTime.UtcNow + TimeSpan.FromSeconds(5);
            while (!synchronized)
            {
                var line = socket.ReadLine(until - DateTime.UtcNow) ?? throw new GuestLost("The agent's port closed.");
                line = line[(line.LastIndexOf('\u00ff') + 1)..].TrimStart('\ufffd');
                synchronized = line.Contains($"\"return\": {token}");
            }
            socket.WriteLine(JsonSerializer.Serialize(new { execute = command, arguments = arguments ?? new { } }));
            using var answer = JsonDocument.Parse(socket.ReadLine(Answer) ?? throw new GuestLost("The agent's port closed."));
            if (answer.RootElement.TryGetProperty("error", out var error)) throw new InvalidOperationException(error.GetProperty("desc").GetString());
            return answer.RootElement.GetProperty("return").Clone();
        }
        catch (Exception exception) when (exception is TimeoutException or IOException or System.Net.Sockets.SocketException)
        {
            throw new GuestLost("A failure occurred while attempting to connect to the target virtual machine.");
        }
    });

    public static Hashtable Execute(VirtualMachine machine, int epoch, string program, string[] arguments, string? inputBase64, string[] names, string[] values, long limit)
    {
        var environment = names.Zip(values, (name, value) => $"{name}={value}").ToList();
        if (environment.Count > 0) environment.Add("PATH=/usr/sbin:/usr/bin:/sbin:/bin");
        var request = new Dictionary<string, object> { ["path"] = program, ["arg"] = arguments, ["capture-output"] = true };
        if (environment.Count > 0) request["env"] = environment;
        if (!string.IsNullOrEmpty(inputBase64)) request["input-data"] = inputBase64;
        int pid;
        try { pid = Ask(machine, epoch, "guest-exec", request).GetProperty("pid").GetInt32(); }
        catch (InvalidOperationException exception) { return new Hashtable { ["started"] = false, ["message"] = exception.Message }; }
        while (true)
        {
            var status = Ask(machine, epoch, "guest-exec-status", new { pid });
            if (status.GetProperty("exited").GetBoolean()) return Finished(status, limit);
            Thread.Sleep(30);
        }
    }

    private static Hashtable Finished(JsonElement status, long limit)
    {
        var truncated = false;
        string Stream(string name)
        {
            if (!status.TryGetProperty(name, out var data)) return "";
            var bytes = data.GetBytesFromBase64();
            truncated |= bytes.Length > limit;
            return Convert.ToBase64String(bytes, 0, (int)Math.Min(bytes.Length, limit));
        }
        var result = new Hashtable { ["started"] = true, ["stdout"] = Stream("out-data"), ["stderr"] = Stream("err-data") };
        // As a shell says it: 128 and the signal's number.
        result["exitCode"] = status.TryGetProperty("exitcode", out var code) ? code.GetInt32() : 128 + status.GetProperty("signal").GetInt32();
        result["truncated"] = truncated || (status.TryGetProperty("out-truncated", out var cut) && cut.GetBoolean());
        return result;
    }

    public static string Shell(VirtualMachine machine, int epoch, string script, params string[] arguments)
    {
        var result = Execute(machine, epoch, "/bin/sh", ["-c", script, "sh", .. arguments], null, [], [], 1 << 20);
        var output = Encoding.UTF8.GetString(Convert.FromBase64String((string)result["stdout"]!));
        return (int)result["exitCode"]! == 0 ? output.TrimEnd('\n') : throw new InvalidOperationException($"the guest's shell ended with {result["exitCode"]}: {output}");
    }

    public static string Echo(VirtualMachine machine, int epoch, string nonce) => Shell(machine, epoch, "printf %s \"$1\"", nonce);

    public static void Push(VirtualMachine machine, int epoch, string local, string guest)
    {
        var handle = Ask(machine, epoch, "guest-file-open", new { path = guest, mode = "w" }).GetInt64();
        using var source = File.OpenRead(local);
        var buffer = new byte[1 << 19];
        for (var count = source.Read(buffer); count > 0; count = source.Read(buffer))
            Ask(machine, epoch, "guest-file-write", new Dictionary<string, object> { ["handle"] = handle, ["buf-b64"] = Convert.ToBase64String(buffer, 0, count) });
        Ask(machine, epoch, "guest-file-close", new { handle });
    }

    public static void Pull(VirtualMachine machine, int epoch, string guest, string local)
    {
        var handle = Ask(machine, epoch, "guest-file-open", new { path = guest, mode = "r" }).GetInt64();
        using var target = File.Create(local);
        while (true)
        {
            var piece = Ask(machine, epoch, "guest-file-read", new { handle, count = 1 << 20 });
            if (piece.TryGetProperty("buf-b64", out var data)) target.Write(data.GetBytesFromBase64());
            if (piece.GetProperty("eof").GetBoolean()) break;
        }
        Ask(machine, epoch, "guest-file-close", new { handle });
    }
}
