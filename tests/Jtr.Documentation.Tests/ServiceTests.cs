using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Jtr.Interop.Visualization;

namespace Jtr.Documentation.Tests;

/// <summary>The service of docs/deployment.md as a process of its own, with small photographs, asked over HTTP.</summary>
public sealed class ServiceTests
{
    private const int Height = 32,
        Width = 64;

    private static readonly string _project = Path.Combine(Repository.Root, "docs", "examples", "RoomService");

    private string _folder = null!;

    [SetUp]
    public void MakeFolder()
    {
        _folder = Directory.CreateTempSubdirectory("jtr-service-").FullName;
        for (int n = 0; n < 4; n++)
        {
            RgbImage photograph = RgbImage.Create(Height, Width),
                edge = RgbImage.Create(Height, Width);
            photograph.Data.Fill((byte)(40 * n));
            photograph.Fill(8, 8 * n, 16, 16, new Rgb(220, 160, 100));
            edge.Fill(8, 8 * n, 2, 16, Rgb.White);
            photograph.SavePng(Path.Combine(_folder, "photos", "train", "image", $"{n}.png"));
            edge.SavePng(Path.Combine(_folder, "photos", "train", "edge", $"{n}.png"));
        }
    }

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void Its_program_has_at_most_40_lines() =>
        Assert.That(File.ReadAllLines(Path.Combine(_project, "Program.cs")), Has.Length.LessThanOrEqualTo(40));

