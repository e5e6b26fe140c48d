using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Jtr.ApiDocs;

/// <summary>Files of XML documentation, as Markdown.</summary>
internal sealed partial class XmlComments(IEnumerable<XDocument> documents)
{
    private readonly Dictionary<string, XElement> _members = documents
        .SelectMany(d => d.Descendants("member"))
        .ToDictionary(m => (string)m.Attribute("name")!);

    /// <summary>Whether a member is documented.</summary>
    public bool Has(string id) => _members.ContainsKey(id);

    /// <summary>The summary in one paragraph; empty where there is none.</summary>
    public string Summary(string id) => Member(id)?.Element("summary") is { } summary ? Text(summary) : "";

    /// <summary>Adds all that is said about a member.</summary>
    public void AppendTo(StringBuilder page, string id)
    {
        if (Member(id) is not { } member)
            return;
        foreach (string kind in new[] { "summary", "remarks" })
        {
            foreach (XElement element in member.Elements(kind))
                page.Append($"\n{Text(element)}\n");
        }
        List<string> lines = [];
        lines.AddRange(
            member.Elements("typeparam").Concat(member.Elements("param")).Select(p => $"- `{(string)p.Attribute("name")!}`: {Line(p)}")
        );
        lines.AddRange(member.Elements("returns").Select(r => $"- returns: {Line(r)}"));
        lines.AddRange(member.Elements("exception").Select(e => $"- throws `{Reference((string)e.Attribute("cref")!)}`: {Line(e)}"));
        if (lines.Count > 0)
            page.Append($"\n{string.Join('\n', lines)}\n");
    }

    private XElement? Member(string id)
    {
        if (!_members.TryGetValue(id, out XElement? member))
            return null;
        if (member.Element("inheritdoc") is not { } from)
            return member;
        // What is said here adds to, or stands for, what is said there; of a base outside the packages nothing is known.
        if ((string?)from.Attribute("cref") is not string other || !_members.TryGetValue(other, out XElement? inherited))
            return member.Elements().Count() > 1 ? member : null;
        string[] own = [.. member.Elements().Select(e => e.Name.LocalName)];
        return new XElement(
            "member",
            member.Elements().Where(e => e != from),
            inherited.Elements().Where(e => !own.Contains(e.Name.LocalName))
        );
    }

    private static string Line(XElement element) => Text(element).ReplaceLineEndings(" ");

    private static string Text(XElement element)
    {
        StringBuilder text = new();
        foreach (XNode node in element.Nodes())
        {
            text.Append(
                node switch
                {
                    XText t => Spaces()
                        .Replace(t.Value, " ")
                        .Replace("<", "&lt;", StringComparison.Ordinal)
                        .Replace("*", "\\*", StringComparison.Ordinal),
                    XElement { Name.LocalName: "see" or "seealso" } e => (string?)e.Attribute("cref") is string cref
                        ? $"`{Reference(cref)}`"
                        : $"`{(string?)e.Attribute("langword") ?? (string?)e.Attribute("href")}`",
                    XElement { Name.LocalName: "paramref" or "typeparamref" } e => $"`{(string?)e.Attribute("name")}`",
                    XElement { Name.LocalName: "c" } e => $"`{e.Value}`",
                    XElement { Name.LocalName: "code" } e => $"\n\n```text\n{Unindent(e.Value)}\n```\n\n",
                    XElement { Name.LocalName: "para" } e => $"\n\n{Text(e)}\n\n",
                    XElement e => Text(e),
                    _ => "",
                }
            );
        }
        return Blank().Replace(text.ToString(), "\n\n").Trim();
    }

    /// <summary>The last name or two of a reference: a type, or a member with its type.</summary>
    private static string Reference(string cref)
    {
        string name = cref[2..];
        int bracket = name.IndexOf('(', StringComparison.Ordinal);
        if (bracket >= 0)
            name = name[..bracket];
        name = Arity().Replace(name, "");
        string[] parts = name.Split('.');
        return cref[0] is 'T' or '!'
            ? parts[^1]
            : string.Join('.', parts[^Math.Min(2, parts.Length)..]).Replace(".#ctor", "", StringComparison.Ordinal);
    }

    private static string Unindent(string code)
    {
        string[] lines = [.. code.ReplaceLineEndings("\n").Trim('\n').TrimEnd().Split('\n')];
        int indent = lines.Where(l => l.Trim().Length > 0).Select(l => l.Length - l.TrimStart().Length).DefaultIfEmpty(0).Min();
        return string.Join('\n', lines.Select(l => l.Length >= indent ? l[indent..] : ""));
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();

    [GeneratedRegex(@"[ \t]*\n[ \t]*\n\s*")]
    private static partial Regex Blank();

    [GeneratedRegex("`+[0-9]+")]
    private static partial Regex Arity();
}
