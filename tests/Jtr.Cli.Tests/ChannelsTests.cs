using System.Text.Json.Nodes;

namespace Jtr.Cli.Tests;

/// <summary>Photographs of a thermal camera and of colors with infrared, in folders, from inspect to predictions.</summary>
[NonParallelizable]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class ChannelsTests : IDisposable
{
    private static readonly string[] _small = "--size 32x64 --width 2 --batch-size 2 --workers 1 --steps 2 --no-tensorboard".Split(' ');

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Photographs of one value of 16 bits each, and masks.</summary>
    private string Thermal()
    {
        for (int n = 0; n < 3; n++)
        {
            GreyPng.Write(_folder["thermal", "image", $"t{n}.png"], 16, 32, 64, 7500 + 500 * n);
            NpyFile.Write(
                _folder["thermal", "seg", $"t{n}.npy"],
                "|u1",
                "(32, 64)",
                [.. Enumerable.Range(0, 2048).Select(i => (byte)(i / 1024))]
            );
        }
        File.WriteAllText(
            _folder["thermal", "tasks.json"],
            """
            { "tasks": [{ "name": "seg", "kind": "segmentation", "class_count": 2 }],
              "image": { "channels": 1, "range": [7000, 9000] } }
            """
        );
        return _folder["thermal"];
    }

    /// <summary>Arrays of four channels, and maps.</summary>
    private string Infrared()
    {
        for (int n = 0; n < 3; n++)
        {
            float[] values = [.. Enumerable.Range(0, 4 * 2048).Select(i => (i + 97 * n) % 1009 / 1009f)];
            NpyFile.Write(_folder["infrared", "image", $"i{n}.npy"], "(4, 32, 64)", values);
            NpyFile.Write(_folder["infrared", "edge", $"i{n}.npy"], "(32, 64)", values[..2048]);
        }
        File.WriteAllText(
            _folder["infrared", "tasks.json"],
            """{ "tasks": [{ "name": "edge", "kind": "map" }], "image": { "channels": 4 } }"""
        );
        return _folder["infrared"];
    }

    [TestCase(1)]
    [TestCase(4)]
    public void A_folder_is_inspected_learned_and_predicted(int channels)
    {
        string data = channels == 1 ? Thermal() : Infrared();
        CliRun inspect = CliRun.Of("inspect", data, "--json", "-");
        Assert.That(inspect.ExitCode, Is.Zero, inspect.Error);
        JsonNode part = JsonNode.Parse(inspect.Output)!["parts"]![0]!;
        Assert.That((int)part["channels"]!, Is.EqualTo(channels));
        Assert.That((int)part["photographs"]![0]!["height"]!, Is.EqualTo(32));

        string run = _folder["run"];
        CliRun train = CliRun.Of(["train", "--data", data, "--output", run, "--method", "supervised", .. _small]);
        Assert.That(train.ExitCode, Is.Zero, train.Error);

        CliRun unsaid = CliRun.Of("predict", run, data, "--output", _folder["none"]);
        Assert.That(unsaid.ExitCode, Is.EqualTo(2));
        Assert.That(unsaid.Error, Does.Contain($"--inputs-from: this network reads photographs of {channels} channels"));
        string output = _folder["out"];
        CliRun predict = CliRun.Of([
            "predict",
            run,
            data,
            "--inputs-from",
            data,
            "--output",
            output,
            "--format",
            "npy",
            "--format",
            "overlay",
            "--format",
            "json",
        ]);
        Assert.That(predict.ExitCode, Is.Zero, predict.Error);
        Assert.That(Directory.GetFiles(output, "*.npy"), Has.Length.EqualTo(3));
        Assert.That(Directory.GetFiles(output, "*.overlay.jpg"), Has.Length.EqualTo(3));
        Assert.That(File.Exists(Path.Combine(output, "predictions.png")));

        CliRun label = CliRun.Of("label", run, data, "--all", "--output", _folder["made"]);
        Assert.That(label.ExitCode, Is.Zero, label.Error);
        CliRun taught = CliRun.Of([
            "train",
            "--data",
            data,
            "--pseudo-labels",
            _folder["made"],
            "--output",
            _folder["student"],
            "--method",
            "teacher",
            .. _small,
        ]);
        Assert.That(taught.ExitCode, Is.Zero, taught.Error);
        CliRun evaluate = CliRun.Of("evaluate", run);
        Assert.That(evaluate.ExitCode, Is.Zero, evaluate.Error);
    }

    [Test]
    public void A_folder_that_says_other_channels_is_refused()
    {
        string thermal = Thermal(),
            infrared = Infrared();
        CliRun train = CliRun.Of(["train", "--data", thermal, "--output", _folder["run"], "--method", "supervised", .. _small]);
        Assert.That(train.ExitCode, Is.Zero, train.Error);
        CliRun predict = CliRun.Of("predict", _folder["run"], infrared, "--inputs-from", infrared, "--output", _folder["out"]);
        Assert.That(predict.ExitCode, Is.EqualTo(2));
        Assert.That(predict.Error, Does.Contain("photographs of 1 channels; those of").And.Contain("have 4"));
    }
}