    [Test]
    public async Task It_trains_in_the_background_and_predicts_with_what_it_has_learnt()
    {
        using Service service = await Service.StartAsync(_folder, "--Training:Fit:Epochs=3", "--Prediction:ReloadInterval=00:00:00.05");
        using HttpClient client = new() { BaseAddress = service.Address };
        byte[] photograph = await File.ReadAllBytesAsync(Path.Combine(_folder, "photos", "train", "image", "1.png"));
        while (true)
        {
            using JsonDocument training = JsonDocument.Parse(await client.GetStringAsync("/training"));
            string state = training.RootElement.GetProperty("state").GetString()!;
            if (state == "Done")
            {
                // 4 photographs, 3 times, in batches of 2.
                Assert.That(training.RootElement.GetProperty("step").GetInt64(), Is.EqualTo(6));
                Assert.That(training.RootElement.GetProperty("loss").GetDouble(), Is.Not.Zero);
                break;
            }
            Assert.That(state, Is.AnyOf("Waiting", "Running"), service.Log);
            await Task.Delay(20);
        }

        // The checkpoint of the last step is taken up a moment after it was written.
        HttpResponseMessage answer = await Predict(client, "edge", photograph);
        while (answer.StatusCode == HttpStatusCode.ServiceUnavailable || Step(answer) is not (null or "6"))
        {
            answer.Dispose();
            await Task.Delay(20);
            answer = await Predict(client, "edge", photograph);
        }
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK), service.Log);
        Assert.That(answer.Content.Headers.ContentType!.MediaType, Is.EqualTo("image/png"));
        byte[] picture = await answer.Content.ReadAsByteArrayAsync();
        Assert.That((Number(picture, 16), Number(picture, 20)), Is.EqualTo((Width, Height)), "the PNG's columns and rows");
        answer.Dispose();

        using HttpResponseMessage unknown = await Predict(client, "sound", photograph);
        using HttpResponseMessage damaged = await Predict(client, "edge", photograph[..40]);
        Assert.That((unknown.StatusCode, damaged.StatusCode), Is.EqualTo((HttpStatusCode.NotFound, HttpStatusCode.BadRequest)));
        Assert.That(await damaged.Content.ReadAsStringAsync(), Does.Contain("the upload: damaged"));
        await service.StopAsync();
    }

    [Test]
    public async Task Stopped_in_the_middle_it_goes_on_at_the_next_start()
    {
        using (Service service = await Service.StartAsync(_folder, "--Training:Fit:Epochs=100000"))
        {
            using HttpClient client = new() { BaseAddress = service.Address };
            while (!Regex.IsMatch(await client.GetStringAsync("/training"), "\"step\":[1-9]"))
                await Task.Delay(20);
            byte[] photograph = await File.ReadAllBytesAsync(Path.Combine(_folder, "photos", "train", "image", "1.png"));
            using HttpResponseMessage early = await Predict(client, "edge", photograph);
            Assert.That(early.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable), "there is no checkpoint yet");
            await service.StopAsync();
        }
        Assert.That(File.Exists(Path.Combine(_folder, "photos.safetensors")), "saved when it was stopped");
        using Service next = await Service.StartAsync(_folder, "--Training:Fit:Epochs=100000");
        Assert.That(next.Log, Does.Match(@"Loaded .*photos\.safetensors at step [1-9]"));
        await next.StopAsync();
    }

    [Test]
    public void It_does_not_start_with_a_setting_that_does_not_exist()
    {
        Func<Task> start = async () => await Service.StartAsync(_folder, "--Training:Trainer:Widht=3");
        string log = Assert.ThrowsAsync<InvalidOperationException>(start)!.Message;
        Assert.That(log, Does.Contain("Training:Trainer:Widht: there is no such setting. There are "));
    }

    private static async Task<HttpResponseMessage> Predict(HttpClient client, string task, byte[] photograph)
    {
        using ByteArrayContent content = new(photograph);
        return await client.PostAsync(new Uri($"/predict/{task}", UriKind.Relative), content);
    }

    private static string? Step(HttpResponseMessage answer) =>
        answer.Headers.TryGetValues("Jtr-Step", out IEnumerable<string>? values) ? values.Single() : null;

    private static int Number(byte[] file, int offset) => System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(file.AsSpan(offset));

    /// <summary>The service, started.</summary>
    private sealed class Service : IDisposable
    {
        private readonly Process _process;
        private readonly List<string> _log = [];

        private Service(string folder, string[] options)
        {
            // Built with the configuration of this test.
            string output = AppContext.BaseDirectory.Replace(
                Path.Combine("tests", "Jtr.Documentation.Tests") + Path.DirectorySeparatorChar,
                Path.Combine("docs", "examples", "RoomService") + Path.DirectorySeparatorChar,
                StringComparison.Ordinal
            );
            string[] small =
            [
                $"--Data:Height={Height}",
                $"--Data:Width={Width}",
                "--Training:Trainer:Width=2",
                "--Training:Fit:BatchSize=2",
                "--Training:Fit:Workers=1",
                "--Training:Trainer:Device=cpu",
                "--urls=http://127.0.0.1:0",
                $"--contentRoot={folder}",
            ];
            ProcessStartInfo start = new("dotnet", [Path.Combine(output, "RoomService.dll"), .. small, .. options])
            {
                WorkingDirectory = folder,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            start.Environment["OMP_NUM_THREADS"] = "1";
            start.Environment["ASPNETCORE_ENVIRONMENT"] = "Production";
            File.Copy(Path.Combine(_project, "appsettings.json"), Path.Combine(folder, "appsettings.json"), overwrite: true);
            _process = Process.Start(start)!;
            _process.OutputDataReceived += (_, e) => Add(e.Data);
            _process.ErrorDataReceived += (_, e) => Add(e.Data);
            _process.BeginOutputReadLine();
            _process.BeginErrorReadLine();
        }

        public Uri Address { get; private set; } = null!;

        public string Log
        {
            get
            {
                lock (_log)
                    return string.Join('\n', _log);
            }
        }

        /// <exception cref="InvalidOperationException">It ended instead; the message is what it wrote.</exception>
        public static async Task<Service> StartAsync(string folder, params string[] options)
        {
            Service service = new(folder, options);
            while (true)
            {
                Match address = Regex.Match(service.Log, @"Now listening on: (http://\S+)");
                if (address.Success)
                {
                    service.Address = new Uri(address.Groups[1].Value);
                    return service;
                }
                if (service._process.HasExited)
                {
                    await service._process.WaitForExitAsync();
                    using (service)
                        throw new InvalidOperationException(service.Log);
                }
                await Task.Delay(20);
            }
        }

        /// <summary>Ctrl-C, as from a terminal or a container's runtime.</summary>
        public async Task StopAsync()
        {
            string id = _process.Id.ToString(CultureInfo.InvariantCulture);
            using (Process kill = Process.Start("kill", ["-TERM", id]))
                await kill.WaitForExitAsync();
            await _process.WaitForExitAsync();
            Assert.That(_process.ExitCode, Is.Zero, Log);
        }

        public void Dispose()
        {
            if (!_process.HasExited)
                _process.Kill(entireProcessTree: true);
            _process.Dispose();
        }

        private void Add(string? line)
        {
            if (line is null)
                return;
            lock (_log)
                _log.Add(line);
        }
    }
}
