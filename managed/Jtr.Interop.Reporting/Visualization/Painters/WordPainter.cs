using System.Globalization;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Visualization.Painters;

/// <summary>What is about the photograph as a whole: words. Without the photograph they stand on black.</summary>
internal abstract class WordPainter(string kind) : LabelPainter(kind)
{
    public override void PaintLabel(VisionTask task, ReadOnlySpan<float> label, RgbImage picture, ValueRange? range) =>
        PictureOverlay.Write(picture, LabelWords(task, label, []));

    public override void PaintPrediction(VisionTask task, ReadOnlySpan<float> prediction, RgbImage picture, ValueRange? range) =>
        PictureOverlay.Write(picture, PredictionWords(task, prediction));

    public abstract override IReadOnlyList<string> LabelWords(
        VisionTask task,
        ReadOnlySpan<float> label,
        ReadOnlySpan<float> probabilities
    );

    public abstract override IReadOnlyList<string> PredictionWords(VisionTask task, ReadOnlySpan<float> prediction);

    /// <summary>A name and its probability, as "hat 93 %".</summary>
    protected static string WithPercent(string name, double probability) =>
        string.Create(CultureInfo.InvariantCulture, $"{name} {100 * probability:F0} %");
}

/// <summary>The class; of a prediction with its probability, and the next ones that are not improbable.</summary>
internal sealed class ClassificationPainter() : WordPainter("classification")
{
    private const int Most = 3;
    private const float Improbable = 0.1f;

    public override IReadOnlyList<string> LabelWords(VisionTask task, ReadOnlySpan<float> label, ReadOnlySpan<float> probabilities)
    {
        IReadOnlyList<string> names = task.Kind.ClassNames(task);
        if (!probabilities.IsEmpty)
            return Words(names, probabilities);
        int id = (int)label[0];
        return [id >= 0 && id < names.Count ? names[id] : "no label"];
    }

    public override IReadOnlyList<string> PredictionWords(VisionTask task, ReadOnlySpan<float> prediction)
    {
        float largest = float.NegativeInfinity;
        foreach (float logit in prediction)
            largest = Math.Max(largest, logit);
        float[] probabilities = new float[prediction.Length];
        for (int c = 0; c < probabilities.Length; c++)
            probabilities[c] = MathF.Exp(prediction[c] - largest);
        float sum = probabilities.Sum();
        foreach (ref float probability in probabilities.AsSpan())
            probability /= sum;
        return Words(task.Kind.ClassNames(task), probabilities);
    }

    private static string[] Words(IReadOnlyList<string> names, ReadOnlySpan<float> probabilities) =>
        [
            .. names
                .Zip(probabilities.ToArray())
                .OrderByDescending(c => c.Second)
                .Where((c, place) => place == 0 || c.Second >= Improbable)
                .Take(Most)
                .Select(c => WithPercent(c.First, c.Second)),
        ];
}

/// <summary>The tags; of a prediction those above one half with their probabilities, the most probable first.</summary>
internal sealed class TagsPainter() : WordPainter("tags")
{
    private const string None = "none";
    private const string Unknown = "?";

    public override IReadOnlyList<string> LabelWords(VisionTask task, ReadOnlySpan<float> label, ReadOnlySpan<float> probabilities)
    {
        IReadOnlyList<string> names = task.Kind.ClassNames(task);
        if (!probabilities.IsEmpty)
            return Words(names, probabilities);
        List<string> words = [];
        bool isKnown = true;
        for (int t = 0; t < label.Length; t++)
        {
            if (label[t] > 0)
                words.Add(names[t]);
            isKnown &= !float.IsNaN(label[t]);
        }
        if (words.Count == 0 && isKnown)
            words.Add(None);
        if (!isKnown)
            words.Add(Unknown);
        return words;
    }

    public override IReadOnlyList<string> PredictionWords(VisionTask task, ReadOnlySpan<float> prediction)
    {
        float[] probabilities = prediction.ToArray();
        foreach (ref float value in probabilities.AsSpan())
            value = 1 / (1 + MathF.Exp(-value));
        return Words(task.Kind.ClassNames(task), probabilities);
    }

    private static string[] Words(IReadOnlyList<string> names, ReadOnlySpan<float> probabilities)
    {
        string[] words =
        [
            .. names
                .Zip(probabilities.ToArray())
                .Where(t => t.Second > 0.5f)
                .OrderByDescending(t => t.Second)
                .Select(t => WithPercent(t.First, t.Second)),
        ];
        return words.Length > 0 ? words : [None];
    }
}

/// <summary>The values with their unit, with their names where there are several.</summary>
internal sealed class RegressionPainter() : WordPainter("regression")
{
    public override IReadOnlyList<string> LabelWords(VisionTask task, ReadOnlySpan<float> label, ReadOnlySpan<float> probabilities) =>
        Words(task, label);

    public override IReadOnlyList<string> PredictionWords(VisionTask task, ReadOnlySpan<float> prediction) => Words(task, prediction);

    private static string[] Words(VisionTask task, ReadOnlySpan<float> values)
    {
        RegressionTask regression = (RegressionTask)task;
        string[] words = new string[values.Length];
        for (int v = 0; v < words.Length; v++)
        {
            string number = float.IsNaN(values[v]) ? "?" : values[v].ToString("G4", CultureInfo.InvariantCulture);
            string name = words.Length > 1 ? regression.ValueNames[v] + " " : "";
            words[v] = $"{name}{number} {regression.Unit}".TrimEnd();
        }
        return words;
    }
}
