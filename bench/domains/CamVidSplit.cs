#!/usr/bin/env dotnet
#:package NetVips
#:package NetVips.Native.linux-x64
#:property PublishAot=false

// Makes two domains of CamVid for bench/domains/table.py:
//
//   dotnet run bench/domains/CamVidSplit.cs -- ../shared/data/camvid OUT
//
// Every other photograph of train/ is the source's, as it is; the others are the target's, as another camera would have
// taken them: a warm sensor whose filters overlap, a dark response, haze, a soft lens. All of test/ is the target's, too.
// Labels stay those of the photograph before the change. Nothing is drawn, so that the folders are the same every time.
//
//   OUT/source      the source, all labels             OUT/target   the target, all labels (the ceiling)
//   OUT/unlabelled  the target's photographs alone     OUT/few      20 of them, one label each
//   OUT/test        what is scored                     OUT/joined.json, OUT/joined-few.json  source and target joined
using System.Text.Json;
using NetVips;

const int Few = 20;
const double Dark = 1.5; // the exponent of the response
const double Soft = 3; // pixels of 192 x 256 photographs: the standard deviation of the blur
const double Haze = 0.12; // of the light that reaches the sensor
double[][] filters =
[
    [0.90, 0.35, 0.05],
    [0.20, 0.50, 0.15],
    [0.15, 0.15, 0.25],
];
string[] names = ["sky", "building", "pole", "road", "pavement", "tree", "sign", "fence", "car", "pedestrian", "bicyclist"];
string[] labels = ["seg", "edge", "keypoint"];

if (args.Length != 2)
{
    Console.Error.WriteLine("usage: dotnet run bench/domains/CamVidSplit.cs -- CAMVID OUT");
    return 2;
}
(string from, string to) = (args[0], args[1]);
string[] train = Photographs("train"),
    test = Photographs("test");
string[] source = [.. train.Where((_, i) => i % 2 == 0)],
    target = [.. train.Where((_, i) => i % 2 == 1)];
string[] few = [.. Enumerable.Range(0, Few).Select(i => target[i * target.Length / Few])];

Write("source", source, isShifted: false, _ => labels);
Write("target", target, isShifted: true, _ => labels);
Write("unlabelled", target, isShifted: true, _ => []);
Write("few", few, isShifted: true, i => [labels[i % labels.Length]]);
Write("test", test, isShifted: true, _ => labels);
Join("joined.json", "unlabelled");
Join("joined-few.json", "few");
Console.WriteLine($"{source.Length} photographs of the source, {target.Length} of the target, {test.Length} to score on: {to}");
return 0;

string[] Photographs(string part) => [.. Directory.GetFiles(Path.Combine(from, part, "image"), "*.jpg").Order(StringComparer.Ordinal)];

void Write(string name, string[] photographs, bool isShifted, Func<int, string[]> visible)
{
    string folder = Path.Combine(to, name);
    foreach (string part in (string[])["image", .. labels])
        Directory.CreateDirectory(Path.Combine(folder, part));
    for (int i = 0; i < photographs.Length; i++)
    {
        string stem = Path.GetFileNameWithoutExtension(photographs[i]);
        string image = Path.Combine(folder, "image", stem + (isShifted ? ".png" : ".jpg"));
        if (isShifted)
            Shift(photographs[i], image);
        else
            File.Copy(photographs[i], image, overwrite: true);
        foreach (string label in visible(i))
        {
            string file = stem + ".png";
            string found = Path.Combine(Path.GetDirectoryName(photographs[i])!, "..", label, file);
            File.Copy(found, Path.Combine(folder, label, file), overwrite: true);
        }
    }
    object[] tasks =
    [
        new
        {
            name = "seg",
            kind = "segmentation",
            classes = names,
            void_id = 255,
        },
        new { name = "edge", kind = "map" },
        new { name = "keypoint", kind = "map" },
    ];
    File.WriteAllText(Path.Combine(folder, "tasks.json"), JsonSerializer.Serialize(new { tasks }));
}

void Shift(string photograph, string shifted)
{
    using Image read = Image.NewFromFile(photograph);
    using Image values = read.Cast(Enums.BandFormat.Float) / 255;
    using Image seen = values.Recomb(Image.NewFromArray(filters));
    using Image dark = Haze + (1 - Haze) * seen.Pow(Dark);
    using Image soft = dark.Gaussblur(Soft);
    using Image bytes = (soft * 255).Rint().Cast(Enums.BandFormat.Uchar);
    bytes.WriteToFile(shifted);
}

void Join(string file, string second)
{
    object[] sources =
    [
        new { name = "source", data = "source" },
        new
        {
            name = "target",
            data = second,
            test = "test",
        },
    ];
    File.WriteAllText(Path.Combine(to, file), JsonSerializer.Serialize(new { sources }));
}
