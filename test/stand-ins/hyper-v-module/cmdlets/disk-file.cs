// The stand-in's disks. On Linux QCOW2 files, so that QEMU can run them. As a Windows process, where there is no QEMU, a file
// with the path of its parent in the first line, or nothing in it.
using System;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json;

namespace Ringzero.PowerShellHost;

public static class DiskFile
{
    private const string Mark = "disk of the stand-in";

    /// <summary>An empty disk of this size.</summary>
    public static void Create(string path, long size)
    {
        if (OperatingSystem.IsWindows()) File.WriteAllText(path, Mark);
        else HostProgram.Run("qemu-img", "create", "-q", "-f", "qcow2", path, size.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>A disk that keeps what differs from its parent; 0 for the parent's size.</summary>
    public static void CreateChild(string path, string parent, long size)
    {
        if (OperatingSystem.IsWindows())
        {
            Root(parent);
            File.WriteAllText(path, $"{Mark}\n{parent}");
            return;
        }
        using var about = JsonDocument.Parse(HostProgram.Run("qemu-img", "info", "--output", "json", parent));
        var format = about.RootElement.GetProperty("format").GetString()!;
        string[] words = ["create", "-q", "-f", "qcow2", "-F", format, "-b", parent, path];
        HostProgram.Run("qemu-img", size > 0 ? [.. words, size.ToString(CultureInfo.InvariantCulture)] : words);
    }

    /// <summary>The disk at the root of a chain of disks; an exception when a file of it is none or is missing.</summary>
    public static string Root(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            var lines = File.ReadAllText(path).Split('\n');
            if (lines[0] != Mark) throw Corrupted(path);
            return lines.Length > 1 ? Root(lines[1]) : path;
        }
        using var chain = JsonDocument.Parse(HostProgram.Run("qemu-img", "info", "-U", "--backing-chain", "--output", "json", path));
        foreach (var disk in chain.RootElement.EnumerateArray())
            if (disk.GetProperty("format").GetString() == "raw") throw Corrupted(path);
        return chain.RootElement.EnumerateArray().Last().GetProperty("filename").GetString()!;
    }

    private static InvalidOperationException Corrupted(string path) => new($"the file or folder is corrupted and unreadable: {path}");
}
