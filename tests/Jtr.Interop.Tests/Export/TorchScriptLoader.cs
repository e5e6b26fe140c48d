using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Jtr.Interop.Training;

namespace Jtr.Interop.Tests.Export;

/// <summary>
/// Runs TorchScript files with libtorch alone: with a program that is compiled once, and with Python's torch where there is one.
/// </summary>
internal static class TorchScriptLoader
{
    private static readonly string _sources = Path.Combine(Repository.Root, "tests", "Jtr.Interop.Tests", "Export");

    /// <summary>The programs to run a network with.</summary>
    public static IEnumerable<string[]> Programs()
    {
        yield return [Compile()];
        if (Succeeds("/usr/bin/python3", "-c", "import torch, numpy"))
            yield return ["/usr/bin/python3", Path.Combine(_sources, "torch_script_check.py")];
    }

    /// <summary>Runs a network.</summary>
    /// <param name="program">One of <see cref="Programs"/>.</param>
    /// <param name="file">The network.</param>
    /// <param name="images">[N, 3, H, W].</param>
    /// <param name="samples">N.</param>
    /// <param name="height">H.</param>
    /// <param name="width">W.</param>
    /// <param name="further">What it reads beside the photographs: values, and the sizes of a sample's.</param>
    /// <returns>The predictions by task, [N, C, H, W].</returns>
    public static Dictionary<string, float[]> Run(
        string[] program,
        string file,
        float[] images,
        int samples,
        int height,
        int width,
        params (float[] Values, int[] Sizes)[] further
    )
    {
        string[] command = [.. program, file, $"{samples}", $"{height}", $"{width}", .. further.Select(f => string.Join('x', f.Sizes))];
        ProcessStartInfo start = new(command[0], command[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        using MemoryStream output = new();
        Task read = process.StandardOutput.BaseStream.CopyToAsync(output);
        foreach (float[] values in further.Select(f => f.Values).Prepend(images))
            process.StandardInput.BaseStream.Write(MemoryMarshal.AsBytes(values.AsSpan()));
        process.StandardInput.Close();
        read.GetAwaiter().GetResult();
        process.WaitForExit();
        Assert.That(process.ExitCode, Is.Zero, error.GetAwaiter().GetResult());
        return Parse(output.ToArray());
    }

    private static Dictionary<string, float[]> Parse(byte[] output)
    {
        Dictionary<string, float[]> predictions = [];
        for (int at = 0; at < output.Length; )
        {
            int end = Array.IndexOf(output, (byte)'\n', at);
            string[] words = Encoding.UTF8.GetString(output, at, end - at).Split(' ');
            float[] values = new float[words[1..].Select(int.Parse).Aggregate(1, (a, b) => a * b)];
            Buffer.BlockCopy(output, end + 1, values, 0, values.Length * sizeof(float));
            predictions[words[0]] = values;
            at = end + 1 + values.Length * sizeof(float);
        }
        return predictions;
    }

    /// <summary>Compiles the program with the libtorch that libjtr uses, unless that was done for the same source.</summary>
    private static string Compile()
    {
        string source = Path.Combine(_sources, "TorchScriptCheck.cpp");
        string lib = Path.GetDirectoryName(
            new FileInfo(JtrRuntime.TorchPath).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? JtrRuntime.TorchPath
        )!;
        string key = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(File.ReadAllText(source) + lib + JtrRuntime.TorchVersion)))[
            ..12
        ];
        string program = Path.Combine(Repository.Root, "artifacts", "test-tools", $"torch_script_check-{key}");
        if (File.Exists(program))
            return program;
        Directory.CreateDirectory(Path.GetDirectoryName(program)!);
        string beside = Path.Combine(Path.GetDirectoryName(lib)!, "include");
        string include = Directory.Exists(Path.Combine(beside, "torch")) ? beside : "/usr/include";
        ProcessStartInfo start = new(
            "c++",
            [
                "-std=c++17",
                "-O0",
                source,
                "-o",
                program + ".new",
                $"-I{include}",
                $"-I{include}/torch/csrc/api/include",
                $"-L{lib}",
                $"-Wl,-rpath,{lib}",
                "-Wl,--allow-shlib-undefined",
                "-Wl,--no-as-needed",
                "-ltorch",
                "-ltorch_cpu",
                "-lc10",
            ]
        )
        {
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.That(process.ExitCode, Is.Zero, $"the program that loads TorchScript does not compile:\n{error}");
        File.Move(program + ".new", program, overwrite: true);
        return program;
    }

    private static bool Succeeds(string program, params string[] arguments)
    {
        if (!File.Exists(program))
            return false;
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
