#!/usr/bin/env dotnet
#:package NetVips
#:package NetVips.Native.linux-x64
#:property PublishAot=false

// Enlarges some photographs of a folder to JPEG files of about 2 Mpixel, for bench/predict_memory.py:
//
//   dotnet run bench/Photographs.cs -- ../shared/data/camvid/test/image OUT
using NetVips;

const int Count = 40;
const double Pixels = 2e6;

if (args.Length != 2)
{
    Console.Error.WriteLine("usage: dotnet run bench/Photographs.cs -- FOLDER OUT");
    return 2;
}
Directory.CreateDirectory(args[1]);
foreach (string file in Directory.GetFiles(args[0], "*.jpg").Order(StringComparer.Ordinal).Take(Count))
{
    using Image small = Image.NewFromFile(file);
    using Image large = small.Resize(Math.Sqrt(Pixels / ((double)small.Width * small.Height)), kernel: Enums.Kernel.Lanczos3);
    large.Jpegsave(Path.Combine(args[1], Path.GetFileName(file)), q: 90);
}
return 0;
