// Constructs that Windows PowerShell 5.1 does not know or reads differently, found in the tree that the engine's own parser made.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation.Language;

namespace Ringzero.PowerShellHost;

internal sealed record Construct(int Line, string Message);

internal static class NewerSyntax
{
    // about_Automatic_Variables and about_Preference_Variables of PowerShell 7 against those of 5.1.
    private static readonly HashSet<string> Variables = new(StringComparer.OrdinalIgnoreCase)
    {
        "IsWindows", "IsLinux", "IsMacOS", "IsCoreCLR", "PSStyle", "EnabledExperimentalFeatures",
        "PSNativeCommandUseErrorActionPreference", "PSNativeCommandArgumentPassing",
    };

    internal static IEnumerable<Construct> Find(byte[] file, Ast script, Token[] tokens) =>
        script.FindAll(_ => true, true).SelectMany(OfAst).Concat(OfTokens(tokens)).Concat(OfBytes(file)).OrderBy(found => found.Line);

    private static IEnumerable<Construct> OfAst(Ast ast)
    {
        string? message = ast switch
        {
            TernaryExpressionAst => "a ? b : c is PowerShell 7",
            PipelineChainAst chain => $"{(chain.Operator == TokenKind.AndAnd ? "&&" : "||")} is PowerShell 7",
            PipelineAst { Background: true } => "& at the end of a pipeline is PowerShell 6",
            BinaryExpressionAst { Operator: TokenKind.QuestionQuestion } => "?? is PowerShell 7",
            BinaryExpressionAst { Operator: TokenKind.DotDot } range when IsCharacter(range.Left) => "a range of characters is PowerShell 6",
            BinaryExpressionAst { Operator: TokenKind.Ireplace or TokenKind.Creplace, Right: ArrayLiteralAst { Elements: [_, ScriptBlockExpressionAst] } } => "-replace with a script block is PowerShell 6.1",
            AssignmentStatementAst { Operator: TokenKind.QuestionQuestionEquals } => "??= is PowerShell 7",
            MemberExpressionAst { NullConditional: true } => "?. is PowerShell 7.1",
            IndexExpressionAst { NullConditional: true } => "?[] is PowerShell 7.1",
            InvokeMemberExpressionAst { GenericTypeArguments.Count: > 0 } => "type arguments of a method are PowerShell 7.3",
            UsingStatementAst => "a script block that is made from text takes no using statement",
            ScriptBlockAst { CleanBlock: not null } => "clean is PowerShell 7.3",
            VariableExpressionAst variable when Variables.Contains(variable.VariablePath.UserPath) && !IsGuarded(variable) => $"${variable.VariablePath.UserPath} is PowerShell 6, and $null before",
            _ => null,
        };
        if (message is not null) yield return new(ast.Extent.StartLineNumber, message);
        if (ast is ScriptBlockAst { ScriptRequirements.RequiredPSVersion: { } version } script && version > new Version(5, 1))
            yield return new(script.Extent.StartLineNumber, $"#Requires -Version {version}");
        if (ast is ConstantExpressionAst { StaticType: { } type } constant && ast is not StringConstantExpressionAst)
            foreach (var found in OfNumber(constant, type)) yield return found;
    }

    // about_Numeric_Literals: of the suffixes 5.1 knows d and l alone; 0b… is new in 7.
    private static IEnumerable<Construct> OfNumber(ConstantExpressionAst constant, Type type)
    {
        var text = constant.Extent.Text;
        if (text.TrimStart('-', '+').StartsWith("0b", StringComparison.OrdinalIgnoreCase)) yield return new(constant.Extent.StartLineNumber, $"{text}: binary numbers are PowerShell 7");
        else if (type == typeof(byte) || type == typeof(sbyte) || type == typeof(short) || type == typeof(ushort) || type == typeof(uint) || type == typeof(ulong) || type == typeof(System.Numerics.BigInteger))
            yield return new(constant.Extent.StartLineNumber, $"{text}: this suffix of a number is PowerShell 6 or later");
    }

    private static bool IsCharacter(ExpressionAst expression) => expression is StringConstantExpressionAst { Value.Length: 1 } text && !char.IsAsciiDigit(text.Value[0]);

    // `Test-Path variable:IsWindows`, or the value asked beside $PSVersionTable or $PSEdition in one condition.
    private static bool IsGuarded(VariableExpressionAst variable)
    {
        for (Ast? parent = variable.Parent; parent is not null; parent = parent.Parent)
            if (parent is StatementAst or IfStatementAst)
                if (parent.Extent.Text.Contains("PSVersionTable", StringComparison.OrdinalIgnoreCase)
                    || parent.Extent.Text.Contains("variable:", StringComparison.OrdinalIgnoreCase)
                    || parent.Extent.Text.Contains("PSEdition", StringComparison.OrdinalIgnoreCase)) return true;
        return false;
    }

    private static IEnumerable<Construct> OfTokens(Token[] tokens)
    {
        for (var index = 0; index < tokens.Length; index += 1)
        {
            var token = tokens[index];
            if (token.Kind == TokenKind.Pipe && index > 0 && tokens[..index].Reverse().SkipWhile(before => before.Kind == TokenKind.Comment).FirstOrDefault()?.Kind == TokenKind.NewLine)
                yield return new(token.Extent.StartLineNumber, "a line that begins with | is PowerShell 7");
            foreach (var found in OfEscapes(token)) yield return found;
        }
    }

    private static IEnumerable<Construct> OfEscapes(Token token)
    {
        if (token is StringExpandableToken { NestedTokens: { } nested })
            foreach (var inner in nested) foreach (var found in OfEscapes(inner)) yield return found;
        if (token.Kind is not (TokenKind.StringExpandable or TokenKind.HereStringExpandable or TokenKind.Generic or TokenKind.Identifier)) yield break;
        var text = token.Text;
        for (var index = 0; index + 1 < text.Length; index += 1)
        {
            if (text[index] != '`') continue;
            index += 1;
            if (text[index] is 'e') yield return new(token.Extent.StartLineNumber, "`e is PowerShell 6");
            if (text[index] is 'u' && index + 1 < text.Length && text[index + 1] == '{') yield return new(token.Extent.StartLineNumber, "`u{} is PowerShell 6");
        }
    }

    // Windows PowerShell 5.1 reads a file without a byte order mark in the code page of the machine.
    private static IEnumerable<Construct> OfBytes(byte[] file)
    {
        if (file is [0xEF, 0xBB, 0xBF, ..]) yield break;
        var at = Array.FindIndex(file, octet => octet > 0x7e);
        if (at >= 0) yield return new(1 + file.Take(at).Count(octet => octet == '\n'), "a script without a byte order mark holds ASCII alone");
    }
}
