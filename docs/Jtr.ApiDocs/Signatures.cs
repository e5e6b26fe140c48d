using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Jtr.ApiDocs;

/// <summary>Types and members as C# declares them.</summary>
internal static class Signatures
{
    private static readonly NullabilityInfoContext _nullability = new();

    private static readonly Dictionary<Type, string> _keywords = new()
    {
        [typeof(void)] = "void",
        [typeof(bool)] = "bool",
        [typeof(byte)] = "byte",
        [typeof(sbyte)] = "sbyte",
        [typeof(short)] = "short",
        [typeof(ushort)] = "ushort",
        [typeof(int)] = "int",
        [typeof(uint)] = "uint",
        [typeof(long)] = "long",
        [typeof(ulong)] = "ulong",
        [typeof(float)] = "float",
        [typeof(double)] = "double",
        [typeof(decimal)] = "decimal",
        [typeof(char)] = "char",
        [typeof(string)] = "string",
        [typeof(object)] = "object",
    };

    /// <summary>The name of a type, types that it lies in before it.</summary>
    public static string Name(Type type)
    {
        if (type.IsByRef)
            return Name(type.GetElementType()!);
        if (type.IsPointer)
            return Name(type.GetElementType()!) + "*";
        if (type.IsArray)
            return Name(type.GetElementType()!) + "[]";
        if (_keywords.TryGetValue(type, out string? keyword))
            return keyword;
        if (type.IsGenericParameter)
            return type.Name;
        if (Nullable.GetUnderlyingType(type) is { } value)
            return Name(value) + "?";
        if (type.IsGenericType && type.FullName?.StartsWith("System.ValueTuple`", StringComparison.Ordinal) == true)
            return $"({string.Join(", ", type.GetGenericArguments().Select(Name))})";
        string outer = type.IsNested ? Name(type.DeclaringType!) + "." : "";
        if (!type.IsGenericType)
            return outer + type.Name;
        return $"{outer}{type.Name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>";
    }

