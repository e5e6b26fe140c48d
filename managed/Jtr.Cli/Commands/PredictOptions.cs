using System.CommandLine;
using System.Globalization;
using Jtr.Cli.CommandLine;
using Jtr.Cli.Prediction.Formats;
using Jtr.Interop.Inference;
using Jtr.Interop.Tasks;

namespace Jtr.Cli.Commands;

/// <summary>The options of `jtr predict` about how photographs are predicted and what is written.</summary>
internal sealed class PredictOptions
{
    private readonly Option<string[]?> _formats = OptionKinds.Several(
        "--format",
        string.Join('|', PredictionFormats.Words.Select(w => w.Term)),
        "What is written of each photograph; may be there several times. Default: colors; with --as-labels ids and png16."
    );

    private readonly Option<PredictionSize?> _at = OptionKinds.Choice<PredictionSize>(
        "--at",
        "Size of what is written: the photograph's own, or the one that the network computed at. Default: photograph.",
        [("photograph", PredictionSize.Image), ("network", PredictionSize.Network)]
    );

    private readonly Option<string?> _inputsFrom = new("--inputs-from")
    {
        HelpName = "FOLDER",
        Description =
            "A folder with what the network reads beside the photographs, such as depth/NAME.png and camera.csv; its tasks.json says how "
            + "they are read, and photographs of other channels than colors. Default: none, and the inputs are missing.",
    };

    private readonly Option<bool> _tile = new("--tile")
    {
        Description = "Cut photographs into tiles of --size at their own resolution, instead of resizing them to it. Overlaps are blended.",
    };

    private readonly Option<long?> _overlap = OptionKinds.Whole(
        "--overlap",
        "PIXELS",
        "Pixels that neighbouring tiles have in common. Default: a quarter of a tile.",
        0,
        65535
    );

    private readonly Option<bool> _flip = new("--flip")
    {
        Description = "Predict the mirrored photograph too, and take the mean. Takes twice the time.",
    };

    private readonly Option<string[]?> _scales = OptionKinds.List(
        "--scales",
        "FACTORS",
        "Predict at these sizes, as factors of --size, such as 0.75,1,1.25, and take the mean. Default: 1."
    );

    private readonly Option<bool> _confidence = new("--confidence")
    {
        Description =
            "Also write how sure the network is: NAME.TASK.confidence.png, .npy where --format has npy. Of segmentation "
            + "the probability of the class, "
            + "of values their standard deviation over the flip (and the scales).",
    };

    private readonly Option<bool> _asLabels = new("--as-labels")
    {
        Description =
            "Write OUTPUT/TASK/NAME.png, as a folder of data has its labels, with the formats ids, png16 and npy; classes, tags and values "
            + "of whole photographs as rows of OUTPUT/TASK.csv. Labels that are there stay. With --output DATA/train missing labels are "
            + "filled in.",
    };

    private readonly Option<bool> _resume = new("--resume") { Description = "Pass over photographs whose files are all there." };

    private readonly Option<long?> _every = OptionKinds.Whole("--every", "N", "Of videos, take every Nth frame. Default: 1.", 1, 1_000_000);

    private readonly Option<string?> _asDomain = OptionKinds.Text(
        "--as-domain",
        "NAME",
        "The domain whose norms predict, of a run with --domain norms. Default: the mixture of all."
    );

    /// <summary>For the help page.</summary>
    public IReadOnlyList<Option> Written => [_formats, _at, _confidence, _asLabels, _resume];

    /// <summary>For the help page.</summary>
    public IReadOnlyList<Option> Computed => [_inputsFrom, _tile, _overlap, _flip, _scales, _every, _asDomain];

    /// <summary>Whether predictions become labels.</summary>
    public bool AsLabels(ParseResult parsed) => parsed.GetValue(_asLabels);

    /// <summary>The folder of the further inputs, or null.</summary>
    public string? InputsFrom(ParseResult parsed) => parsed.GetValue(_inputsFrom);

    /// <summary>The domain whose norms predict, or null.</summary>
    public string? AsDomain(ParseResult parsed) => parsed.GetValue(_asDomain);

    /// <summary>Whether to go on with an earlier run.</summary>
    public bool Resume(ParseResult parsed) => parsed.GetValue(_resume);

    /// <summary>Of videos every so many-th frame.</summary>
    public int Every(ParseResult parsed) => (int)(parsed.GetValue(_every) ?? 1);

