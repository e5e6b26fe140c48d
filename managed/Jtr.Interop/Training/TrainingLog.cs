using Jtr.Interop.Evaluation;
using Microsoft.Extensions.Logging;

namespace Jtr.Interop.Training;

/// <summary>What a trainer logs.</summary>
internal static partial class TrainingLog
{
    [LoggerMessage(
        EventId = 1,
        Level = LogLevel.Information,
        Message = "Training {Method} on {Samples} samples of {Height} x {Width}: step {Step} to {Total}, batches of {BatchSize}."
    )]
    public static partial void Started(
        ILogger logger,
        string method,
        int samples,
        int height,
        int width,
        long step,
        long total,
        int batchSize
    );

    [LoggerMessage(EventId = 2, Level = LogLevel.Information, Message = "Trained to step {Step} in {Elapsed}: loss {Loss:F4}.")]
    public static partial void Finished(ILogger logger, long step, TimeSpan elapsed, double loss);

    [LoggerMessage(EventId = 3, Level = LogLevel.Information, Message = "Training was cancelled at step {Step}.")]
    public static partial void Canceled(ILogger logger, long step);

    [LoggerMessage(EventId = 4, Level = LogLevel.Information, Message = "Saved {Path} at step {Step}.")]
    public static partial void Saved(ILogger logger, string path, long step);

    [LoggerMessage(EventId = 5, Level = LogLevel.Information, Message = "Loaded {Path} at step {Step}.")]
    public static partial void Loaded(ILogger logger, string path, long step);

    [LoggerMessage(EventId = 12, Level = LogLevel.Information, Message = "Weights to start from: {Report}.")]
    public static partial void Initialized(ILogger logger, InitReport report);

    [LoggerMessage(EventId = 6, Level = LogLevel.Error, Message = "Training ended at step {Step}.")]
    public static partial void Failed(ILogger logger, long step, Exception exception);

    [LoggerMessage(
        EventId = 11,
        Level = LogLevel.Error,
        Message = "{Path} could not be saved at step {Step}, after the training had failed."
    )]
    public static partial void NotSaved(ILogger logger, string path, long step, Exception exception);

    [LoggerMessage(
        EventId = 8,
        Level = LogLevel.Warning,
        Message = "The run goes on with {Difference}: its steps are not those of an uninterrupted run."
    )]
    public static partial void GoesOnOtherwise(ILogger logger, string difference);

    [LoggerMessage(EventId = 9, Level = LogLevel.Information, Message = "Scores at step {Step}: {Scores}.")]
    public static partial void Evaluated(ILogger logger, long step, EvaluationResult scores);

    [LoggerMessage(
        EventId = 10,
        Level = LogLevel.Information,
        Message = "Stopped at step {Step}: the scores have not improved since step {BestStep}."
    )]
    public static partial void StoppedEarly(ILogger logger, long step, long bestStep);

    [LoggerMessage(
        EventId = 7,
        Level = LogLevel.Debug,
        Message = "Step {Step}: loss {Loss:F4}, supervised {Supervised:F4}, rate {LearningRate}."
    )]
    public static partial void Progress(ILogger logger, long step, double loss, double supervised, double learningRate);
}