    /// <summary>A type's declaration.</summary>
    public static string Of(Type type)
    {
        if (type.IsEnum)
            return $"public enum {Name(type)}";
        bool isRecord =
            type.GetMethod("<Clone>$") is not null
            || (type.IsValueType && type.GetMethod("PrintMembers", BindingFlags.NonPublic | BindingFlags.Instance) is not null);
        string kind =
            type.IsInterface ? "interface"
            : type.IsValueType
                ? (type.GetCustomAttribute<IsReadOnlyAttribute>() is null ? "" : "readonly ")
                    + $"{(type.IsByRefLike ? "ref " : "")}{(isRecord ? "record " : "")}struct"
            : (
                type.IsAbstract && type.IsSealed ? "static "
                : type.IsAbstract ? "abstract "
                : type.IsSealed ? "sealed "
                : ""
            ) + (isRecord ? "record" : "class");
        string[] bases =
        [
            .. type.BaseType is { } parent && parent != typeof(object) && parent != typeof(ValueType)
                ? [Name(parent)]
                : Array.Empty<string>(),
            .. type.GetInterfaces()
                .Except(type.BaseType?.GetInterfaces() ?? [])
                .Where(i => !(isRecord && i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IEquatable<>)))
                .Where(i => !type.GetInterfaces().Any(o => o != i && o.GetInterfaces().Contains(i)))
                .Select(Name)
                .Order(StringComparer.Ordinal),
        ];
        return $"public {kind} {Name(type)}{(bases.Length == 0 ? "" : " : " + string.Join(", ", bases))}";
    }

    /// <summary>A member in a heading.</summary>
    public static string Title(MemberInfo member) =>
        member switch
        {
            ConstructorInfo c =>
                $"{c.DeclaringType!.Name.Split('`')[0]}({string.Join(", ", c.GetParameters().Select(p => Name(p.ParameterType)))})",
            MethodInfo m => $"{MethodName(m)}({string.Join(", ", m.GetParameters().Select(p => Name(p.ParameterType)))})",
            PropertyInfo p when p.GetIndexParameters().Length > 0 =>
                $"this[{string.Join(", ", p.GetIndexParameters().Select(i => Name(i.ParameterType)))}]",
            _ => member.Name,
        };

    /// <summary>A member's declaration.</summary>
    public static string Of(MemberInfo member) =>
        member switch
        {
            ConstructorInfo c => $"public {c.DeclaringType!.Name.Split('`')[0]}({Parameters(c.GetParameters())})",
            MethodInfo m =>
                $"{Access(m)}{Annotated(_nullability.Create(m.ReturnParameter))} {MethodName(m)}({Parameters(m.GetParameters())})",
            PropertyInfo p => Access(p.GetMethod ?? p.SetMethod!)
                + $"{(p.GetCustomAttribute<RequiredMemberAttribute>() is null ? "" : "required ")}{Annotated(_nullability.Create(p))} "
                + (p.GetIndexParameters() is { Length: > 0 } index ? $"this[{Parameters(index)}]" : p.Name)
                + $" {{ {(p.GetMethod?.IsPublic == true ? "get; " : "")}{Setter(p)}}}",
            FieldInfo { IsLiteral: true } f =>
                $"public const {Name(f.FieldType)} {f.Name} = {Literal(f.GetRawConstantValue(), f.FieldType)}",
            FieldInfo f => $"public {(f.IsStatic ? "static " : "")}{(f.IsInitOnly ? "readonly " : "")}{Annotated(_nullability.Create(f))} "
                + $"{f.Name}",
            EventInfo e => $"public event {Name(e.EventHandlerType!)} {e.Name}",
            _ => member.Name,
        };

    private static string MethodName(MethodInfo method) =>
        (method.Name.StartsWith("op_", StringComparison.Ordinal) ? "operator " + method.Name[3..] : method.Name)
        + (method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(Name))}>" : "");

    private static string Access(MethodInfo method)
    {
        if (method.DeclaringType!.IsInterface)
            return "";
        bool isOverride = method.GetBaseDefinition().DeclaringType != method.DeclaringType;
        return "public "
            + (
                method.IsStatic ? "static "
                : isOverride ? "override "
                : method.IsAbstract ? "abstract "
                : method is { IsVirtual: true, IsFinal: false } ? "virtual "
                : ""
            );
    }

    private static string Setter(PropertyInfo property)
    {
        if (property.SetMethod?.IsPublic != true)
            return "";
        return property.SetMethod.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) ? "init; " : "set; ";
    }

    private static string Parameters(ParameterInfo[] parameters) =>
        string.Join(
            ", ",
            parameters.Select(p =>
                (
                    p.GetCustomAttribute<ParamArrayAttribute>() is not null || p.GetCustomAttribute<ParamCollectionAttribute>() is not null
                        ? "params "
                        : ""
                )
                + (
                    p.IsIn && p.ParameterType.IsByRef ? "in "
                    : p.IsOut ? "out "
                    : p.ParameterType.IsByRef ? "ref "
                    : ""
                )
                + $"{Annotated(_nullability.Create(p))} "
                + $"{p.Name}{(p.HasDefaultValue ? " = " + Literal(p.RawDefaultValue, p.ParameterType) : "")}"
            )
        );

    /// <summary>The name of a type with the question marks of references that may be null.</summary>
    private static string Annotated(NullabilityInfo info)
    {
        Type type = info.Type.IsByRef ? info.Type.GetElementType()! : info.Type;
        string name =
            type.IsArray && info.ElementType is not null ? Annotated(info.ElementType) + "[]"
            : type.IsGenericType
            && Nullable.GetUnderlyingType(type) is null
            && info.GenericTypeArguments.Length > 0
            && !type.IsNested
            && !type.FullName!.StartsWith("System.ValueTuple`", StringComparison.Ordinal)
                ? $"{type.Name.Split('`')[0]}<{string.Join(", ", info.GenericTypeArguments.Select(Annotated))}>"
            : Name(type);
        return !type.IsValueType && info.ReadState == NullabilityState.Nullable ? name + "?" : name;
    }

    private static string Literal(object? value, Type type) =>
        value switch
        {
            null => type.IsValueType && Nullable.GetUnderlyingType(type) is null ? "default" : "null",
            string text => $"\"{text}\"",
            bool b => b ? "true" : "false",
            _ when type.IsEnum => $"{type.Name}.{Enum.ToObject(type, value)}",
            IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
            _ => value.ToString() ?? "",
        };
}
