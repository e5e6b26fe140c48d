using System.CommandLine;
using System.Globalization;
using Jtr.Cli.CommandLine;
using Jtr.Cli.Output;
using Jtr.Interop.Checkpoints;
using Jtr.Interop.Export;

namespace Jtr.Cli.Commands;

/// <summary>`jtr export`: a trained network for use elsewhere.</summary>
internal sealed class ExportCommand
{
    private static readonly IReadOnlyList<(string Word, ExportFormat Value)> _formats =
    [
        ("onnx", ExportFormat.Onnx),
        ("torchscript", ExportFormat.TorchScript),
        ("safetensors", ExportFormat.Safetensors),
    ];

    private readonly CliConsole _console;

    private readonly Argument<string?> _checkpoint = new("checkpoint")
    {
        HelpName = "CHECKPOINT",
        Description =
            "A checkpoint.safetensors of `jtr train`, `jtr demo` or `jtr import`, or one that a Trainer saved; or the folder of a run.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly IReadOnlyList<(string Word, OnnxPrecision Value)> _precisions =
    [
        ("float32", OnnxPrecision.Float32),
        ("float16", OnnxPrecision.Float16),
        ("int8", OnnxPrecision.Int8),
    ];

    private readonly Option<OnnxPrecision?> _precision = OptionKinds.Choice(
        "--precision",
        "onnx: number format. float16 halves the file, for GPUs; int8 quarters it (dynamic quantisation), at some loss. Default: float32.",
        _precisions
    );

    private readonly Option<ExportFormat?> _format = OptionKinds.Choice("--format", "What to write. Default: onnx.", _formats);

    private readonly Option<string?> _output = OptionKinds.Text(
        "--output",
        "FILE",
        "Where to write it. Default: beside the checkpoint, network.onnx, network.pt or weights.safetensors."
    );

    private readonly Option<ImageSize?> _size = OptionKinds.Size(
        "--size",
        "onnx: the only size that the model takes, rows x columns. Default: any size."
    );

    private readonly Option<long?> _batch = OptionKinds.Whole(
        "--batch",
        "N",
        "onnx: the only number of images that the model takes at once. Default: any.",
        1,
        int.MaxValue
    );

    private readonly Option<string?> _asDomain = OptionKinds.Text(
        "--as-domain",
        "NAME",
        "The domain whose norms the network has, of a run with --domain norms. Default: the mixture of all."
    );

    private ExportCommand(CliConsole console) => _console = console;

    /// <summary>Makes the command.</summary>
    public static Command Make(CliConsole console)
    {
        ExportCommand export = new(console);
        Command command = new("export", "Write a trained network for ONNX Runtime, for libtorch, or its weights for Python.");
        new HelpPage
        {
            Usage = "jtr export CHECKPOINT [options]",
            Text =
            [
                "onnx: a model for ONNX Runtime and others (opset 17). torchscript: a module for torch.jit.load, in Python and C++. "
                    + "safetensors: the weights alone, in 32 bits, named as in the published code's state.",
                "The models take images [N, 3, H, W], RGB in [0, 1], of every size, and give an output for each task, of its "
                    + "name: raw logits, depths, unit normals, maps. They compute what the trained network does, argmax pooling included.",
            ],
            Arguments = [export._checkpoint],
            Groups = [new("Export", [export._format, export._output, export._size, export._batch, export._precision, export._asDomain])],
            Sections = [("Exit codes", RootHelp.ExitCodes)],
            Examples =
            [
                new("For ONNX Runtime:", "jtr export jtr-run/checkpoint.safetensors --output rooms.onnx"),
                new("For a device that wants to know all sizes:", "jtr export jtr-run/checkpoint.safetensors --size 96x128 --batch 1"),
                new("In half the bytes, for a GPU:", "jtr export jtr-run/checkpoint.safetensors --precision float16"),
                new("For libtorch:", "jtr export jtr-run/checkpoint.safetensors --format torchscript"),
            ],
        }.Apply(command, console);
        command.SetAction(export.Run);
        return command;
    }

    private int Run(ParseResult parsed)
    {
        string? asDomain = parsed.GetValue(_asDomain);
        string checkpoint = CheckpointInput.Find(
            parsed.GetValue(_checkpoint) ?? throw new UsageException("Name a checkpoint, such as jtr-run/checkpoint.safetensors.")
        );
        ExportFormat format = parsed.GetValue(_format) ?? ExportFormat.Onnx;
        ImageSize? size = parsed.GetValue(_size);
        long? batch = parsed.GetValue(_batch);
        OnnxPrecision? precision = parsed.GetValue(_precision);
        if (format != ExportFormat.Onnx && (size is not null || batch is not null || precision is not null))
            throw new UsageException("--size, --batch and --precision are for --format onnx only.");
        string output =
            parsed.GetValue(_output)
            ?? Path.Combine(
                Path.GetDirectoryName(checkpoint) ?? "",
                format switch
                {
                    ExportFormat.Onnx => "network.onnx",
                    ExportFormat.TorchScript => "network.pt",
                    _ => "weights.safetensors",
                }
            );
        if (Path.GetFullPath(output) == Path.GetFullPath(checkpoint))
            throw new UsageException("--output is the checkpoint itself.");
        OnnxExportOptions options = new()
        {
            Height = size?.Height,
            Width = size?.Width,
            Batch = (int?)batch,
            Precision = precision ?? OnnxPrecision.Float32,
            AsDomain = asDomain,
        };
        AsDomainOption.Say(() => Save(checkpoint, output, format, options));
        _console.Line($"Written: {output}");
        // So that nobody deploys a run that still goes on, or was stopped, without knowing.
        long step = CheckpointInfo.Read(checkpoint).Step;
        if (step > 0)
            _console.Line(
                string.Create(CultureInfo.InvariantCulture, $"It is the network after {step} training step{(step == 1 ? "" : "s")}.")
            );
        return ExitCode.Success;
    }

    private static void Save(string checkpoint, string output, ExportFormat format, OnnxExportOptions options)
    {
        switch (format)
        {
            case ExportFormat.Onnx:
                OnnxExport.Save(checkpoint, output, options);
                break;
            case ExportFormat.TorchScript:
                TorchScriptExport.Save(checkpoint, output, options.AsDomain);
                break;
            default:
                SafetensorsExport.Save(checkpoint, output, options.AsDomain);
                break;
        }
    }
}

/// <summary>What `jtr export` writes.</summary>
internal enum ExportFormat
{
    /// <summary>An ONNX model.</summary>
    Onnx,

    /// <summary>A TorchScript module.</summary>
    TorchScript,

    /// <summary>Weights alone.</summary>
    Safetensors,
}
