using System.CommandLine;
using Jtr.Cli.CommandLine;
using Jtr.Cli.Output;

namespace Jtr.Cli.Commands;

/// <summary>`jtr completion`: scripts that let a shell complete commands, options and their words.</summary>
internal static class CompletionCommand
{
    // Each asks the program itself, by the directive [suggest:POSITION], so that it knows the options of the version that is installed.
    private static readonly Dictionary<string, string> _scripts = new(StringComparer.OrdinalIgnoreCase)
    {
        ["bash"] = """
            # jtr completion bash >> ~/.bashrc
            _jtr_complete() {
              local IFS=$'\n'
              local line="${COMP_LINE:0:COMP_POINT}"
              COMPREPLY=($(compgen -W "$(jtr "[suggest:${#line}]" "$line" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
            }
            complete -o default -F _jtr_complete jtr
            """,
        ["zsh"] = """
            # jtr completion zsh >> ~/.zshrc
            _jtr_complete() {
              local line="${BUFFER[1,$CURSOR]}"
              local found=("${(@f)$(jtr "[suggest:${#line}]" "$line" 2>/dev/null)}")
              compadd -a found
              _files
            }
            compdef _jtr_complete jtr
            """,
        ["fish"] = """
            # jtr completion fish > ~/.config/fish/completions/jtr.fish
            function _jtr_complete
              set -l line (commandline -cp)
              jtr "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null
            end
            complete -c jtr -a "(_jtr_complete)"
            """,
        ["pwsh"] = """
            # jtr completion pwsh >> $PROFILE
            Register-ArgumentCompleter -Native -CommandName jtr -ScriptBlock {
              param($word, $ast, $position)
              $line = $ast.ToString().PadRight($position)
              jtr "[suggest:$position]" $line 2>$null | ForEach-Object {
                [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
              }
            }
            """,
    };

    /// <summary>The shells.</summary>
    public static IReadOnlyCollection<string> Shells => _scripts.Keys;

    /// <summary>Makes the command.</summary>
    public static Command Make(CliConsole console)
    {
        Argument<string?> shell = new("shell")
        {
            HelpName = string.Join('|', Shells),
            Description = "The shell.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        shell.CompletionSources.Add(_ => Shells.Select(s => new System.CommandLine.Completions.CompletionItem(s)));
        Command command = new("completion", "Print a script that completes commands, options and words in a shell.");
        new HelpPage
        {
            Usage = $"jtr completion {string.Join('|', Shells)}",
            Text =
            [
                "Prints a script for the shell's start file. From then on the Tab key completes the names of commands and options, and the "
                    + "words that an option may have. Files are completed as ever.",
            ],
            Arguments = [shell],
            Sections = [("Exit codes", RootHelp.ExitCodes)],
            Examples =
            [
                new("For bash; to be put at the end of ~/.bashrc:", "jtr completion bash"),
                new("For PowerShell; to be put at the end of the file $PROFILE:", "jtr completion pwsh"),
            ],
        }.Apply(command, console);
        command.SetAction(parsed =>
        {
            string name = parsed.GetValue(shell) ?? throw new UsageException($"Name the shell: {string.Join(", ", Shells)}.");
            console.Output.Write(
                _scripts.TryGetValue(name == "powershell" ? "pwsh" : name, out string? script)
                    ? script.ReplaceLineEndings("\n") + "\n"
                    : throw new UsageException($"There is no script for '{name}'; there are {string.Join(", ", Shells)}.")
            );
            return ExitCode.Success;
        });
        return command;
    }
}
