using Jtr.Interop.Datasets;
using Jtr.Interop.Training;

namespace Jtr.Interop.Tests.Training;

/// <summary>The two steps of a golden file, done through the managed API, and everything that they told.</summary>
internal sealed class GoldenRun
{
    private GoldenRun(GoldenFile file)
    {
        int samples = file.Samples;
        Steps = [new StepTerms(samples), new StepTerms(samples)];
        long predictions = (long)GoldenFile.Views * samples * file.Tasks.TotalChannels * file.Height * file.Width;
        Prediction = new double[predictions];
        PredictionGradient = new double[predictions];
    }

    public StepTerms[] Steps { get; }
    public double[] Prediction { get; }
    public double[] PredictionGradient { get; }
    public Dictionary<string, double[]> Gradients { get; } = [];
    public Dictionary<string, double[]> Final { get; } = [];

    public static GoldenRun Of(GoldenFile file, Precision precision, Recomputation recomputation = Recomputation.Norms)
    {
        GoldenRun run = new(file);
        using Trainer trainer = file.CreateTrainer(precision, recomputation);
        for (int s = 0; s < 2; s++)
        {
            using Batch batch = file.CreateBatch(s);
            StepTerms terms = run.Steps[s];
            StepCapture capture = new()
            {
                Loss = terms.Loss,
                Supervised = terms.Supervised,
                Dist = terms.Dist,
                Recon = terms.Recon,
                Prediction = s == 0 ? run.Prediction : default,
                PredictionGradient = s == 0 ? run.PredictionGradient : default,
                Noise = file.Noise(s),
            };
            terms.Result = trainer.Step(batch, capture);
            if (s > 0)
                continue;
            foreach (TensorInfo info in trainer.Gradients)
                run.Gradients.Add(info.Name, trainer.Gradients.Read(info.Name));
        }
        foreach (TensorInfo info in trainer.State)
            run.Final.Add(info.Name, trainer.State.Read(info.Name));
        return run;
    }

    /// <summary>Each sample's terms of one step.</summary>
    internal sealed class StepTerms(int samples)
    {
        public double[] Loss { get; } = new double[samples];
        public double[] Supervised { get; } = new double[samples];
        public double[] Dist { get; } = new double[samples];
        public double[] Recon { get; } = new double[samples];
        public StepResult Result { get; set; }
    }
}
