using System.IO.Compression;
using System.Text;
using Jtr.Interop.Checkpoints.PyTorch;
using Jtr.Interop.Tests.Datasets.Folders;

namespace Jtr.Interop.Tests.PyTorch;

[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class PyTorchFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [TestCase("BoolStorage", "00 01", new[] { 0.0, 1 })]
    [TestCase("ByteStorage", "07 FF", new[] { 7.0, 255 })]
    [TestCase("CharStorage", "07 FF", new[] { 7.0, -1 })]
    [TestCase("ShortStorage", "01 02 FE FF", new[] { 513.0, -2 })]
    [TestCase("IntStorage", "01 00 01 00 FD FF FF FF", new[] { 65537.0, -3 })]
    [TestCase("LongStorage", "01 00 00 00 01 00 00 00 FC FF FF FF FF FF FF FF", new[] { 4294967297.0, -4 })]
    [TestCase("HalfStorage", "00 3C 00 C0", new[] { 1.0, -2 })]
    [TestCase("BFloat16Storage", "80 3F 00 C0", new[] { 1.0, -2 })]
    [TestCase("FloatStorage", "00 00 80 3F 00 00 00 C0", new[] { 1.0, -2 })]
    [TestCase("DoubleStorage", "00 00 00 00 00 00 F0 3F 00 00 00 00 00 00 00 C0", new[] { 1.0, -2 })]
    public void Tensors_of_every_type_are_read(string type, string bytes, double[] expected)
    {
        byte[] pickle = new PickleWriter().Tensor(type, "0", 2, [2], [1]).End();
        byte[] data = Convert.FromHexString(bytes.Replace(" ", "", StringComparison.Ordinal));
        Assert.That(Values(Read(PickleWriter.Zip(pickle, storages: ("0", data)))), Is.EqualTo(expected));

        byte[] reversed = [.. data.Chunk(data.Length / 2).SelectMany(element => element.Reverse())];
        Assert.That(
            Values(Read(PickleWriter.Zip(pickle, byteOrder: "big", storages: ("0", reversed)))),
            Is.EqualTo(expected),
            "big-endian"
        );
    }

    [Test]
    public void Both_forms_of_file_hold_the_same()
    {
        byte[] data = PickleWriter.Floats(1, 2, 3, 4, 5, 6);
        object? zip = Read(PickleWriter.Zip(PickleWriter.Weights(2, 3), storages: ("0", data)));
        object? legacy = Read(PickleWriter.Legacy(PickleWriter.Weights(2, 3, legacy: true), data, 6));
        foreach (object? content in new[] { zip, legacy })
        {
            Dictionary<object, object?> dictionary = (Dictionary<object, object?>)content!;
            Assert.That(dictionary.Keys, Is.EqualTo(new[] { "labels_weights" }));
            Assert.That(((PyTorchTensor)dictionary["labels_weights"]!).ShapeText, Is.EqualTo("(2, 3)"));
            Assert.That(Values(dictionary["labels_weights"]), Is.EqualTo(new[] { 1.0, 2, 3, 4, 5, 6 }));
        }
    }

    // torch.save of {"epoch": 3, "best": np.float64(1.5), "count": np.int64(7), "avg": np.zeros((2, 3), np.float32), "state_dict":
    // OrderedDict(w=torch.arange(4.0))}, by PyTorch 1.13 in both forms.
    [TestCase("numpy-zip.pth")]
    [TestCase("numpy-legacy.pth")]
    public void Scalars_and_arrays_of_numpy_are_data(string name)
    {
        string file = Path.Combine(Repository.Root, "tests/Jtr.Interop.Tests/PyTorch/Data", name);
        Dictionary<object, object?> read = (Dictionary<object, object?>)PyTorchFile.Read(file)!;
        Assert.That((read["epoch"], read["best"], read["count"]), Is.EqualTo(((object)3L, (object)1.5, (object)7L)));
        Assert.That(read["avg"], Is.Not.Null);
        PyTorchTensor weight = (PyTorchTensor)((Dictionary<object, object?>)read["state_dict"]!)["w"]!;
        Assert.That(weight.Sizes.ToArray(), Is.EqualTo(new long[] { 4 }));
    }

    [Test]
    public void A_scalar_of_numpy_that_is_no_number_is_refused()
    {
        byte[] pickle = new PickleWriter()
            .Global("numpy.core.multiarray", "scalar")
            .Global("numpy", "dtype")
            .Code("(")
            .Text("O8")
            .Raw(0x89, 0x88)
            .Code("tR")
            .Raw((byte)'C', 1, 0x80)
            .Raw(0x86)
            .Code("R")
            .End();
        Assert.That(
            () => Read(PickleWriter.Zip(pickle)),
            Throws.TypeOf<JtrFormatException>().With.Message.Contains("NumPy scalar of the type 'O8'")
        );
    }

    [Test]
    public void Views_are_read_through_their_strides_and_offset()
    {
        // The transpose of the last two columns of [[0, 1, 2], [3, 4, 5]].
        byte[] pickle = new PickleWriter().Tensor("FloatStorage", "0", 6, [2, 2], [1, 3], offset: 1).End();
        Assert.That(
            Values(Read(PickleWriter.Zip(pickle, storages: ("0", PickleWriter.Floats(0, 1, 2, 3, 4, 5))))),
            Is.EqualTo(new[] { 1.0, 4, 2, 5 })
        );
    }

    [Test]
    public void Plain_containers_and_what_a_state_dictionary_carries_are_read()
    {
        // OrderedDict of a list, a tuple with a shared string, and a state that nothing needs.
        byte[] pickle = new PickleWriter()
            .Global("collections", "OrderedDict")
            .Code(")R(")
            .Text("list")
            .Code("](")
            .Number(1)
            .Number(1L << 40)
            .Raw(0x88)
            .Code("Ne")
            .Text("tuple")
            .Text("s")
            .Raw((byte)'q', 5)
            .Code("h\u0005G")
            .Raw(0x3F, 0xF8, 0, 0, 0, 0, 0, 0)
            .Raw(0x87)
            .Code("u}")
            .Text("_metadata")
            .Code("}sb")
            .End();
        Dictionary<object, object?> content = (Dictionary<object, object?>)Read(PickleWriter.Zip(pickle))!;
        Assert.That(content["list"], Is.EqualTo(new object?[] { 1L, 1L << 40, true, null }));
        Assert.That(content["tuple"], Is.EqualTo(new object?[] { "s", "s", 1.5 }));
        Assert.That(content, Has.Count.EqualTo(2));
    }

    [TestCase("posix", "system")]
    [TestCase("builtins", "eval")]
    [TestCase("torch", "load")]
    [TestCase("torch.storage", "_load_from_bytes")]
    [TestCase("collections", "Counter")]
    public void Any_other_name_is_refused_and_never_run(string module, string name)
    {
        string witness = _folder["witness"];
        byte[] pickle = new PickleWriter().Global(module, name).Code("(").Text($"touch {witness}").Code("tR").End();
        string path = _folder.Write("a.pth", PickleWriter.Zip(pickle));
        Assert.That(
            () => PyTorchFile.Read(path),
            Throws
                .TypeOf<JtrFormatException>()
                .With.Property("Path")
                .EqualTo(path)
                .And.Message.Contains($"asks for {module}.{name}; only tensors and plain containers")
        );
        Assert.That(File.Exists(witness), Is.False);
    }

    [TestCase("i", "operation 0x69")] // INST
    [TestCase("o", "operation 0x6F")] // OBJ
    [TestCase("\u0081", "operation 0x81")] // NEWOBJ
    [TestCase("\u0082", "operation 0x82")] // EXT1
    [TestCase("P", "operation 0x50")] // PERSID
    [TestCase("0", "stack is empty")]
    [TestCase("t", "a mark is missing")]
    [TestCase("h\u0007", "memo 7 was never stored")]
    [TestCase("]K\u0001s", "stack is empty")]
    [TestCase("NK\u0001a", "what is no list")]
    [TestCase("}]Ns", "neither text nor a number")]
    [TestCase("}(K\u0001u", "a key without a value")]
    [TestCase("K\u0001K\u0002", "something unfinished")]
    [TestCase("(", "stack is empty")]
    [TestCase("ccollections\nOrderedDict\n", "something unfinished")]
    [TestCase("]ccollections\nOrderedDict\na", "a name or a storage by itself")]
    [TestCase("ccollections\nOrderedDict\n(K\u0001tR", "a call with arguments")]
    [TestCase("NNR", "a call without a tuple")]
    [TestCase("]}b", "state is set")]
    [TestCase("K\u0001Q", "other than a storage")]
    [TestCase("X\u00FF\u00FF\u00FF\u007F", "claims 2147483647 bytes")]
    [TestCase("\u008D\u00FF\u00FF\u00FF\u00FF\u00FF\u00FF\u00FF\u00FF", "claims 18446744073709551615 bytes")]
    [TestCase("\u008A\u00C8", "a whole number of 200 bytes")]
    [TestCase("\u0080\u0007", "protocol 7")]
    public void What_tensors_do_not_need_is_a_fault(string opcodes, string fault) =>
        Assert.That(
            () => Read(PickleWriter.Zip(new PickleWriter().Code(opcodes).End())),
            Throws.TypeOf<JtrFormatException>().With.Property("Offset").GreaterThanOrEqualTo(2).And.Message.Contains(fault)
        );

    [TestCase(new long[] { 7 }, new long[] { 1 }, 0, "reaches element 6")]
    [TestCase(new long[] { 2 }, new long[] { 6 }, 0, "reaches element 6")]
    [TestCase(new long[] { 1 }, new long[] { 1 }, 6, "reaches element 6")]
    [TestCase(new long[] { 1 }, new long[] { 1 }, -1, "reaches element")]
    [TestCase(new long[] { -1 }, new long[] { 1 }, 0, "the size -1")]
    [TestCase(new long[] { 2 }, new long[] { -1 }, 1, "the stride -1")]
    [TestCase(new long[] { 1L << 40 }, new long[] { 0 }, 0, "1099511627776 elements in a storage of 6")]
    [TestCase(new long[] { 1L << 62, 1L << 62 }, new long[] { 1L << 62, 1L << 62 }, 0, "reaches element 9223372036854775807")]
    [TestCase(new long[] { 2, 3 }, new long[] { 1 }, 0, "2 sizes and 1 strides")]
    public void A_tensor_stays_within_its_storage(long[] sizes, long[] strides, long offset, string fault) =>
        Assert.That(
            () =>
                Read(
                    PickleWriter.Zip(
                        new PickleWriter().Tensor("FloatStorage", "0", 6, sizes, strides, offset).End(),
                        storages: ("0", new byte[24])
                    )
                ),
            Throws.TypeOf<JtrFormatException>().With.Message.Contains(fault)
        );

    [Test]
    public void A_zip_file_has_the_storages_that_its_tensors_ask_for()
    {
        byte[] pickle = PickleWriter.Weights(2, 3);
        Assert.That(() => Read(PickleWriter.Zip(pickle)), Fault("the storage '0' is missing"));
        Assert.That(
            () => Read(PickleWriter.Zip(pickle, storages: ("0", new byte[20]))),
            Fault("has 20 bytes, where its tensors ask for 24")
        );
        Assert.That(
            () => Read(PickleWriter.Zip(pickle, CompressionLevel.Optimal, storages: ("0", new byte[24]))),
            Fault("is compressed, which PyTorch does not do")
        );
        Assert.That(
            () =>
                Read(
                    PickleWriter.Zip(
                        new PickleWriter().Tensor("FloatStorage", "0", 1L << 60, [1], [1]).End(),
                        storages: ("0", new byte[24])
                    )
                ),
            Fault("tensors ask for 4611686018427387904")
        );
        Assert.That(
            () => Read(PickleWriter.Zip(new PickleWriter().Tensor("FloatStorage", "0", 1L << 62, [1], [1]).End())),
            Fault("a storage of 4611686018427387904 elements")
        );
    }

    [Test]
    public void A_truncated_file_is_told_wherever_it_ends()
    {
        byte[] data = PickleWriter.Floats(1, 0, 0, 1, 0, 1);
        foreach (
            byte[] whole in new[]
            {
                PickleWriter.Zip(PickleWriter.Weights(2, 3), storages: ("0", data)),
                PickleWriter.Legacy(PickleWriter.Weights(2, 3, legacy: true), data, 6),
            }
        )
        {
            for (int length = 0; length < whole.Length; length++)
                Assert.That(
                    () => PyTorchFile.Parse("a.pth", whole[..length]),
                    Throws.TypeOf<JtrFormatException>(),
                    $"{length} of {whole.Length} bytes"
                );
        }
        string longer = _folder.Write("a.pth", [.. PickleWriter.Legacy(PickleWriter.Weights(2, 3, legacy: true), data, 6), 0]);
        Assert.That(() => PyTorchFile.Read(longer), Fault("1 bytes behind the last storage"));
    }

    [Test]
    public void Changed_bytes_end_in_a_value_or_a_format_exception()
    {
        byte[] data = PickleWriter.Floats(1, 0, 0, 1, 0, 1);
        byte[][] wholes =
        [
            PickleWriter.Zip(PickleWriter.Weights(2, 3), storages: ("0", data)),
            PickleWriter.Legacy(PickleWriter.Weights(2, 3, legacy: true), data, 6),
        ];
        const int seed = 1;
        Random random = new(seed);
        for (int i = 0; i < 1000; i++)
        {
            byte[] changed = [.. wholes[i % 2]];
            for (int k = random.Next(1, 4); k > 0; k--)
                changed[random.Next(changed.Length)] = (byte)random.Next(256);
            try
            {
                PyTorchFile.Parse("a.pth", changed);
            }
            catch (JtrFormatException) { }
            catch (Exception e)
            {
                Assert.Fail($"case {i} of seed {seed}: {e}");
            }
        }
    }

    [Test]
    public void Other_files_are_told()
    {
        Assert.That(() => Read([]), Fault("no PyTorch file"));
        Assert.That(() => Read(Encoding.ASCII.GetBytes("{\"labels_weights\": []}")), Fault("no PyTorch file"));
        Assert.That(() => Read(new PickleWriter().Number(5).End()), Fault("no PyTorch file"));
        Assert.That(() => PyTorchFile.Read(_folder["absent.pth"]), Throws.TypeOf<FileNotFoundException>());
    }

    private object? Read(byte[] file) => PyTorchFile.Read(_folder.Write("a.pth", file));

    private static double[] Values(object? tensor)
    {
        double[] values = new double[((PyTorchTensor)tensor!).Count];
        ((PyTorchTensor)tensor).CopyTo(values);
        return values;
    }

    private static NUnit.Framework.Constraints.ContainsConstraint Fault(string message) =>
        Throws.TypeOf<JtrFormatException>().With.Property("Path").Not.Empty.And.Message.Contains(message);
}
