// The few methods of dbgeng.dll that the tests ask, called by their places in the tables of dbgeng.h: COM interop of .NET is not needed.
using System;
using System.Runtime.InteropServices;
using System.Text;

namespace Ringzero.DebuggerEngine;

internal static unsafe class Engine
{
    [DllImport("dbgeng.dll", ExactSpelling = true)]
    internal static extern int DebugCreate(Guid* interfaceId, void** client);

    internal static readonly Guid Client = new("27fe5639-8407-4f47-8364-ee118fb08ac8");
    internal static readonly Guid Control = new("d4366723-44df-4bed-8c7e-4c05424f4588");
    internal static readonly Guid Symbols = new("3a707211-afdd-4495-ad4f-56fecdf8163f");

    internal static void* Method(void* instance, int place) => (*(void***)instance)[place];

    internal static void* Query(void* instance, Guid id)
    {
        void* found;
        Check(((delegate* unmanaged[Stdcall]<void*, Guid*, void**, int>)Method(instance, 0))(instance, &id, &found), "QueryInterface");
        return found;
    }

    internal static void Check(int result, string what)
    {
        if (result < 0) throw new InvalidOperationException($"{what}: 0x{result:x8}");
    }

    internal static string Text(byte[] buffer)
    {
        var end = Array.IndexOf(buffer, (byte)0);
        return Encoding.Latin1.GetString(buffer, 0, end < 0 ? buffer.Length : end);
    }
}
