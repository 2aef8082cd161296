using System.Linq;
using System.Management.Automation;

namespace Ringzero.PowerShellHost;

[Cmdlet(VerbsCommon.Get, "Variable")]
public sealed class GetVariable : PSCmdlet
{
    [Parameter(Position = 0)] public string Name { get; set; } = "*";
    [Parameter] public string? Scope { get; set; }

    protected override void ProcessRecord()
    {
        var pattern = new WildcardPattern(Name, WildcardOptions.IgnoreCase);
        foreach (var item in InvokeProvider.Item.Get("Variable:*").Select(item => item.BaseObject).OfType<PSVariable>())
            if (pattern.IsMatch(item.Name)) WriteObject(item);
    }
}
