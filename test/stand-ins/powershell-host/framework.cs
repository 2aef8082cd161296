// The types of Windows PowerShell 5.1 as metadata: the .NET Framework 4.6.2, which is what Windows Server 2016 has, and
// System.Management.Automation as PowerShell 3 to 5.1 share it. Nothing of it is loaded or run.
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Management.Automation.Language;
using System.Reflection;

namespace Ringzero.PowerShellHost;

internal sealed class Framework
{
    // What a session of Windows PowerShell 5.1 has loaded before it runs a line; the rest needs Add-Type or LoadWithPartialName.
    private static readonly HashSet<string> Loaded = new(StringComparer.OrdinalIgnoreCase)
    {
        "mscorlib", "System", "System.Core", "System.Xml", "System.Data", "System.Configuration", "System.Configuration.Install",
        "System.DirectoryServices", "System.Management", "System.Management.Automation", "System.Numerics", "System.Transactions",
        "Microsoft.Management.Infrastructure", "System.ServiceProcess",
    };

    private readonly Dictionary<string, string> _accelerators;
    private readonly Dictionary<string, Type> _byName = new(StringComparer.OrdinalIgnoreCase);

    /// <param name="accelerators">short names of types in 5.1, such as "regex", by the full name</param>
    internal Framework(string folder, Dictionary<string, string> accelerators)
    {
        _accelerators = new(accelerators, StringComparer.OrdinalIgnoreCase);
        var files = Directory.GetFiles(folder, "*.dll");
        var context = new MetadataLoadContext(new PathAssemblyResolver(files), "mscorlib");
        // The loaded ones last: where two assemblies have a type of one name, theirs is the one that a script gets.
        foreach (var assembly in files.SelectMany(file => Load(context, file)).OrderBy(assembly => Loaded.Contains(assembly.GetName().Name!)))
            foreach (var type in Exported(assembly))
                _byName[type.FullName!] = type;
    }

    // Native libraries and netmodules lie beside the assemblies.
    private static IEnumerable<Assembly> Load(MetadataLoadContext context, string file)
    {
        try { return [context.LoadFromAssemblyPath(file)]; }
        catch (Exception exception) when (exception is BadImageFormatException or InvalidOperationException) { return []; }
    }

    private static IEnumerable<Type> Exported(Assembly assembly)
    {
        try { return assembly.GetExportedTypes().Where(type => type.FullName is not null); }
        catch (FileNotFoundException) { return []; }
    }

    internal Type Of(string fullName) => _byName[fullName];

    /// What a name in brackets means, null where 5.1 has no such type.
    internal Type? Resolve(ITypeName name)
    {
        switch (name)
        {
            case ArrayTypeName array:
                return Resolve(array.ElementType)?.MakeArrayType();
            case GenericTypeName generic:
                var arguments = generic.GenericArguments.Select(Resolve).ToArray();
                var open = Find($"{generic.TypeName.FullName}`{arguments.Length}") ?? Find(generic.TypeName.FullName);
                return open is null || arguments.Contains(null) ? null : open.MakeGenericType(arguments!);
            default:
                return Find(name.FullName);
        }
    }

    internal Type? Find(string name)
    {
        if (_accelerators.TryGetValue(name, out var full)) return _byName.GetValueOrDefault(full);
        // `A+B` and `A.B` are nested types alike to nobody but the reader: PowerShell wants the plus.
        return _byName.GetValueOrDefault(name) ?? _byName.GetValueOrDefault($"System.{name}");
    }

    /// The attributes that may be written without their ending.
    internal Type? ResolveAttribute(ITypeName name) => Find(name.FullName) ?? Find($"{name.FullName}Attribute");

    /// The assembly that a script must load first, null where it is there.
    internal static string? Unloaded(Type type)
    {
        while (type.HasElementType) type = type.GetElementType()!;
        var assembly = type.Assembly.GetName().Name!;
        return Loaded.Contains(assembly) ? null : assembly;
    }

    internal static IEnumerable<MemberInfo> Members(Type type, string name, bool isStatic)
    {
        var flags = BindingFlags.Public | BindingFlags.FlattenHierarchy | BindingFlags.IgnoreCase | (isStatic ? BindingFlags.Static : BindingFlags.Instance);
        var own = type.GetMember(name, flags);
        if (own.Length > 0 || isStatic) return own;
        // An interface does not show the members of those that it extends; an explicit implementation is called through its interface.
        return type.GetInterfaces().SelectMany(inherited => inherited.GetMember(name, flags));
    }

    /// Whether a type that derives from this one has such a member: a value may be more than its declaration says.
    internal bool DerivedHas(Type type, string name) =>
        !type.IsSealed && _byName.Values.Any(one => one != type && type.IsAssignableFrom(one) && Members(one, name, false).Any());

    internal static bool Derives(Type type, string fullName)
    {
        for (var current = type; current is not null; current = current.BaseType) if (FullName(current) == fullName) return true;
        return type.GetInterfaces().Any(one => FullName(one) == fullName);
    }

    internal static string FullName(Type type) => (type.IsGenericType ? type.GetGenericTypeDefinition() : type).FullName ?? type.Name;

    /// What one goes through with foreach over a value of this type gets, null where nobody knows.
    internal static Type? ElementOf(Type type)
    {
        if (type.IsArray) return type.GetElementType();
        var sequence = type.GetInterfaces().Append(type).Where(one => FullName(one) == "System.Collections.Generic.IEnumerable`1").ToArray();
        if (sequence.Length == 1 && FullName(type) != "System.String") return sequence[0].GetGenericArguments()[0];
        // A collection of before generics says by its indexer what it holds: XmlNodeList, GroupCollection, ProcessModuleCollection.
        if (!Derives(type, "System.Collections.IEnumerable") || FullName(type) == "System.String") return null;
        var indexer = type.GetProperties().Where(property => property.GetIndexParameters() is [{ ParameterType.FullName: "System.Int32" }]).ToArray();
        return indexer.Length == 1 && indexer[0].PropertyType.FullName != "System.Object" ? indexer[0].PropertyType : null;
    }
}
