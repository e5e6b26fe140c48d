using System.CommandLine;
using System.Text.Json;
using Jtr.Cli.CommandLine;
using Jtr.Cli.Output;
using Jtr.Interop.Training;

namespace Jtr.Cli.Commands;

/// <summary>`jtr options`: every option of the native library, for --option.</summary>
internal static class OptionsCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Make(CliConsole console)
    {
        Argument<string?> name = new("name")
        {
            HelpName = "NAME",
            Description = "An option or one of its kinds, such as method, jtr or adamw. Default: all.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        Option<bool> json = new("--json") { Description = "Print the JSON schema of all options." };
        Command command = new("options", "Tell every option of the native library, for --option.");
        new HelpPage
        {
            Usage = "jtr options [NAME] [--json]",
            Text =
            [
                "Lists the methods, balancing rules, optimisers, schedules, networks and kinds of task that this libjtr has, with their "
                    + "options, ranges and defaults. What has no option of its own is set by --option PATH=VALUE.",
            ],
            Arguments = [name],
            Groups = [new OptionGroup("Output", [json])],
            Sections = [("Exit codes", RootHelp.ExitCodes)],
            Examples =
            [
                new("Which methods are there, and what can be set?", "jtr options method"),
                new("Train with AdamW:", "jtr train --data photos --option optimizer.name=adamw --option optimizer.weight_decay=0.05"),
            ],
        }.Apply(command, console);
        command.SetAction(parsed =>
        {
            string schema = JtrRuntime.OptionsSchema;
            if (parsed.GetValue(json))
                console.Output.WriteLine(schema);
            else
                Write(console, schema, parsed.GetValue(name));
            return ExitCode.Success;
        });
        return command;
    }

    private static void Write(CliConsole console, string schema, string? wanted)
    {
        using JsonDocument document = JsonDocument.Parse(schema);
        bool found = false;
        foreach (JsonProperty option in document.RootElement.GetProperty("properties").EnumerateObject())
        {
            bool isWanted = wanted is null || option.Name == wanted;
            JsonElement[] kinds = [.. Kinds(option.Value)];
            JsonElement[] shown = [.. kinds.Where(k => isWanted || Title(k) == wanted)];
            if (!isWanted && shown.Length == 0)
                continue;
            found = true;
            Describe(console, option, indent: 0);
            foreach (JsonElement kind in shown)
            {
                string source = kind.TryGetProperty("x-source", out JsonElement from) ? $" ({from.GetString()})" : "";
                Line(console, 2, $"{Title(kind)}: {kind.GetProperty("description").GetString()}{source}");
                foreach (JsonProperty own in kind.GetProperty("properties").EnumerateObject())
                {
                    if (!own.Value.TryGetProperty("const", out _))
                        Describe(console, own, indent: 4);
                }
            }
        }
        if (!found)
            throw new UsageException($"There is no option or kind '{wanted}'. 'jtr options' lists all.");
    }

    private static void Describe(CliConsole console, JsonProperty option, int indent)
    {
        string words = string.Join(", ", ((string?[])[Expected(option.Value), Default(option.Value)]).OfType<string>());
        Line(
            console,
            indent,
            $"{option.Name}{(words.Length == 0 ? "" : $" ({words})")}: {option.Value.GetProperty("description").GetString()}"
        );
    }

    private static string? Expected(JsonElement option)
    {
        if (option.TryGetProperty("enum", out JsonElement words))
            return string.Join("|", words.EnumerateArray().Select(w => w.GetString()));
        if (!option.TryGetProperty("type", out JsonElement type))
            return null;
        string Bound(string name, string words) =>
            option.TryGetProperty(name, out JsonElement bound) ? $" {words} {bound.GetRawText()}" : "";
        return type.GetString()
            + Bound("minimum", "from")
            + Bound("exclusiveMinimum", "above")
            + Bound("maximum", "to")
            + Bound("exclusiveMaximum", "below");
    }

    private static string? Default(JsonElement option)
    {
        if (!option.TryGetProperty("default", out JsonElement value))
            return null;
        return value.ValueKind == JsonValueKind.Object
            ? $"default {value.GetProperty("name").GetString()}"
            : $"default {value.GetRawText().Replace("\n", "", StringComparison.Ordinal)}";
    }

    private static IEnumerable<JsonElement> Kinds(JsonElement option)
    {
        JsonElement holder = option.TryGetProperty("items", out JsonElement items) ? items : option;
        return holder.TryGetProperty("oneOf", out JsonElement kinds) ? kinds.EnumerateArray() : Enumerable.Empty<JsonElement>();
    }

    private static string Title(JsonElement kind) => kind.GetProperty("title").GetString()!;

    private static void Line(CliConsole console, int indent, string text)
    {
        string start = new(' ', indent);
        bool first = true;
        foreach (string line in TextWrap.Lines(text, console.Width - indent - 2))
        {
            console.Output.WriteLine(first ? start + line : $"{start}  {line}");
            first = false;
        }
    }
}
