using System.Diagnostics;
using System.Globalization;
using Jtr.Interop;
using Jtr.Interop.Datasets;

namespace Jtr.Cli.Prediction;

/// <summary>The frames of a video, which ffmpeg decodes and hands over one by one.</summary>
internal static class VideoFrames
{
    private const long MostPixels = 1L << 28;

    /// <summary>Sees that ffmpeg is there.</summary>
    /// <exception cref="UsageException">It is not.</exception>
    public static void CheckProgram()
    {
        string name = OperatingSystem.IsWindows() ? "ffmpeg.exe" : "ffmpeg";
        string[] folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(
            Path.PathSeparator,
            StringSplitOptions.RemoveEmptyEntries
        );
        if (!folders.Any(folder => File.Exists(Path.Combine(folder, name))))
            throw new FileNotFoundException(
                "videos are read through ffmpeg, which is not on the PATH: install it (apt install ffmpeg, brew install ffmpeg, "
                    + "winget install ffmpeg), or name a folder of its frames",
                name
            );
    }

    /// <summary>Reads the frames as they are asked for; a video that cannot be read ends with an item that says why.</summary>
    /// <param name="path">The video.</param>
    /// <param name="name">Name of the folder that the frames' files go to.</param>
    /// <param name="every">The first and then every so many-th frame.</param>
    public static IEnumerable<PhotographItem> Read(string path, string name, int every)
    {
        using Process process = Start(path);
        Task<string> errors = process.StandardError.ReadToEndAsync();
        try
        {
            using BufferedStream frames = new(process.StandardOutput.BaseStream, 1 << 16);
            for (long number = 1; ; number++)
            {
                string label = string.Create(CultureInfo.InvariantCulture, $"frame-{number:000000}");
                string source = $"{path}, {label}";
                PhotographItem? item = null;
                bool isLast = false;
                try
                {
                    if (ReadFrame(frames, path) is { } frame)
                    {
                        // Decoded already: no file to go back to.
                        if ((number - 1) % every == 0)
                            item = new PhotographItem(
                                $"{name}/{label}",
                                source,
                                () => PhotographImage.FromPixels(frame.Pixels, frame.Height, frame.Width, source)
                            );
                    }
                    else
                    {
                        isLast = true;
                        process.WaitForExit();
                        if (process.ExitCode != 0)
                            throw new JtrFormatException(path, $"ffmpeg cannot read it: {LastLine(errors.Result)}");
                        if (number == 1)
                            throw new JtrFormatException(path, "ffmpeg finds no frame in it");
                    }
                }
                catch (JtrFormatException e)
                {
                    isLast = true;
                    item = new PhotographItem($"{name}/{label}", path, () => throw e);
                }
                if (item is not null)
                    yield return item;
                if (isLast)
                    yield break;
            }
        }
        finally
        {
            // Whoever stops early wants no more frames.
            if (!process.HasExited)
                process.Kill();
        }
    }

    private static Process Start(string path)
    {
        ProcessStartInfo start = new("ffmpeg")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        string[] arguments =
        [
            "-v",
            "error",
            "-nostdin",
            "-i",
            // A file's name that begins with '-' is no option.
            Path.GetFullPath(path),
            "-map",
            "0:v:0",
            "-f",
            "image2pipe",
            "-c:v",
            "ppm",
            "-pix_fmt",
            "rgb24",
            "-",
        ];
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        return Process.Start(start) ?? throw new IOException("ffmpeg does not start");
    }

    /// <summary>Reads a binary PPM image: "P6", columns, rows, 255, and the pixels. Null at the end.</summary>
    private static (byte[] Pixels, int Height, int Width)? ReadFrame(Stream stream, string path)
    {
        int first = stream.ReadByte();
        if (first < 0)
            return null;
        if (first != 'P' || stream.ReadByte() != '6')
            throw new JtrFormatException(path, "ffmpeg gives out what is no PPM image");
        int width = Number(stream, path, skipFirst: true),
            height = Number(stream, path, skipFirst: false),
            largest = Number(stream, path, skipFirst: false);
        if (width < 1 || height < 1 || (long)width * height > MostPixels || largest != 255)
            throw new JtrFormatException(path, $"ffmpeg gives out a frame of {height} x {width} with values up to {largest}");
        byte[] pixels = new byte[3 * width * height];
        if (stream.ReadAtLeast(pixels, pixels.Length, throwOnEndOfStream: false) < pixels.Length)
            throw new JtrFormatException(path, "ffmpeg ends in the middle of a frame");
        return (pixels, height, width);
    }

    private static int Number(Stream stream, string path, bool skipFirst)
    {
        int next = stream.ReadByte();
        if (skipFirst && next is '\n' or ' ')
            next = stream.ReadByte();
        long number = 0;
        for (int digits = 0; next is >= '0' and <= '9'; next = stream.ReadByte(), digits++)
            number = digits < 9 ? 10 * number + next - '0' : throw new JtrFormatException(path, "ffmpeg gives out a frame without a size");
        return next is '\n' or ' ' ? (int)number : throw new JtrFormatException(path, "ffmpeg gives out a frame without a size");
    }

    private static string LastLine(string text) => text.TrimEnd().Split('\n')[^1].Trim();
}
