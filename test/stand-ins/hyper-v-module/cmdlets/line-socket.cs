// Lines of JSON over a unix socket: QEMU's monitor and the guest agent.
using System;
using System.Collections.Generic;
using System.IO;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Threading;

namespace Ringzero.PowerShellHost;

internal sealed class LineSocket : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly List<byte> _pending = [];
    private readonly byte[] _buffer = new byte[65536];

    internal static LineSocket Connect(string path, TimeSpan patience, Func<bool>? hopeless = null)
    {
        var until = DateTime.UtcNow + patience;
        while (true)
        {
            var line = new LineSocket();
            try
            {
                line._socket.Connect(new UnixDomainSocketEndPoint(path));
                return line;
            }
            catch (SocketException)
            {
                line.Dispose();
                if (DateTime.UtcNow > until || hopeless?.Invoke() == true) throw;
                Thread.Sleep(50);
            }
        }
    }

    internal void Write(byte[] bytes)
    {
        for (var sent = 0; sent < bytes.Length;) sent += _socket.Send(bytes, sent, bytes.Length - sent, SocketFlags.None);
    }

    internal void WriteLine(string line) => Write(Encoding.UTF8.GetBytes(line + "\n"));

    /// <summary>The next line; null at the end; TimeoutException when none comes.</summary>
    internal string? ReadLine(TimeSpan patience)
    {
        var until = patience == Timeout.InfiniteTimeSpan ? DateTime.MaxValue : DateTime.UtcNow + patience;
        while (true)
        {
            var end = _pending.IndexOf((byte)'\n');
            if (end >= 0)
            {
                var line = Encoding.UTF8.GetString(_pending.GetRange(0, end).ToArray());
                _pending.RemoveRange(0, end + 1);
                return line;
            }
            if (until != DateTime.MaxValue)
            {
                var left = until - DateTime.UtcNow;
                if (left <= TimeSpan.Zero || !_socket.Poll(left, SelectMode.SelectRead)) throw new TimeoutException();
            }
            var count = _socket.Receive(_buffer);
            if (count == 0) return null;
            _pending.AddRange(new ArraySegment<byte>(_buffer, 0, count));
        }
    }

    public void Dispose() => _socket.Dispose();
}

public static class Monitor
{
    /// <summary>One QMP command on the machine's second monitor; its result as JSON text.</summary>
    public static string Execute(VirtualMachine machine, string command, string arguments) => StandIn.Exclusive($"monitor-{machine.Id}", () =>
    {
        using var socket = LineSocket.Connect(machine.File("commands.sock"), TimeSpan.FromSeconds(5));
        socket.ReadLine(TimeSpan.FromSeconds(5));
        socket.WriteLine("""{"execute":"qmp_capabilities"}""");
        socket.WriteLine($$"""{"execute":"{{command}}","arguments":{{arguments}},"id":"own"}""");
        while (socket.ReadLine(TimeSpan.FromSeconds(60)) is { } line)
        {
            using var answer = JsonDocument.Parse(line);
            if (!answer.RootElement.TryGetProperty("id", out _)) continue;
            if (answer.RootElement.TryGetProperty("error", out var error)) throw new InvalidOperationException(error.ToString());
            return answer.RootElement.GetProperty("return").ToString();
        }
        return "";
    });
}
