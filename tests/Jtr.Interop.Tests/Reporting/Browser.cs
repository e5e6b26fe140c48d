using System.Diagnostics;
using Jtr.Interop.Datasets;
using Jtr.Interop.Visualization;

namespace Jtr.Interop.Tests.Reporting;

/// <summary>A real browser without a window, which ./build.sh test installs.</summary>
internal static class Browser
{
    private static readonly string[] _names = ["chromium", "chromium-headless-shell", "chromium-browser", "google-chrome"];

    /// <summary>Opens a page and takes a picture of it.</summary>
    /// <param name="page">The file.</param>
    /// <param name="picture">The PNG to write.</param>
    /// <param name="width">Columns of the window.</param>
    /// <param name="height">Rows of the window.</param>
    /// <returns>What was drawn, and what the page complained about: script errors, files that it asked for in vain.</returns>
    public static (RgbImage Drawn, string Complaints) Open(string page, string picture, int width, int height)
    {
        string program = Find();
        string profile = Directory.CreateTempSubdirectory("jtr-browser-").FullName;
        try
        {
            // The sandbox needs rights that root in a container has not; the page is our own.
            ProcessStartInfo start = new(
                program,
                [
                    "--headless",
                    "--no-sandbox",
                    "--disable-gpu",
                    "--disable-dev-shm-usage",
                    "--hide-scrollbars",
                    "--no-first-run",
                    "--host-resolver-rules=MAP * ~NOTFOUND",
                    "--enable-logging=stderr",
                    "--force-device-scale-factor=1",
                    $"--user-data-dir={profile}",
                    $"--window-size={width},{height}",
                    $"--screenshot={picture}",
                    new Uri(page).AbsoluteUri,
                ]
            )
            {
                RedirectStandardError = true,
                RedirectStandardOutput = true,
            };
            using Process process = Process.Start(start)!;
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            string log = process.StandardError.ReadToEnd();
            if (!process.WaitForExit(TimeSpan.FromMinutes(3)))
            {
                process.Kill(entireProcessTree: true);
                Assert.Fail($"{program} did not end:\n{log}");
            }
            _ = output.GetAwaiter().GetResult();
            Assert.That(File.Exists(picture), Is.True, $"{program} took no picture:\n{log}");
            return (
                Read(picture),
                string.Join(
                    '\n',
                    log.Split('\n')
                        .Where(l => l.Contains("CONSOLE", StringComparison.Ordinal) || l.Contains("net::ERR", StringComparison.Ordinal))
                )
            );
        }
        finally
        {
            Directory.Delete(profile, recursive: true);
        }
    }

    private static RgbImage Read(string path)
    {
        (int height, int width) = PhotographReader.ReadSize(path);
        float[] planes = new float[3 * height * width];
        PhotographReader.Read(path, height, width, planes);
        RgbImage image = RgbImage.Create(height, width);
        int plane = height * width;
        byte Channel(int c, int i) => (byte)MathF.Round(255 * planes[c * plane + i]);
        for (int i = 0; i < plane; i++)
            (image.Data[3 * i], image.Data[3 * i + 1], image.Data[3 * i + 2]) = (Channel(0, i), Channel(1, i), Channel(2, i));
        return image;
    }

    private static string Find()
    {
        string[] folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(
            Path.PathSeparator,
            StringSplitOptions.RemoveEmptyEntries
        );
        string? found = _names.SelectMany(n => folders.Select(f => Path.Combine(f, n))).FirstOrDefault(File.Exists);
        if (found is null)
            Assert.Ignore(
                $"no browser on the PATH ({string.Join(", ", _names)}); ./build.sh test installs one where it may: apt-get install chromium"
            );
        return found;
    }
}
