// The stand-in's event logs: one JSON line a record, in the shape that Get-WinEvent gives.
using System;
using System.IO;
using System.Linq;
using System.Security;
using System.Text.Json;

namespace Ringzero.PowerShellHost;

public sealed class HostEvent
{
    public string LogName { get; set; } = "";
    public long RecordId { get; set; }
    public int Id { get; set; }
    public DateTime TimeCreated { get; set; }
    public Guid Machine { get; set; }
    public string MachineName { get; set; } = "";
    public string Message { get; set; } = "";

    /// <summary>UserData with VmName and VmId first, as the host's providers write it (not EventData).</summary>
    public string ToXml()
    {
        var codes = Id == 18590 ? string.Concat(Enumerable.Range(0, 5).Select(index => $"<VmErrorCode{index}>0x0</VmErrorCode{index}>")) : "";
        var message = Id == 18590 ? $"<VmErrorMessage>{SecurityElement.Escape(Message)}</VmErrorMessage>" : "";
        return "<Event xmlns=\"http://schemas.microsoft.com/win/2004/08/events/event\"><System>" +
            $"<EventID>{Id}</EventID><EventRecordID>{RecordId}</EventRecordID></System><UserData>" +
            "<VmlEventLog xmlns=\"http://www.microsoft.com/Windows/Virtualization/Events\">" +
            $"<VmName>{SecurityElement.Escape(MachineName)}</VmName><VmId>{Machine.ToString().ToUpperInvariant()}</VmId>{codes}{message}" +
            "</VmlEventLog></UserData></Event>";
    }
}

public static class HostEvents
{
    private const string Worker = "Microsoft-Windows-Hyper-V-Worker-Admin";
    private const string Management = "Microsoft-Windows-Hyper-V-VMMS-Admin";
    private static string FileOf(string log) => Path.Combine(StandIn.Store, $"{log}.jsonl");

    public static void Write(VirtualMachine machine, int id, string message = "") => StandIn.Exclusive("events", () =>
    {
        var log = id == 14070 ? Management : Worker;
        var record = new HostEvent
        {
            LogName = log,
            RecordId = Read(log).Length + 1,
            Id = id,
            TimeCreated = DateTime.UtcNow,
            Machine = machine.Id,
            MachineName = machine.Name,
            Message = message,
        };
        File.AppendAllText(FileOf(log), JsonSerializer.Serialize(record) + "\n");
        return 0;
    });

    public static HostEvent[] Read(string log) => File.Exists(FileOf(log))
        ? File.ReadAllText(FileOf(log)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Parse).OfType<HostEvent>().ToArray()
        : [];

    private static HostEvent? Parse(string line)
    {
        try { return JsonSerializer.Deserialize<HostEvent>(line); }
        catch (JsonException) { return null; }
    }
}