    /// <summary>The first of these options that a command line has, or null.</summary>
    public string? FirstGiven(ParseResult parsed) =>
        Written.Concat(Computed).FirstOrDefault(o => parsed.GetResult(o) is { Implicit: false })?.Name;

    /// <summary>How photographs are predicted.</summary>
    /// <exception cref="UsageException">Options contradict each other.</exception>
    public InferenceOptions Inference(ParseResult parsed, ImageSize size)
    {
        bool tile = parsed.GetValue(_tile);
        PredictionSize at = parsed.GetValue(_at) ?? PredictionSize.Image;
        int? overlap = (int?)parsed.GetValue(_overlap);
        if (overlap is not null && !tile)
            throw new UsageException("--overlap is for --tile.");
        if (overlap >= Math.Min(size.Height, size.Width))
            throw new UsageException(
                $"--overlap {overlap} has to be below the tile's {Math.Min(size.Height, size.Width)} pixels; --size sets the tile."
            );
        if (tile && at == PredictionSize.Network)
            throw new UsageException("--tile computes at the photograph's size; --at network is for photographs that are resized.");
        if (at == PredictionSize.Network && AsLabels(parsed))
            throw new UsageException("--as-labels needs the photograph's size, which labels have; leave out --at network.");
        return new InferenceOptions
        {
            Size = (size.Height, size.Width),
            At = at,
            Tile = tile,
            Overlap = overlap,
            Flip = parsed.GetValue(_flip),
            Scales = Scales(parsed),
            Confidence = parsed.GetValue(_confidence),
        };
    }

    /// <summary>What is written: the files of each task, and whether there are summaries and a table of them.</summary>
    /// <exception cref="UsageException">A word is unknown, or fits no task.</exception>
    public (IReadOnlyList<IPredictionFormat> Formats, bool Json, bool Csv) Formats(ParseResult parsed, TaskSet tasks)
    {
        bool asLabels = AsLabels(parsed);
        string[] words = Words(parsed);
        if (words.Length == 0)
            words = asLabels ? ["ids", "png16", "npy"] : ["colors"];
        List<IPredictionFormat> formats = [];
        foreach (string word in words)
        {
            IPredictionFormat? format = PredictionFormats.All.FirstOrDefault(f => f.Name == word);
            if (asLabels && format?.LabelExtension is null)
                throw new UsageException($"--format {word} is no label; --as-labels writes ids, png16 or npy.");
            if (format is null)
                continue;
            if (Words(parsed).Length > 0 && !tasks.Any(format.Fits))
                throw new UsageException(
                    $"--format {word} fits no task of this network ({string.Join(", ", tasks.Select(t => $"{t.Name}: {Kind(t)}"))}): "
                        + $"it is for {format.Meaning}."
                );
            formats.Add(format);
        }
        return (formats, words.Contains(PredictionFormats.Json), words.Contains(PredictionFormats.Csv));
    }

    /// <summary>The words of --format, checked, each once.</summary>
    /// <exception cref="UsageException">One is unknown.</exception>
    public string[] Words(ParseResult parsed)
    {
        string[] words =
        [
            .. (parsed.GetValue(_formats) ?? [])
                .SelectMany(w => w.Split(',', StringSplitOptions.TrimEntries))
                .Select(w => w.ToLowerInvariant())
                .Select(w => w is "colours" or "color" or "colour" ? "colors" : w)
                .Distinct(StringComparer.Ordinal),
        ];
        string[] known = [.. PredictionFormats.Words.Select(w => w.Term)];
        if (Array.Find(words, w => !known.Contains(w)) is string wrong)
            throw new UsageException($"--format must be one of {string.Join(", ", known)}, not '{wrong}'.");
        return words;
    }

    private double[] Scales(ParseResult parsed)
    {
        string[] texts = parsed.GetValue(_scales) is { Length: > 0 } said ? said : ["1"];
        double[] scales = new double[texts.Length];
        for (int i = 0; i < texts.Length; i++)
        {
            if (
                !double.TryParse(texts[i], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out scales[i])
                || scales[i] is < 0.1 or > 8
            )
                throw new UsageException($"--scales must be numbers of 0.1 to 8, such as 0.75,1,1.25, not '{texts[i]}'.");
        }
        return scales.Length <= 16 ? scales : throw new UsageException("--scales takes at most 16 numbers.");
    }

    private static string Kind(VisionTask task) => task.Kind.ToString().ToLowerInvariant();
}
