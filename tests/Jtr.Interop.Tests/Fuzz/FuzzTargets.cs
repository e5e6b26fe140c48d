using System.Text;
using System.Text.Json;
using Jtr.Interop.Checkpoints;
using Jtr.Interop.Datasets;
using Jtr.Interop.Datasets.Cityscapes;
using Jtr.Interop.Datasets.Folders;
using Jtr.Interop.Datasets.NyuV2;
using Jtr.Interop.Datasets.Tables;
using Jtr.Interop.Datasets.Taskonomy;
using Jtr.Interop.Evaluation;
using Jtr.Interop.Hdf5;
using Jtr.Interop.Labels;
using Jtr.Interop.Npy;
using Jtr.Interop.Protobuf;
using Jtr.Interop.Tasks;
using Jtr.Interop.Tests.Datasets.Layouts;
using Jtr.Interop.Tests.Datasets.NyuV2;
using Jtr.Interop.Tests.Datasets.Packed;
using Jtr.Interop.Tests.PyTorch;
using Jtr.Interop.Training;
using Jtr.Interop.Weights;
using TemporaryFolder = Jtr.Interop.Tests.Datasets.Folders.TemporaryFolder;

namespace Jtr.Interop.Tests.Fuzz;

/// <summary>Every format that this library parses on its own. A new one is one more line in <see cref="All"/>.</summary>
internal static class FuzzTargets
{
    private static readonly TaskSet Tasks = new(
        new SegmentationTask("seg", 3, ["a", "b", "c"]),
        new DepthTask(),
        new NormalsTask(),
        new MapTask("edge")
    );

    // A chunk may claim to be 1,032 times as long as its bytes, as deflate can make it.
    private const long HdfBytes = 1032L * 40_000;

    /// <summary>A mean image that is taken from an input, and a tensor of typed elements.</summary>
    private static byte[] Onnx()
    {
        ProtoMessage mean = new ProtoMessage().Number(1, 1).Number(1, 3).Number(1, 2).Number(1, 2).Number(2, 1).Text(8, "mean");
        ProtoMessage typed = new ProtoMessage().Number(1, 2).Number(2, 10).Number(5, 0x3c00).Number(5, 0x4000).Text(8, "half");
        ProtoMessage attribute = new ProtoMessage().Text(1, "axis").Number(3, 1).Number(20, 2);
        ProtoMessage node = new ProtoMessage().Text(1, "image").Text(1, "mean").Text(2, "out").Text(4, "Sub").Message(5, attribute);
        ProtoMessage graph = new ProtoMessage()
            .Message(1, node)
            .Message(5, mean.Bytes(9, new byte[48]))
            .Message(5, typed)
            .Message(11, new ProtoMessage().Text(1, "image"));
        return new ProtoMessage().Number(1, 8).Message(7, graph).Written.ToArray();
    }

    private static void ReadOnnx(string path)
    {
        foreach (OnnxTensor tensor in OnnxFile.Read(path).Tensors.Values)
            tensor.ToWeights(path).ToDoubles();
    }

    /// <summary>A table of labels as a kind reads it.</summary>
    private static Action<string> ReadTable(TaskKind kind) =>
        path =>
        {
            TableLabelFormat format = (TableLabelFormat)LabelFormat.Of(kind);
            CsvTable table = CsvTable.Read(path);
            TableContent content = new(table);
            format.IsPlain(content);
            VisionTask task;
            try
            {
                task = format.ReadTask(kind, "t", format.Complete(TaskSettings.Empty, content));
            }
            catch (ArgumentException e)
            {
                // As those do that call it.
                throw new JtrFormatException(path, e.Message, innerException: e);
            }
            float[] label = new float[task.LabelChannels];
            foreach (CsvRow row in table.Rows)
                format.ReadLabel(new LabelRow(path, content.Columns, row, TaskSettings.Empty, (_, _) => { }), task, label);
        };

