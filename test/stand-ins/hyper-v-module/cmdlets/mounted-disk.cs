// A guest's disk on the host: the ext4 file system of the stand-in's guest, taken apart by debugfs, changes put back at the end.
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;

namespace Ringzero.PowerShellHost;

public sealed class MountRecord
{
    public string Path { get; set; } = "";
    public int Number { get; set; }
    public bool ReadOnly { get; set; }
    public string? Folder { get; set; }
    /// <summary>Who has the disk's identifier: the disk at the root of its chain, or itself once it got one of its own.</summary>
    public string Identity { get; set; } = "";
    public bool Offline { get; set; }
    /// <summary>As MSFT_Disk.OfflineReason: 1 for the host's policy for new disks, 4 for an identifier that is online already.</summary>
    public int OfflineReason { get; set; }
    /// <summary>A disk that a policy kept offline comes up so that nothing may be written to it.</summary>
    public bool WriteProtected { get; set; }
    /// <summary>Every file as it was: path below the folder, size and time.</summary>
    public Dictionary<string, string> Before { get; set; } = [];
}

public static class MountedDisk
{
    private static string Folder => Path.Combine(StandIn.Store, "mounts");
    private static string FileOf(int number) => Path.Combine(Folder, $"{number}.json");
    private static string RawOf(int number) => Path.Combine(Folder, $"{number}.raw");

    private static MountRecord[] All() => Directory.Exists(Folder)
        ? Directory.GetFiles(Folder, "*.json").Select(StandIn.Read<MountRecord>).OfType<MountRecord>().ToArray()
        : [];

    private static MountRecord Of(int number) => StandIn.Read<MountRecord>(FileOf(number)) ?? throw new InvalidOperationException($"no disk {number}");

    public static int? NumberOf(string path) => All().FirstOrDefault(record => record.Path == path)?.Number;

    public static int Mount(string path, bool readOnly) => StandIn.Exclusive("mounts", () =>
    {
        if (NumberOf(path) is not null) throw new InvalidOperationException("the disk is in use");
        var root = DiskFile.Root(path);
        var number = All().Select(record => record.Number).DefaultIfEmpty(0).Max() + 1;
        // Windows brings no second disk of an identifier online.
        var collides = All().Any(record => record.Identity == root && !record.Offline);
        var policy = File.Exists(Path.Combine(StandIn.Store, "new-disks-stay-offline"));
        Directory.CreateDirectory(Folder);
        // As a Windows process a disk can be attached; nothing is in it.
        if (!OperatingSystem.IsWindows()) Expand(path, number, readOnly);
        StandIn.Write(FileOf(number), new MountRecord { Path = path, Number = number, ReadOnly = readOnly, Identity = root, Offline = collides || policy, OfflineReason = collides ? 4 : policy ? 1 : 0, WriteProtected = policy });
        return number;
    });

    private static void Expand(string path, int number, bool readOnly)
    {
        HostProgram.Run("qemu-img", "convert", "-U", "-O", "raw", path, RawOf(number));
        // A journal that a crash left behind is what the file system's driver would play back, where it may write.
        try { if (!readOnly) HostProgram.Run("e2fsck", "-fy", RawOf(number)); }
        catch (InvalidOperationException) { /* 1: errors corrected */ }
    }

    public static bool IsOffline(int number) => Of(number).Offline;

    public static int OfflineReason(int number) => Of(number).OfflineReason;

    public static bool IsWriteProtected(int number) => Of(number).WriteProtected;

    public static void AllowWriting(int number)
    {
        var record = Of(number);
        record.WriteProtected = false;
        StandIn.Write(FileOf(number), record);
    }

    /// <summary>A disk whose identifier is online already gets another; the stand-in keeps the names of those.</summary>
    public static void BringOnline(int number)
    {
        var record = Of(number);
        if (!record.Offline) return;
        if (record.ReadOnly) throw new InvalidOperationException("the media is write protected");
        record.Offline = false;
        if (!All().Any(other => other.Number != number && other.Identity == record.Identity && !other.Offline))
        {
            StandIn.Write(FileOf(number), record);
            return;
        }
        record.Identity = record.Path;
        StandIn.Write(FileOf(number), record);
        File.AppendAllText(Path.Combine(StandIn.Store, "identified-anew.txt"), record.Path + "\n");
    }

    public static string? AccessPath(int number) => Of(number).Folder;

    /// <summary>The disk below whose folder a file lies.</summary>
    public static string? Owner(string file) => All().FirstOrDefault(record => record.Folder is not null && file.StartsWith(record.Folder, StringComparison.Ordinal))?.Path;

    public static void Show(int number, string folder)
    {
        var record = Of(number);
        if (record.Offline) throw new InvalidOperationException("the disk is offline");
        if (record.WriteProtected) throw new InvalidOperationException("the media is write protected");
        if (HostProgram.Run("dumpe2fs", "-h", RawOf(number)).Contains("needs_recovery", StringComparison.Ordinal)) throw new InvalidOperationException("the log of the volume was not replayed");
        HostProgram.Run("debugfs", "-R", $"rdump / \"{folder}\"", RawOf(number));
        record.Folder = folder;
        record.Before = Look(folder);
        StandIn.Write(FileOf(number), record);
    }

    public static void Hide(int number)
    {
        var record = Of(number);
        if (record is { ReadOnly: false, Folder: not null }) PutBack(record);
        if (record.Folder is not null && Directory.Exists(record.Folder)) Directory.Delete(record.Folder, true);
        record.Folder = null;
        StandIn.Write(FileOf(number), record);
    }

    public static void Dismount(string path)
    {
        var number = NumberOf(path) ?? throw new InvalidOperationException("the disk is not attached");
        if (AccessPath(number) is not null) Hide(number);
        File.Delete(RawOf(number));
        File.Delete(FileOf(number));
    }

    private static Dictionary<string, string> Look(string folder) =>
        Directory.GetFiles(folder, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint })
            .ToDictionary(file => Path.GetRelativePath(folder, file), file => $"{new FileInfo(file).Length} {File.GetLastWriteTimeUtc(file).Ticks}");

    private static void PutBack(MountRecord record)
    {
        var folder = record.Folder!;
        var now = Look(folder);
        var script = new StringBuilder();
        foreach (var gone in record.Before.Keys.Except(now.Keys)) script.AppendLine($"rm \"/{gone}\"");
        foreach (var (file, mark) in now.Where(entry => !record.Before.TryGetValue(entry.Key, out var before) || before != entry.Value))
        {
            var parts = file.Split('/');
            for (var depth = 1; depth < parts.Length; depth++) script.AppendLine($"mkdir \"/{string.Join('/', parts[..depth])}\"");
            if (record.Before.ContainsKey(file)) script.AppendLine($"rm \"/{file}\"");
            script.AppendLine($"write \"{Path.Combine(folder, file)}\" \"/{file}\"");
            var mode = (int)File.GetUnixFileMode(Path.Combine(folder, file));
            script.AppendLine($"set_inode_field \"/{file}\" mode 0{Convert.ToString(0x8000 | mode, 8)}");
        }
        if (script.Length == 0) return;
        var commands = RawOf(record.Number) + ".commands";
        File.WriteAllText(commands, script.ToString());
        HostProgram.Run("debugfs", "-w", "-f", commands, RawOf(record.Number));
        File.Delete(commands);
        HostProgram.Run("qemu-img", "convert", "-O", "qcow2", RawOf(record.Number), record.Path + ".new");
        File.Move(record.Path + ".new", record.Path, true);
    }
}
