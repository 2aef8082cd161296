// The smallest host that the engine accepts: text goes to the two standard streams, questions are refused as in -NonInteractive.
using System;
using System.Collections.Generic;
using System.Collections.ObjectModel;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Security;

namespace Ringzero.PowerShellHost;

internal sealed class ConsoleHost : PSHost
{
    private readonly ConsoleText _text = new();
    public override CultureInfo CurrentCulture => CultureInfo.InvariantCulture;
    public override CultureInfo CurrentUICulture => CultureInfo.InvariantCulture;
    public override Guid InstanceId { get; } = Guid.NewGuid();
    public override string Name => "ConsoleHost";
    public override PSHostUserInterface UI => _text;
    public override Version Version => new(7, 6, 9);
    public override void EnterNestedPrompt() => throw new NotSupportedException();
    public override void ExitNestedPrompt() => throw new NotSupportedException();
    public override void NotifyBeginApplication() { }
    public override void NotifyEndApplication() { }
    public override void SetShouldExit(int exitCode) => Environment.Exit(exitCode);
}

internal sealed class ConsoleText : PSHostUserInterface
{
    private static PSInvalidOperationException Refused() => new("the session is not interactive");
    public override PSHostRawUserInterface? RawUI => null;
    public override Dictionary<string, PSObject> Prompt(string caption, string message, Collection<FieldDescription> descriptions) => throw Refused();
    public override int PromptForChoice(string caption, string message, Collection<ChoiceDescription> choices, int defaultChoice) => throw Refused();
    public override PSCredential PromptForCredential(string caption, string message, string userName, string targetName) => throw Refused();
    public override PSCredential PromptForCredential(string caption, string message, string userName, string targetName, PSCredentialTypes allowedCredentialTypes, PSCredentialUIOptions options) => throw Refused();
    public override string ReadLine() => throw Refused();
    public override SecureString ReadLineAsSecureString() => throw Refused();
    public override void Write(string value) => Console.Out.Write(value);
    public override void Write(ConsoleColor foregroundColor, ConsoleColor backgroundColor, string value) => Console.Out.Write(value);
    public override void WriteDebugLine(string message) => Console.Out.WriteLine(message);
    public override void WriteErrorLine(string value) => Console.Error.WriteLine(value);
    public override void WriteLine(string value) => Console.Out.WriteLine(value);
    public override void WriteProgress(long sourceId, ProgressRecord record) { }
    public override void WriteVerboseLine(string message) => Console.Out.WriteLine(message);
    public override void WriteWarningLine(string message) => Console.Out.WriteLine(message);
}