    private static string SmallMat => Path.Combine(Repository.Root, "tests/Jtr.Interop.Tests/Datasets/NyuV2/Data/small.mat");

    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new("npy, float32", Npy("<f4", "(3, 4, 2)", 96), ReadNpy),
        new("npy, big-endian words", Npy(">u2", "(5,)", 10), ReadNpy),
        new("npy, column-major doubles", Npy("<f8", "(2, 3)", 48, order: "True"), ReadNpy),
        new("table of tags", "name,tags\na,\"x; y\"\r\nb,-\nc,\n"u8.ToArray(), ReadTable(TaskKind.Tags)),
        new("table of tags, a column each", "name,x,y\na,1,0\nb,,true\n"u8.ToArray(), ReadTable(TaskKind.Tags)),
        new("table of classes", "name,class\na,\"x, y\"\nb,z\nc,\n"u8.ToArray(), ReadTable(TaskKind.Classification)),
        new("table of values", "name;yaw;pitch\na;1.5;-2e3\nb;;7\n"u8.ToArray(), ReadTable(TaskKind.Regression)),
        new("tasks.json", Encoding.UTF8.GetBytes(TasksJson), path => TasksFile.Read(path)),
        new(
            "label assignment",
            Encoding.UTF8.GetBytes(
                "{\"tasks\": [\"seg\", \"depth\", \"normals\", \"edge\"], \"labels_weights\": [[1, 0, 0, 1], [0, 1, 1, 0.0]]}"
            ),
            path => LabelAssignment.Load(path, Tasks)
        ),
        new(
            "options in a checkpoint",
            Encoding.UTF8.GetBytes(OptionsDocument.Write(new TrainerOptions { Tasks = Tasks })),
            path => OptionsDocument.Read(File.ReadAllText(path), path)
        ),
        new("class table in JSON", "[1, 2, 0, 40, 3]"u8.ToArray(), path => NyuV2Tables.ReadClassMapping([path], 40))
        {
            Extension = ".json",
        },
        new("class table in text", "book, 40\nwall, 1\nfloor\t2\n"u8.ToArray(), path => NyuV2Tables.ReadClassMapping([path], 40)),
        new("split in text", "1 2\n5, 3\n"u8.ToArray(), path => NyuV2Tables.ReadSplit(path, NyuV2Split.Train, 9)),
        new("mat, level 5", Mat(compressed: false), path => MatV5Reader.Read(path)),
        new("mat, level 5, compressed", Mat(compressed: true), path => MatV5Reader.Read(path)),
        new("mat of NYU-v2 (HDF5)", File.ReadAllBytes(SmallMat), ReadHdf5) { Weight = 2, MostBytes = HdfBytes },
        new(
            "Cityscapes camera",
            """{"extrinsic": {"baseline": 0.209313}, "intrinsic": {"fx": 2262.52, "u0": 1096.98}}"""u8.ToArray(),
            path => CityscapesCamera.Read(path)
        ),
        new(
            "Taskonomy buildings",
            "id,train,val,test\rallensville,1,0,0\rbeechwood,0,1,0\r"u8.ToArray(),
            path => TaskonomySplit.Read(path, "train")
        ),
        new("evaluation results", Encoding.UTF8.GetBytes(EvaluationJson.Write(Results())), path => EvaluationResult.LoadJson(path)),
        new(
            "pth, zip archive",
            PickleWriter.Zip(PickleWriter.Weights(2, 4), storages: ("0", Weights)),
            path => LabelAssignmentImport.Read(path, Tasks, 2)
        )
        {
            Weight = 2,
        },
        new(
            "pth, older form",
            PickleWriter.Legacy(PickleWriter.Weights(2, 4, legacy: true), Weights, 8),
            path => LabelAssignmentImport.Read(path, Tasks, 2)
        )
        {
            Weight = 2,
        },
        new("onnx", Onnx(), path => PretrainedWeights.ReadInput(path)) { Weight = 2 },
        new("onnx, graph and tensors", Onnx(), ReadOnnx) { Weight = 2 },
        new("png, palette of 4 bits", TemporaryFolder.RawPng(3, 4, 9, 7, i => i % 16), ReadPng) { Weight = 2 },
        new("png, grey of 1 bit", TemporaryFolder.RawPng(0, 1, 5, 19, i => i % 2), ReadPng),
        new(
            "png, 16 bits (libvips)",
            Picture("a.png", folder => folder.Image16("a.png", 9, 11, 3, i => i * 219)),
            path => ImageFiles.ReadLabel(path, ids: false)
        )
        {
            Repair = PlainPng.Mend,
        },
        new("png, photograph (libvips)", Picture("a.png", folder => folder.Image("a.png", 9, 11, 3, i => i * 7)), ReadPhotograph)
        {
            Extension = ".png",
            Repair = PlainPng.Mend,
        },
        new("jpeg (libvips)", Picture("a.jpg", folder => folder.Image("a.jpg", 24, 40, 3, i => i / 9)), ReadPhotograph)
        {
            Extension = ".jpg",
            Weight = 2,
        },
        new("safetensors (native)", Checkpoint(), path => CheckpointInfo.Read(path)) { Weight = 2 },
        new("packed data set", Packed(), ReadPacked),
        new("packed data set, checksums mended", Packed(), ReadPacked) { Repair = PackedRepair.Repair, Weight = 2 },
    ];

    private const string TasksJson = """
        { "tasks": [
            { "name": "seg", "kind": "segmentation", "classes": ["sky", "road"], "void_id": 255 },
            { "name": "depth", "kind": "depth", "scale": 0.001, "mean": 2.36, "standard_deviation": 1.59 },
            { "name": "normals", "kind": "normals" },
            { "name": "edge", "kind": "map", "channels": 2 } ] }
        """;

    private static byte[] Npy(string descr, string shape, int bytes, string order = "False") =>
        TemporaryFolder.NpyBytes(
            $"{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}",
            [.. Enumerable.Range(0, bytes).Select(i => (byte)(i * 37))]
        );

    private static byte[] Weights => PickleWriter.Floats(1, 0, 0, 1, 0, 1, 1, 0);

    private static byte[] Mat(bool compressed) =>
        MatV5Writer.File(
            compressed,
            MatV5Writer.Numbers("mapClass", 1, 4, 9, 2, 40, 3, 0, 1),
            MatV5Writer.Text("about", "four labels"),
            MatV5Writer.Struct(
                "classMapping13",
                ("labels13", MatV5Writer.Numbers("", 1, 3, 9, 2, 12, 5, 6)),
                ("names", MatV5Writer.Cells("", MatV5Writer.Text("", "bed")))
            )
        );

    private static EvaluationResult Results() =>
        new(
            2,
            [
                new TaskResult(
                    "seg",
                    TaskKind.Segmentation,
                    2,
                    100,
                    [new MetricValue("mIoU", 0.5, "%", true, true)],
                    [new ClassScore("a", 0.25)]
                ),
            ]
        );

    private static void ReadHdf5(string path)
    {
        using NyuV2MatFile file = NyuV2Hdf5File.Open(path, rawDepth: false);
        int pixels = file.Height * file.Width;
        for (int i = 0; i < Math.Min(file.Count, 3); i++)
        {
            file.ReadImage(i, new float[3 * pixels]);
            file.ReadDepth(i, new float[pixels]);
            file.ReadLabels(i, new ushort[pixels]);
        }
    }

    private static void ReadNpy(string path)
    {
        using NpyArray array = NpyReader.Read(path);
        array.CopyTo(new double[array.Count]);
    }

    private static byte[] Picture(string name, Action<TemporaryFolder> make)
    {
        using TemporaryFolder folder = new();
        make(folder);
        return File.ReadAllBytes(folder[name]);
    }

    private static void ReadPhotograph(string path) => PhotographReader.Read(path, 32, 64, new float[3 * 32 * 64]);

    /// <summary>
    /// A file of two tensors, as https://github.com/huggingface/safetensors describes it: length of the header, header, data.
    /// </summary>
    private static byte[] Checkpoint()
    {
        string options = JsonSerializer.Serialize(OptionsDocument.Write(new TrainerOptions { Tasks = Tasks }));
        string header =
            $"{{\"__metadata__\": {{\"{CheckpointInfo.OptionsKey}\": {options}}}, "
            + "\"a\": {\"dtype\": \"F32\", \"shape\": [2, 3], \"data_offsets\": [0, 24]}, \"b\": {\"dtype\": \"I64\", \"shape\": [], "
            + "\"data_offsets\": [24, 32]}}";
        byte[] text = Encoding.UTF8.GetBytes(header.PadRight((header.Length + 7) / 8 * 8));
        return [.. BitConverter.GetBytes((ulong)text.Length), .. text, .. new byte[32]];
    }

    private static void ReadPng(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        // The files that libvips reads instead are not parsed here.
        if (RawPng.Applies(file))
            RawPng.Read(path, file, 1L << 28);
    }

    private static byte[] Packed()
    {
        using TemporaryFolder folder = new();
        // Read here and not in the lambda: other threads run that while this class is being initialized, and would wait for it forever.
        TaskMask all = Tasks.All;
        // Every encoding but float16, in three samples of which one lacks two labels.
        ArrayDataset source = new(
            Tasks,
            3,
            4,
            5,
            (s, t, i) =>
                t switch
                {
                    -1 => i / 255f,
                    0 => i % 3,
                    1 => i % 3 * 0.5f,
                    2 => MathF.Sin(i),
                    _ => float.NaN,
                },
            s => s == 1 ? new TaskMask(0b1001) : all
        );
        PackedDataset.Write(source, folder["seed"]);
        return File.ReadAllBytes(folder["seed"]);
    }

    private static void ReadPacked(string path)
    {
        using PackedDataset packed = new(path);
        float[] image = new float[3 * 20];
        float[] labels = new float[Tasks.TotalLabelChannels * 20];
        for (int i = 0; i < Math.Min(packed.Count, 10); i++)
        {
            packed.GetName(i);
            if (packed.Height == 4 && packed.Width == 5 && packed.Tasks.TotalLabelChannels == Tasks.TotalLabelChannels)
                packed.Read(i, packed.GetLabeled(i), new SampleBuffer(packed.Tasks, 4, 5, image, labels));
        }
    }
}
