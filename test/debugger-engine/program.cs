// `debugger-engine OUT COMMANDS DUMP…` writes one JSON line a dump: what Microsoft's debugger engine says of it, or why it
// refuses it; and what it prints for the commands (`;` between them, "" for none).
using System;
using System.Collections.Generic;
using System.IO;
using System.Runtime.InteropServices;
using System.Text.Json;
using static Ringzero.DebuggerEngine.Engine;

namespace Ringzero.DebuggerEngine;

internal static unsafe class Program
{
    private static int Main(string[] arguments)
    {
        using var output = new StreamWriter(arguments[0]);
        foreach (var dump in arguments[2..])
        {
            string line;
            try { line = JsonSerializer.Serialize(Open(dump, arguments[1])); }
            catch (Exception exception) { line = JsonSerializer.Serialize(new { file = dump, refused = exception.Message }); }
            output.WriteLine(line);
            output.Flush();
        }
        return 0;
    }

    private static object Open(string file, string commands)
    {
        void* client;
        var id = Client;
        Check(DebugCreate(&id, &client), "DebugCreate");
        var control = Query(client, Control);
        var symbols = Query(client, Symbols);
        var path = Marshal.StringToHGlobalAnsi(file);
        try
        {
            Check(((delegate* unmanaged[Stdcall]<void*, nint, int>)Method(client, 19))(client, path), "OpenDumpFile");
            Check(((delegate* unmanaged[Stdcall]<void*, uint, uint, int>)Method(control, 93))(control, 0, 10_000), "WaitForEvent");
            return Describe(file, control, symbols, commands.Length == 0 ? "" : Printed(control, commands));
        }
        finally
        {
            Marshal.FreeHGlobal(path);
            // DEBUG_END_PASSIVE: the next dump gets an engine of its own.
            ((delegate* unmanaged[Stdcall]<void*, uint, int>)Method(client, 26))(client, 0);
        }
    }

    private static object Describe(string file, void* control, void* symbols, string printed)
    {
        uint code, sort, qualifier, processor, processors, platform, major, build, ignored, pack, seconds, uptime;
        var parameters = stackalloc ulong[4];
        Check(((delegate* unmanaged[Stdcall]<void*, uint*, ulong*, ulong*, ulong*, ulong*, int>)Method(control, 43))(control, &code, parameters, parameters + 1, parameters + 2, parameters + 3), "ReadBugCheckData");
        Check(((delegate* unmanaged[Stdcall]<void*, uint*, uint*, int>)Method(control, 34))(control, &sort, &qualifier), "GetDebuggeeType");
        Check(((delegate* unmanaged[Stdcall]<void*, uint*, int>)Method(control, 35))(control, &processor), "GetActualProcessorType");
        Check(((delegate* unmanaged[Stdcall]<void*, uint*, int>)Method(control, 39))(control, &processors), "GetNumberProcessors");
        Check(((delegate* unmanaged[Stdcall]<void*, uint*, uint*, uint*, byte*, uint, uint*, uint*, byte*, uint, uint*, int>)Method(control, 40))(control, &platform, &major, &build, null, 0, &ignored, &pack, null, 0, &ignored), "GetSystemVersion");
        var timed = ((delegate* unmanaged[Stdcall]<void*, uint*, int>)Method(control, 95))(control, &seconds) >= 0;
        var counted = ((delegate* unmanaged[Stdcall]<void*, uint*, int>)Method(control, 96))(control, &uptime) >= 0;
        var (loaded, unloaded) = Modules(symbols);
        return new
        {
            file,
            code,
            parameters = new[] { Hex(parameters[0]), Hex(parameters[1]), Hex(parameters[2]), Hex(parameters[3]) },
            qualifier,
            machine = processor,
            processors,
            build,
            crashedAt = timed ? seconds : (uint?)null,
            uptime = counted ? uptime : (uint?)null,
            loaded,
            unloaded,
            names = new[] { NameAt(symbols, parameters[0]), NameAt(symbols, parameters[1]), NameAt(symbols, parameters[2]), NameAt(symbols, parameters[3]) },
            printed,
        };
    }

    // Through a log file of the engine: output callbacks would be an interface of ours.
    private static string Printed(void* control, string commands)
    {
        var log = Path.GetTempFileName();
        var name = Marshal.StringToHGlobalAnsi(log);
        var text = Marshal.StringToHGlobalAnsi(commands);
        try
        {
            Check(((delegate* unmanaged[Stdcall]<void*, nint, int, int>)Method(control, 8))(control, name, 0), "OpenLogFile");
            // DEBUG_OUTCTL_ALL_CLIENTS; a command that fails prints so.
            ((delegate* unmanaged[Stdcall]<void*, uint, nint, uint, int>)Method(control, 66))(control, 1, text, 0);
            ((delegate* unmanaged[Stdcall]<void*, int>)Method(control, 9))(control);
            return File.ReadAllText(log);
        }
        finally
        {
            Marshal.FreeHGlobal(name);
            Marshal.FreeHGlobal(text);
            File.Delete(log);
        }
    }

    private static string Hex(ulong value) => $"0x{value:x}";

    private static (List<object> Loaded, List<string> Unloaded) Modules(void* symbols)
    {
        uint loaded, unloaded;
        Check(((delegate* unmanaged[Stdcall]<void*, uint*, uint*, int>)Method(symbols, 12))(symbols, &loaded, &unloaded), "GetNumberModules");
        var modules = new List<object>();
        var gone = new List<string>();
        var parameters = new byte[64];
        for (uint index = 0; index < loaded + unloaded; index += 1)
        {
            var image = new byte[1024];
            var name = new byte[256];
            uint size;
            fixed (byte* about = parameters, images = image, names = name)
            {
                Check(((delegate* unmanaged[Stdcall]<void*, uint, ulong*, uint, byte*, int>)Method(symbols, 17))(symbols, 1, null, index, about), "GetModuleParameters");
                // DEBUG_ANY_ID and no base: by its index.
                ((delegate* unmanaged[Stdcall]<void*, uint, ulong, byte*, uint, uint*, byte*, uint, uint*, byte*, uint, uint*, int>)Method(symbols, 16))(symbols, index, 0, images, 1024, &size, names, 256, &size, null, 0, null);
            }
            if (index >= loaded) gone.Add(Text(image));
            else modules.Add(new { name = Text(image), @base = Hex(BitConverter.ToUInt64(parameters, 0)), size = BitConverter.ToUInt32(parameters, 8), timeDateStamp = BitConverter.ToUInt32(parameters, 12) });
        }
        return (modules, gone);
    }

    private static string? NameAt(void* symbols, ulong address)
    {
        var buffer = new byte[512];
        uint size;
        ulong displacement;
        fixed (byte* name = buffer)
        {
            if (((delegate* unmanaged[Stdcall]<void*, ulong, byte*, uint, uint*, ulong*, int>)Method(symbols, 7))(symbols, address, name, 512, &size, &displacement) < 0) return null;
        }
        return $"{Text(buffer)}+0x{displacement:x}";
    }
}
