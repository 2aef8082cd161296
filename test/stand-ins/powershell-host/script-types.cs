// Types and members that scripts name, held against the metadata of Windows PowerShell 5.1 (framework.cs). The type of an
// expression is followed as far as the text says it: literals, casts, typed parameters, constructors, members of known
// types, variables that get values of one type only. Where it is not known, nothing is said.
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Management.Automation.Language;
using System.Reflection;
using System.Text.Json;

namespace Ringzero.PowerShellHost;

internal sealed class ScriptTypes
{
    // Members that PowerShell itself adds: to everything (about_Intrinsic_Members), and by types.ps1xml of 5.1 and its
    // providers (about_Types.ps1xml, FileSystem provider).
    private static readonly HashSet<string> Intrinsic = new(StringComparer.OrdinalIgnoreCase)
    { "psobject", "psbase", "psadapted", "psextended", "pstypenames", "count", "length", "foreach", "where", "pspath", "psparentpath", "pschildname", "psdrive", "psprovider", "psiscontainer", "pscomputername", "runspaceid", "psshowcomputername" };
    private static readonly Dictionary<string, string[]> Added = new()
    {
        ["System.IO.FileInfo"] = ["BaseName", "Mode", "VersionInfo", "Target", "LinkType"],
        ["System.IO.DirectoryInfo"] = ["BaseName", "Mode", "Target", "LinkType"],
        ["System.Diagnostics.Process"] = ["Name", "SI", "Handles", "VM", "WS", "PM", "NPM", "Path", "Company", "CPU", "FileVersion", "ProductVersion", "Description", "Product", "Threads"],
        ["System.ServiceProcess.ServiceController"] = ["Name", "RequiredServices"],
        ["System.Diagnostics.Eventing.Reader.EventLogRecord"] = ["Message"],
        ["System.DateTime"] = ["DateTime"],
        ["System.Management.Automation.ErrorRecord"] = ["PSMessageDetails"],
        ["System.Security.AccessControl.ObjectSecurity"] = ["Path", "Owner", "Group", "Access", "Sddl", "AccessToString", "AuditToString"],
    };
    // Types whose members come from their data: hash tables (their keys), XML (its elements), CIM and WMI objects, rows.
    private static readonly string[] Open =
    [
        "System.Collections.IDictionary", "System.Xml.XmlNode", "Microsoft.Management.Infrastructure.CimInstance", "System.Management.ManagementBaseObject",
        "System.Data.DataRow", "System.DirectoryServices.DirectoryEntry", "System.Management.Automation.PSObject",
    ];
    // What cmdlets put out (their pages' "Outputs").
    private static readonly Dictionary<string, string> Outputs = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Get-Date"] = "System.DateTime", ["Get-Process"] = "System.Diagnostics.Process", ["Get-Service"] = "System.ServiceProcess.ServiceController",
        ["Get-WinEvent"] = "System.Diagnostics.Eventing.Reader.EventLogRecord", ["Join-Path"] = "System.String", ["Test-Path"] = "System.Boolean",
        ["ConvertTo-Json"] = "System.String", ["New-TimeSpan"] = "System.TimeSpan", ["Get-CimInstance"] = "Microsoft.Management.Infrastructure.CimInstance",
        ["Get-AuthenticodeSignature"] = "System.Management.Automation.Signature", ["Get-UICulture"] = "System.Globalization.CultureInfo",
        ["Get-Culture"] = "System.Globalization.CultureInfo", ["ConvertTo-SecureString"] = "System.Security.SecureString", ["Get-Host"] = "System.Management.Automation.Host.PSHost",
        ["New-PSSession"] = "System.Management.Automation.Runspaces.PSSession", ["Start-Job"] = "System.Management.Automation.Job",
    };
    private static readonly Dictionary<string, string> Automatic = new(StringComparer.OrdinalIgnoreCase)
    {
        ["PID"] = "System.Int32", ["true"] = "System.Boolean", ["false"] = "System.Boolean", ["Matches"] = "System.Collections.Hashtable",
        ["args"] = "System.Object[]", ["Error"] = "System.Collections.ArrayList", ["LASTEXITCODE"] = "System.Int32", ["PSScriptRoot"] = "System.String",
        ["PSVersionTable"] = "System.Collections.Hashtable", ["Host"] = "System.Management.Automation.Host.PSHost", ["MyInvocation"] = "System.Management.Automation.InvocationInfo",
        ["ExecutionContext"] = "System.Management.Automation.EngineIntrinsics", ["PSBoundParameters"] = "System.Collections.Generic.Dictionary`2", ["PWD"] = "System.Management.Automation.PathInfo",
    };

    private readonly Framework _framework;
    private readonly Ast _script;
    private readonly List<object> _problems = [];
    private readonly Dictionary<string, Type?> _variables = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _resolving = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<AssignmentStatementAst> _assignments;
    private readonly List<ForEachStatementAst> _loops;
    private readonly List<ParameterAst> _parameters;
    private readonly SortedSet<string> _assemblies = new(StringComparer.Ordinal);
    private int _types, _members, _unknown;

    private ScriptTypes(Framework framework, Ast script)
    {
        (_framework, _script) = (framework, script);
        _assignments = All<AssignmentStatementAst>().ToList();
        _loops = All<ForEachStatementAst>().ToList();
        _parameters = All<ParameterAst>().ToList();
    }

    internal static int Print(string accelerators, IEnumerable<string> files)
    {
        var document = JsonDocument.Parse(File.ReadAllText(accelerators)).RootElement.GetProperty("accelerators");
        var framework = new Framework(
            Path.Combine(AppContext.BaseDirectory, "reference"),
            document.EnumerateObject().ToDictionary(member => member.Name, member => member.Value.GetString()!));
        foreach (var file in files)
            Console.Out.WriteLine(JsonSerializer.Serialize(new ScriptTypes(framework, Parser.ParseInput(File.ReadAllText(file), out _, out _)).Check(file)));
        return 0;
    }

    private object Check(string file)
    {
        foreach (var ast in _script.FindAll(_ => true, true))
        {
            if (ast is TypeExpressionAst type) Named(ast, type.TypeName);
            else if (ast is AttributeAst attribute) CheckType(ast, attribute.TypeName, _framework.ResolveAttribute(attribute.TypeName));
            else if (ast is TypeConstraintAst constraint) Named(ast, constraint.TypeName);
            else if (ast is CommandAst command) CheckNewObject(command);
            else if (ast is InvokeMemberExpressionAst call) CheckCall(call);
            else if (ast is MemberExpressionAst member) CheckMember(member);
            else if (ast is ConvertExpressionAst { Child: HashtableAst table } convert) CheckTable(convert, table);
        }
        return new { file, types = _types, members = _members, unknown = _unknown, assemblies = _assemblies, problems = _problems };
    }

    private IEnumerable<T> All<T>() where T : Ast => _script.FindAll(ast => ast is T, true).Cast<T>();

    private void Problem(Ast at, string message) => _problems.Add(new { line = at.Extent.StartLineNumber, message });

    private Type System(string name) => _framework.Of($"System.{name}");

    // ---- types

    private void Named(Ast at, ITypeName name)
    {
        if (name.FullName.ToLowerInvariant() is "ordered" or "pscustomobject") return;
        CheckType(at, name, _framework.Resolve(name));
    }

    private void CheckType(Ast at, ITypeName name, Type? type)
    {
        _types += 1;
        if (type is null) Problem(at, $"no type [{name.FullName}] in Windows PowerShell 5.1");
        else if (Framework.Unloaded(type) is { } assembly) _assemblies.Add(assembly);
    }

    // ---- members

    private void CheckMember(MemberExpressionAst member)
    {
        if (Constant(member.Member) is not { } name || Owner(member) is not { } owner) { _unknown += 1; return; }
        _members += 1;
        var found = Framework.Members(owner, name, member.Static).ToArray();
        if (found.Length == 0)
        {
            if (!IsOpen(owner, name, member.Static)) Problem(member, $"{Show(owner)} has no member {name}");
            return;
        }
        if (member.Parent is AssignmentStatementAst assignment && assignment.Left == member && found.OfType<PropertyInfo>().ToArray() is { Length: > 0 } properties
            && properties.All(property => property.GetSetMethod() is null))
            Problem(member, $"{name} of {Show(owner)} cannot be set");
    }

    private void CheckCall(InvokeMemberExpressionAst call)
    {
        if (Constant(call.Member) is not { } name || Owner(call) is not { } owner) { _unknown += 1; return; }
        _members += 1;
        var given = call.Arguments?.ToArray() ?? [];
        if (call.Static && name.Equals("new", StringComparison.OrdinalIgnoreCase))
        {
            CheckArguments(call, $"a constructor of {Show(owner)}", Constructors(owner), given);
            return;
        }
        var methods = Framework.Members(owner, name, call.Static).OfType<MethodInfo>().ToArray();
        if (methods.Length > 0) CheckArguments(call, $"{Show(owner)}.{name}", methods, given);
        else if (!IsOpen(owner, name, call.Static, isCall: true)) Problem(call, $"{Show(owner)} has no method {name}");
        if (Framework.FullName(owner) == "System.String" && name.Equals("Split", StringComparison.OrdinalIgnoreCase)
            && given is [StringConstantExpressionAst { Value.Length: > 1 } separator, ..])
            Problem(call, $"Split('{separator.Value}') splits at each of its characters in the .NET Framework, at the text in .NET");
    }

    private void CheckNewObject(CommandAst command)
    {
        if (!"New-Object".Equals(command.GetCommandName(), StringComparison.OrdinalIgnoreCase)) return;
        var elements = command.CommandElements.Skip(1).ToArray();
        // -ComObject, -Strict and so on: another kind of object.
        if (elements.OfType<CommandParameterAst>().FirstOrDefault(parameter => "ComObject".StartsWith(parameter.ParameterName, StringComparison.OrdinalIgnoreCase)) is not null) return;
        var values = elements.Where(element => element is not CommandParameterAst).ToArray();
        if (values.Length == 0 || Constant(values[0]) is not { } text) return;
        var type = _framework.Resolve(NameOf(text));
        _types += 1;
        if (type is null) { Problem(command, $"no type {text} in Windows PowerShell 5.1"); return; }
        if (Framework.Unloaded(type) is { } assembly) _assemblies.Add(assembly);
        if (type.IsArray) return;
        _members += 1;
        if (values.Length < 2) CheckArguments(command, $"a constructor of {Show(type)}", Constructors(type), []);
        else if (values[1] is ParenExpressionAst { Pipeline: PipelineAst { PipelineElements: [CommandExpressionAst { Expression: ArrayLiteralAst list }] } })
            CheckArguments(command, $"a constructor of {Show(type)}", Constructors(type), list.Elements.ToArray());
        else if (values[1] is ParenExpressionAst { Pipeline: PipelineAst { PipelineElements: [CommandExpressionAst { Expression: StringConstantExpressionAst or ConvertExpressionAst or MemberExpressionAst { } or ExpandableStringExpressionAst } single] } })
            CheckArguments(command, $"a constructor of {Show(type)}", Constructors(type), [single.Expression]);
    }

    private static ITypeName NameOf(string text) =>
        Parser.ParseInput($"[{text}]", out _, out _).Find(ast => ast is TypeExpressionAst, true) is TypeExpressionAst found ? found.TypeName : new TypeName(Extent, text);

    private static readonly IScriptExtent Extent = Parser.ParseInput("", out _, out _).Extent;

    private void CheckTable(ConvertExpressionAst convert, HashtableAst table)
    {
        if (convert.Type.TypeName.FullName.ToLowerInvariant() is "ordered" or "pscustomobject" or "hashtable") return;
        if (_framework.Resolve(convert.Type.TypeName) is not { } type || IsOpen(type, "", false)) return;
        foreach (var (key, _) in table.KeyValuePairs)
            if (Constant(key) is { } name && !Framework.Members(type, name, false).OfType<PropertyInfo>().Any(property => property.GetSetMethod() is not null))
                Problem(key, $"{Show(type)} has no property {name} that can be set");
    }

    private static MethodBase[] Constructors(Type type) => [.. type.GetConstructors()];

    private void CheckArguments(Ast at, string what, MethodBase[] overloads, ExpressionAst[] given)
    {
        var possible = overloads.Where(overload => Takes(overload.GetParameters(), given.Length)).ToArray();
        if (possible.Length == 0)
        {
            if (given.Length > 0 || !IsValue(at)) Problem(at, $"{what} takes no {given.Length} argument{(given.Length == 1 ? "" : "s")} in the .NET Framework 4.6.2");
            return;
        }
        for (var index = 0; index < given.Length; index += 1)
        {
            var types = possible.Select(overload => Parameter(overload.GetParameters(), index)).ToArray();
            if (Constant(given[index]) is { } text && given[index] is StringConstantExpressionAst && types.All(type => type.IsEnum))
            {
                var names = types.SelectMany(type => type.GetFields(BindingFlags.Public | BindingFlags.Static)).Select(field => field.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
                foreach (var part in text.Split(',').Select(part => part.Trim()).Where(part => part.Length > 0 && !char.IsAsciiDigit(part[0]) && !names.Contains(part)))
                    Problem(given[index], $"{what}: '{part}' is no {string.Join(" or ", types.Select(Show).Distinct())}");
            }
            else if (TypeOf(given[index]) is { } actual && IsPlainObject(actual) && !types.Any(type => Converts(actual, type)))
                Problem(given[index], $"{what} takes no {Show(actual)} as argument {index + 1}");
        }
    }

    // A structure has a constructor without arguments that metadata does not show.
    private bool IsValue(Ast at) => at switch
    {
        InvokeMemberExpressionAst { Expression: TypeExpressionAst type } => _framework.Resolve(type.TypeName)?.IsValueType ?? true,
        CommandAst command => _framework.Resolve(NameOf(Constant(command.CommandElements.Skip(1).First(element => element is not CommandParameterAst)) ?? ""))?.IsValueType ?? true,
        _ => false,
    };

    private static bool Takes(ParameterInfo[] parameters, int count)
    {
        var required = parameters.Count(parameter => !parameter.IsOptional && !IsList(parameter));
        return count >= required && (count <= parameters.Length || (parameters.Length > 0 && IsList(parameters[^1])));
    }

    private static bool IsList(ParameterInfo parameter) => parameter.CustomAttributes.Any(attribute => attribute.AttributeType.FullName == "System.ParamArrayAttribute");

    private static Type Parameter(ParameterInfo[] parameters, int index)
    {
        if (index < parameters.Length && !IsList(parameters[index])) return parameters[index].ParameterType;
        var list = parameters[^1].ParameterType;
        return list.GetElementType() ?? list;
    }

    // Objects that PowerShell converts into nothing else of its own accord; texts, numbers, lists and tables it converts widely.
    private static bool IsPlainObject(Type type) =>
        !type.IsPrimitive && !type.IsEnum && !type.IsArray && !type.IsInterface && !type.IsAbstract
        && Framework.FullName(type) is not ("System.String" or "System.Object" or "System.Decimal" or "System.Management.Automation.PSObject" or "System.Management.Automation.ScriptBlock" or "System.Collections.Hashtable")
        && !Framework.Derives(type, "System.Collections.IEnumerable");

    private static bool Converts(Type from, Type to)
    {
        if (to.IsByRef || to.IsGenericParameter || to.ContainsGenericParameters || to.IsAssignableFrom(from)) return true;
        if (Framework.FullName(to) is "System.String" or "System.Object" or "System.Boolean" or "System.Management.Automation.PSObject") return true;
        if (to.IsArray) return Converts(from, to.GetElementType()!);
        if (to.GetConstructors().Any(constructor => constructor.GetParameters() is [var only] && only.ParameterType.IsAssignableFrom(from))) return true;
        return new[] { from, to }.SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Static)).Any(method =>
            method.Name is "op_Implicit" or "op_Explicit" && to.IsAssignableFrom(method.ReturnType) && method.GetParameters()[0].ParameterType.IsAssignableFrom(from));
    }

    private bool IsOpen(Type type, string name, bool isStatic, bool isCall = false)
    {
        if (isStatic) return false;
        if (Intrinsic.Contains(name) || Framework.FullName(type) == "System.Object" || type.IsGenericParameter) return true;
        if (Added.Any(added => Framework.Derives(type, added.Key) && added.Value.Contains(name, StringComparer.OrdinalIgnoreCase))) return true;
        if (_framework.DerivedHas(type, name)) return true;
        if (Open.Any(open => Framework.Derives(type, open))) return !isCall || !Framework.Derives(type, "System.Collections.IDictionary");
        // Members of the elements: about_Member-Access_Enumeration.
        if (Framework.FullName(type) == "System.String" || !Framework.Derives(type, "System.Collections.IEnumerable")) return false;
        return Framework.ElementOf(type) is not { } element
            || IsOpen(element, name, false, isCall) || Framework.Members(element, name, false).Any();
    }

    // ---- types of expressions

    /// The type that a member is asked of: of `[T]::x` the type itself, of `$x.y` that of $x, null where it is not known.
    private Type? Owner(MemberExpressionAst member)
    {
        if (member.Expression is TypeExpressionAst type)
            return member.Static ? _framework.Resolve(type.TypeName) : System("Type");
        return member.Static ? null : TypeOf(member.Expression);
    }

    private Type? TypeOf(Ast? ast) => ast switch
    {
        null => null,
        ParenExpressionAst paren => TypeOf(paren.Pipeline),
        CommandExpressionAst command => TypeOf(command.Expression),
        PipelineAst { PipelineElements: [var only] } => TypeOf(only),
        PipelineAst pipeline => OfPipeline(pipeline),
        CommandAst command => OfCommand(command),
        ConvertExpressionAst convert => OfConversion(convert),
        AttributedExpressionAst attributed => TypeOf(attributed.Child),
        TypeExpressionAst => System("Type"),
        ExpandableStringExpressionAst or StringConstantExpressionAst => System("String"),
        ConstantExpressionAst constant => constant.Value is null ? null : _framework.Find(constant.Value.GetType().FullName!),
        HashtableAst => System("Collections.Hashtable"),
        ArrayExpressionAst or ArrayLiteralAst => System("Object").MakeArrayType(),
        ScriptBlockExpressionAst => _framework.Of("System.Management.Automation.ScriptBlock"),
        VariableExpressionAst variable => OfVariable(variable),
        InvokeMemberExpressionAst call => OfCall(call),
        MemberExpressionAst member => OfMember(member),
        IndexExpressionAst index => OfIndex(index),
        BinaryExpressionAst binary => OfBinary(binary),
        UnaryExpressionAst { TokenKind: TokenKind.Not or TokenKind.Exclaim } => System("Boolean"),
        UnaryExpressionAst { TokenKind: TokenKind.Join } => System("String"),
        _ => null,
    };

    private Type? OfConversion(ConvertExpressionAst convert) => convert.Type.TypeName.FullName.ToLowerInvariant() switch
    {
        "ordered" => _framework.Of("System.Collections.Specialized.OrderedDictionary"),
        "pscustomobject" or "psobject" or "ref" or "object" => null,
        _ => _framework.Resolve(convert.Type.TypeName),
    };

    private Type? OfCommand(CommandAst command)
    {
        var name = command.GetCommandName();
        if (name is null) return null;
        if (name.Equals("New-Object", StringComparison.OrdinalIgnoreCase))
        {
            if (command.CommandElements.OfType<CommandParameterAst>().Any(parameter => !parameter.ParameterName.Equals("TypeName", StringComparison.OrdinalIgnoreCase) && !parameter.ParameterName.Equals("ArgumentList", StringComparison.OrdinalIgnoreCase))) return null;
            return command.CommandElements.Skip(1).FirstOrDefault(element => element is not CommandParameterAst) is { } type && Constant(type) is { } text ? _framework.Resolve(NameOf(text)) : null;
        }
        return Outputs.TryGetValue(name[(name.LastIndexOf('\\') + 1)..], out var output) ? _framework.Find(output) : null;
    }

    // Commands that put through what they get.
    private Type? OfPipeline(PipelineAst pipeline)
    {
        var last = pipeline.PipelineElements[^1] as CommandAst;
        if (last?.GetCommandName()?.ToLowerInvariant() is not ("where-object" or "sort-object" or "select-object")) return last is null ? null : OfCommand(last);
        if (last.CommandElements.OfType<CommandParameterAst>().Any(parameter => parameter.ParameterName.ToLowerInvariant() is "property" or "expandproperty" or "excludeproperty") && !last.GetCommandName().Equals("sort-object", StringComparison.OrdinalIgnoreCase)) return null;
        if (last.GetCommandName().Equals("select-object", StringComparison.OrdinalIgnoreCase) && last.CommandElements.Count > 1 && last.CommandElements[1] is not CommandParameterAst) return null;
        return Upstream(last);
    }

    /// The type of one object that a command of a pipeline is handed.
    private Type? Upstream(CommandAst command)
    {
        if (command.Parent is not PipelineAst pipeline) return null;
        var at = pipeline.PipelineElements.IndexOf(command);
        if (at <= 0) return null;
        var before = pipeline.PipelineElements[at - 1];
        Type? type;
        if (before is CommandAst previous && previous.GetCommandName()?.ToLowerInvariant() is "where-object" or "sort-object") type = Upstream((CommandAst)before);
        else type = TypeOf(before);
        if (type is null) return null;
        if (Framework.FullName(type) != "System.String" && Framework.Derives(type, "System.Collections.IEnumerable") && !Framework.Derives(type, "System.Collections.IDictionary"))
            return Known(Framework.ElementOf(type));
        return type;
    }

    private static Type? Known(Type? type) => type is null || type.FullName == "System.Object" || type.IsGenericParameter ? null : type;

    private Type? OfVariable(VariableExpressionAst variable)
    {
        var path = variable.VariablePath;
        if (path.DriveName?.Equals("env", StringComparison.OrdinalIgnoreCase) == true) return System("String");
        if (path.IsDriveQualified || variable.Splatted) return null;
        var name = path.UserPath.Contains(':') ? path.UserPath[(path.UserPath.IndexOf(':') + 1)..] : path.UserPath;
        if (name.Equals("_", StringComparison.Ordinal)) return OfCurrent(variable);
        var scope = Scope(variable);
        var key = $"{scope.Extent.StartOffset}:{name}";
        if (_variables.TryGetValue(key, out var known)) return known;
        if (!_resolving.Add(key)) return null;
        var type = OfAssignments(scope, name);
        _resolving.Remove(key);
        return _variables[key] = type;
    }

    // $_ of a catch block is the error, of a script block of a pipeline what comes through it.
    private Type? OfCurrent(Ast variable)
    {
        for (var parent = variable.Parent; parent is not null; parent = parent.Parent)
        {
            if (parent is CatchClauseAst) return _framework.Of("System.Management.Automation.ErrorRecord");
            if (parent is SwitchStatementAst or FunctionDefinitionAst) return null;
            if (parent is ScriptBlockExpressionAst block)
                return block.Parent is CommandAst command && command.GetCommandName()?.ToLowerInvariant() is "foreach-object" or "where-object" ? Upstream((CommandAst)block.Parent) : null;
        }
        return null;
    }

    // A function, or a script block with parameters of its own; other blocks share the variables around them.
    private static Ast Scope(Ast ast)
    {
        for (var current = ast; ; current = current.Parent)
        {
            if (current.Parent is null) return current;
            if (current is FunctionDefinitionAst) return current;
            if (current is ScriptBlockAst { ParamBlock: not null, Parent: ScriptBlockExpressionAst }) return current;
        }
    }

    private Type? OfAssignments(Ast scope, string name)
    {
        var found = new List<Type?>();
        foreach (var parameter in _parameters.Where(parameter => parameter.Name.VariablePath.UserPath.Equals(name, StringComparison.OrdinalIgnoreCase) && Scope(parameter) == scope))
            found.Add(parameter.Attributes.OfType<TypeConstraintAst>().FirstOrDefault() is { } constraint ? Known(_framework.Resolve(constraint.TypeName)) : null);
        foreach (var assignment in _assignments)
        {
            var (target, declared) = assignment.Left switch
            {
                VariableExpressionAst plain => (plain, (TypeConstraintAst?)null),
                ConvertExpressionAst { Child: VariableExpressionAst cast, Type: TypeConstraintAst type } => (cast, type),
                ArrayLiteralAst list when list.Elements.OfType<VariableExpressionAst>().FirstOrDefault(one => Same(one, name)) is { } one => (one, null),
                _ => (null, null),
            };
            if (target is null || !Same(target, name) || Scope(assignment) != scope) continue;
            if (declared is not null) found.Add(_framework.Resolve(declared.TypeName));
            else if (assignment.Left is ArrayLiteralAst) found.Add(null);
            else if (IsNull(assignment.Right)) continue;
            else if (assignment.Operator == TokenKind.Equals) found.Add(OfStatement(assignment.Right));
            else if (found.Count == 0 || found[^1] is not { } before || !(before.IsArray || before.IsPrimitive || before.FullName == "System.String")) found.Add(null);
        }
        foreach (var loop in _loops.Where(loop => Same(loop.Variable, name) && Scope(loop) == scope))
            found.Add(OfElements(TypeOf(loop.Condition)));
        if (found.Count == 0)
        {
            if (scope.Parent is not null) return OfOuter(scope, name);
            return Automatic.TryGetValue(name, out var automatic) ? OfAutomatic(automatic) : null;
        }
        return found.Contains(null) || found.Distinct().Count() > 1 ? null : found[0];
    }

    private Type? OfOuter(Ast scope, string name)
    {
        var outer = Scope(scope.Parent!);
        return OfAssignments(outer, name);
    }

    private Type? OfAutomatic(string name) => name.EndsWith("[]", StringComparison.Ordinal) ? _framework.Of(name[..^2]).MakeArrayType() : _framework.Find(name);

    private static Type? OfElements(Type? type)
    {
        if (type is null) return null;
        // A text and a table are one thing to foreach, and so is all else that is no collection.
        if (Framework.FullName(type) == "System.String" || Framework.Derives(type, "System.Collections.IDictionary") || !Framework.Derives(type, "System.Collections.IEnumerable")) return Known(type);
        return Known(Framework.ElementOf(type));
    }

    private static bool Same(VariableExpressionAst variable, string name)
    {
        var path = variable.VariablePath.UserPath;
        return path[(path.IndexOf(':') + 1)..].Equals(name, StringComparison.OrdinalIgnoreCase);
    }

    private static bool IsNull(StatementAst statement) =>
        statement is CommandExpressionAst { Expression: VariableExpressionAst { VariablePath.UserPath: "null" } }
        or PipelineAst { PipelineElements: [CommandExpressionAst { Expression: VariableExpressionAst { VariablePath.UserPath: "null" } }] };

    // A statement that may put out several values (if, foreach, a pipeline of unknown length) has no type here, nor has a list of one element.
    private Type? OfStatement(StatementAst statement)
    {
        if (statement is PipelineAst { PipelineElements.Count: > 1 } or IfStatementAst or ForEachStatementAst or SwitchStatementAst or TryStatementAst) return null;
        var type = TypeOf(statement is CommandExpressionAst expression ? expression.Expression : statement);
        // What a command puts out may be none, one or many.
        if (statement is PipelineAst { PipelineElements: [CommandAst command] } && !"New-Object".Equals(command.GetCommandName(), StringComparison.OrdinalIgnoreCase) && type is not null)
            return type.IsValueType || type.FullName == "System.String" ? type : null;
        return type;
    }

    private Type? OfCall(InvokeMemberExpressionAst call)
    {
        if (Constant(call.Member) is not { } name || Owner(call) is not { } owner) return null;
        if (call.Static && name.Equals("new", StringComparison.OrdinalIgnoreCase)) return owner;
        var count = call.Arguments?.Count ?? 0;
        var types = Framework.Members(owner, name, call.Static).OfType<MethodInfo>()
            .Where(method => Takes(method.GetParameters(), count)).Select(method => method.ReturnType).Distinct().ToArray();
        return types.Length == 1 && !types[0].ContainsGenericParameters && types[0].FullName != "System.Void" ? Known(types[0]) : null;
    }

    private Type? OfMember(MemberExpressionAst member)
    {
        if (Constant(member.Member) is not { } name || Owner(member) is not { } owner) return null;
        var types = Framework.Members(owner, name, member.Static).Select(found => found switch
        {
            PropertyInfo property => property.PropertyType,
            FieldInfo field => field.FieldType,
            _ => null,
        }).Distinct().ToArray();
        // A key of a table stands before a property of the same name.
        return types.Length == 1 && !Framework.Derives(owner, "System.Collections.IDictionary") ? Known(types[0]) : null;
    }

    private Type? OfIndex(IndexExpressionAst index)
    {
        if (TypeOf(index.Target) is not { } target || index.Index is ArrayLiteralAst or BinaryExpressionAst { Operator: TokenKind.DotDot }) return null;
        if (target.IsArray) return Known(target.GetElementType());
        if (target.FullName == "System.String") return System("Char");
        var types = target.GetProperties().Where(property => property.GetIndexParameters().Length == 1).Select(property => property.PropertyType).Distinct().ToArray();
        return types.Length == 1 ? Known(types[0]) : null;
    }

    private Type? OfBinary(BinaryExpressionAst binary) => binary.Operator switch
    {
        TokenKind.Format or TokenKind.Join => System("String"),
        TokenKind.Isplit or TokenKind.Csplit => System("String").MakeArrayType(),
        TokenKind.Is or TokenKind.IsNot or TokenKind.And or TokenKind.Or or TokenKind.Xor
            or TokenKind.Icontains or TokenKind.Ccontains or TokenKind.Inotcontains or TokenKind.Cnotcontains or TokenKind.Iin or TokenKind.Inotin or TokenKind.Cin or TokenKind.Cnotin => System("Boolean"),
        TokenKind.As => binary.Right is TypeExpressionAst type ? _framework.Resolve(type.TypeName) : null,
        TokenKind.Plus or TokenKind.Ireplace or TokenKind.Creplace => TypeOf(binary.Left) is { FullName: "System.String" } text ? text : null,
        _ => null,
    };

    private static string? Constant(Ast? ast) => ast is StringConstantExpressionAst text ? text.Value : null;

    private static string Show(Type type) => type.IsGenericType ? $"[{Framework.FullName(type).Split('`')[0]}]" : $"[{type.FullName}]";
}
