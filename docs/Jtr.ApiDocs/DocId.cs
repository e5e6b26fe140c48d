using System.Reflection;

namespace Jtr.ApiDocs;

/// <summary>The names of types and members in files of XML documentation (C# standard, annex D).</summary>
internal static class DocId
{
    public static string Of(MemberInfo member) =>
        member switch
        {
            Type type => "T:" + FullName(type),
            ConstructorInfo constructor => $"M:{FullName(constructor.DeclaringType!)}.#ctor{Parameters(constructor.GetParameters())}",
            MethodInfo method => $"M:{FullName(method.DeclaringType!)}.{method.Name}"
                + (method.IsGenericMethod ? $"``{method.GetGenericArguments().Length}" : "")
                + Parameters(method.GetParameters())
                + (method.Name is "op_Implicit" or "op_Explicit" ? "~" + Name(method.ReturnType) : ""),
            PropertyInfo property => $"P:{FullName(property.DeclaringType!)}.{property.Name}{Parameters(property.GetIndexParameters())}",
            FieldInfo field => $"F:{FullName(field.DeclaringType!)}.{field.Name}",
            EventInfo e => $"E:{FullName(e.DeclaringType!)}.{e.Name}",
            _ => throw new NotSupportedException(member.MemberType.ToString()),
        };

    private static string FullName(Type type) => (type.IsGenericType ? type.GetGenericTypeDefinition() : type).FullName!.Replace('+', '.');

    private static string Parameters(ParameterInfo[] parameters) =>
        parameters.Length == 0 ? "" : $"({string.Join(",", parameters.Select(p => Name(p.ParameterType)))})";

    private static string Name(Type type)
    {
        if (type.IsByRef)
            return Name(type.GetElementType()!) + "@";
        if (type.IsPointer)
            return Name(type.GetElementType()!) + "*";
        if (type.IsArray)
            return Name(type.GetElementType()!)
                + (type.GetArrayRank() == 1 ? "[]" : $"[{string.Join(",", Enumerable.Repeat("0:", type.GetArrayRank()))}]");
        if (type.IsGenericParameter)
            return (type.DeclaringMethod is null ? "`" : "``") + type.GenericParameterPosition;
        if (!type.IsGenericType)
            return FullName(type);
        string name = FullName(type);
        return $"{name[..name.IndexOf('`', StringComparison.Ordinal)]}{{{string.Join(",", type.GetGenericArguments().Select(Name))}}}";
    }
}
