// What the engine's own parser finds in scripts: parse errors, functions, each command with its arguments, and what is
// newer than Windows PowerShell 5.1. One JSON line a file.
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Management.Automation.Language;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Ringzero.PowerShellHost;

internal static class ScriptFacts
{
    internal static int Print(IEnumerable<string> files)
    {
        foreach (var file in files)
        {
            var script = Parser.ParseInput(File.ReadAllText(file), out var tokens, out var errors);
            Console.Out.WriteLine(JsonSerializer.Serialize(new
            {
                file,
                errors = errors.Select(error => new { line = error.Extent.StartLineNumber, message = error.Message }),
                functions = All<FunctionDefinitionAst>(script).Select(function => function.Name),
                parameters = All<FunctionDefinitionAst>(script).Select(function => new { function = function.Name, names = ParametersOf(function) }),
                commands = All<CommandAst>(script).Select(Command),
                asked = All<InvokeMemberExpressionAst>(script).Select(Asked).Where(name => name is not null),
                programs = All<Ast>(script).SelectMany(Programs),
                tables = Tables(script),
                newer = NewerSyntax.Find(File.ReadAllBytes(file), script, tokens).Select(found => new { line = found.Line, message = found.Message }),
            }));
        }
        return 0;
    }

    private static IEnumerable<T> All<T>(Ast script) where T : Ast => script.FindAll(ast => ast is T, true).Cast<T>();

    private static IEnumerable<string> ParametersOf(FunctionDefinitionAst function) =>
        (function.Parameters ?? function.Body.ParamBlock?.Parameters ?? Enumerable.Empty<ParameterAst>()).Select(parameter => parameter.Name.VariablePath.UserPath);

    // A parameter that the script looks for before it gives it: (Get-Command …).Parameters.ContainsKey('Name').
    private static string? Asked(InvokeMemberExpressionAst call) =>
        Constant(call.Member) == "ContainsKey" && call is { Expression: MemberExpressionAst { Member: StringConstantExpressionAst { Value: "Parameters" } }, Arguments: [var name] } ? Constant(name) : null;

    // Programs that texts name, such as the System32\reg.exe that a path is joined with: at the end of the text or before a space or quote.
    private static IEnumerable<object> Programs(Ast ast)
    {
        var text = ast switch { StringConstantExpressionAst constant => constant.Value, ExpandableStringExpressionAst expandable => expandable.Value, _ => "" };
        foreach (Match match in Regex.Matches(text, @"(?<=^|[\\/""'\s])[\w.-]+\.(?:exe|msc|cpl|vbs)(?=$|[""'\s])", RegexOptions.IgnoreCase))
            yield return new { line = ast.Extent.StartLineNumber, name = match.Value };
    }

    private static object Command(CommandAst command) => new
    {
        line = command.Extent.StartLineNumber,
        name = command.GetCommandName(),
        text = command.CommandElements[0].Extent.Text,
        piped = command.Parent is PipelineAst pipeline && pipeline.PipelineElements[0] != command,
        elements = command.CommandElements.Skip(1).Select(Element),
    };

    private static object Element(CommandElementAst element) => element switch
    {
        CommandParameterAst parameter => new { kind = "parameter", name = parameter.ParameterName, inline = parameter.Argument is not null, value = Constant(parameter.Argument) },
        VariableExpressionAst { Splatted: true } variable => new { kind = "splat", name = variable.VariablePath.UserPath, inline = false, value = (string?)null },
        _ => new { kind = "value", name = "", inline = false, value = Constant(element) },
    };

    private static string? Constant(Ast? expression) => expression switch
    {
        StringConstantExpressionAst text => text.Value,
        ConstantExpressionAst constant => constant.Value?.ToString(),
        _ => null,
    };

    // Hashtables in variables, with the keys that are set later: what a splat can bring.
    private static Dictionary<string, List<object>> Tables(Ast script)
    {
        var tables = new Dictionary<string, List<object>>(StringComparer.OrdinalIgnoreCase);
        List<object> Of(string name) => tables.TryGetValue(name, out var list) ? list : tables[name] = [];
        foreach (var assignment in All<AssignmentStatementAst>(script))
        {
            var value = (assignment.Right as CommandExpressionAst)?.Expression;
            if (assignment.Left is VariableExpressionAst variable && value is HashtableAst table)
                foreach (var (key, item) in table.KeyValuePairs)
                    Of(variable.VariablePath.UserPath).Add(new { name = Constant(key), value = Constant((((item as PipelineAst)?.PipelineElements[0]) as CommandExpressionAst)?.Expression) });
            if (assignment.Left is IndexExpressionAst { Target: VariableExpressionAst target } index)
                Of(target.VariablePath.UserPath).Add(new { name = Constant(index.Index), value = Constant(value) });
            if (assignment.Left is MemberExpressionAst { Expression: VariableExpressionAst owner } member)
                Of(owner.VariablePath.UserPath).Add(new { name = Constant(member.Member), value = Constant(value) });
        }
        return tables;
    }
}
