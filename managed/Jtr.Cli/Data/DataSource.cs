using Jtr.Interop;
using Jtr.Interop.Datasets;
using Jtr.Interop.Datasets.Joined;
using Jtr.Interop.Inputs;
using Jtr.Interop.Tasks;

namespace Jtr.Cli.Data;

/// <summary>Data sets, opened.</summary>
/// <param name="Train">To train on.</param>
/// <param name="Test">To score on, or null when there is none.</param>
/// <param name="Notes">What a user may want to know about the folders.</param>
internal sealed record OpenData(IMultiTaskDataset Train, IMultiTaskDataset? Test, IReadOnlyList<string> Notes);

/// <summary>The parts of data.</summary>
internal enum DataPart
{
    /// <summary>To train on.</summary>
    Train,

    /// <summary>To score on.</summary>
    Test,
}

/// <summary>Opens the data that a command line names.</summary>
internal static class DataSource
{
    private const int MostNotes = 5;

    /// <summary>Opens data to train on and, if there are, to score on.</summary>
    /// <param name="request">Which.</param>
    /// <param name="tasks">The tasks of a network that exists already, or null to find them.</param>
    /// <exception cref="UsageException">The tasks do not fit the data.</exception>
    public static OpenData Open(DataRequest request, TaskSet? tasks = null)
    {
        if (request.IsScenes)
        {
            if (request.Test is not null)
                throw new UsageException("--test is for folders: scenes are scored on further scenes, see --test-scenes.");
            if (request.Layout is not null)
                throw new UsageException(
                    "--classes and the other options of benchmarks are for NYU-v2, Cityscapes and Taskonomy, not for scenes."
                );
            return new(
                Scenes(request, tasks, 0, request.SceneCount),
                Scenes(request, tasks, request.SceneCount, request.TestSceneCount),
                []
            );
        }
        DataLocation at = Locate(request);
        IMultiTaskDataset first = OpenPart(request, at, DataPart.Train, tasks)!;
        IMultiTaskDataset? second = OpenPart(request, at, DataPart.Test, first.Tasks);
        return new(
            first,
            second,
            [
                .. first is JoinedDataset joined ? [$"joined: {JoinedSources.Describe(joined)}"] : Array.Empty<string>(),
                .. Notes(first),
                .. at.Kind == DataKind.Folder && request.Test is null && second is not null
                    ? PartNames.Unused(at.Path, DataPart.Test).Select(f => $"note: {f} is not used; --test names it to score on it instead")
                    : [],
                .. second is null ? [] : Notes(second),
            ]
        );
    }

    /// <summary>Opens data to score on, or, if there is only one set, that one.</summary>
    /// <param name="request">Which.</param>
    /// <param name="tasks">The network's tasks.</param>
    public static OpenData OpenTest(DataRequest request, TaskSet tasks)
    {
        DataLocation at = Locate(request);
        IMultiTaskDataset data = OpenPart(request, at, DataPart.Test, tasks) ?? OpenPart(request, at, DataPart.Train, tasks)!;
        return new(data, data, Notes(data));
    }

    /// <summary>Where data are.</summary>
    public static DataLocation Locate(DataRequest request) =>
        request.Sources is null ? DataLocation.Parse(request.Data) : new(DataKind.Joined, request.Data);

    /// <summary>Closes what a data set has open.</summary>
    public static void Close(IMultiTaskDataset? data)
    {
        (data as IDisposable)?.Dispose();
        if (data is not JoinedDataset joined)
            return;
        foreach (JoinedSource source in joined.Sources)
            Close(source.Data);
    }

    /// <summary>Opens one part of data, or gives null if there is nothing to score on.</summary>
    /// <param name="request">Which.</param>
    /// <param name="at">Where, of the request's data.</param>
    /// <param name="part">Which part.</param>
    /// <param name="tasks">The tasks that are wanted, or null to find them.</param>
    public static IMultiTaskDataset? OpenPart(DataRequest request, DataLocation at, DataPart part, TaskSet? tasks)
    {
        bool test = part == DataPart.Test;
        if (at.Kind == DataKind.Scenes)
            return test
                ? Scenes(request, tasks, request.SceneCount, request.TestSceneCount)
                : Scenes(request, tasks, 0, request.SceneCount);
        if (test && request.Test is not null)
        {
            DataLocation other = DataLocation.Parse(request.Test);
            if (!Path.Exists(other.Path))
                throw new DirectoryNotFoundException($"--test: there is no folder '{other.Path}'");
            // Of a benchmark its part to score on; a folder or file is taken as it is.
            return other.Kind == DataKind.Folder
                ? OpenFolder(request, other.Path, tasks, at.Kind == DataKind.Folder ? Folders(at.Path).Train : null)
                : BenchmarkSource.Open(Fitting(request, at, other), other, BenchmarkSource.HasTest(request, other), tasks);
        }
        if (request.Sources is not null)
            return JoinedSources.Open(request, part, tasks);
        if (at.Kind != DataKind.Folder)
        {
            if (!Path.Exists(at.Path))
                throw new DirectoryNotFoundException($"--data: there is no file or folder '{at.Path}'");
            return test && !BenchmarkSource.HasTest(request, at) ? null : BenchmarkSource.Open(request, at, test, tasks);
        }
        (string train, string? scored) = Folders(at.Path);
        if (request.Layout is not null)
            throw new UsageException(
                "--classes and the other options of benchmarks are for NYU-v2, "
                    + "Cityscapes and Taskonomy; the data are a folder of photographs."
            );
        return test
            ? scored is null
                ? null
                : OpenFolder(request, scored, tasks, train)
            : OpenFolder(request, train, tasks, train);
    }

    /// <summary>Options about one form do not concern another one.</summary>
    private static DataRequest Fitting(DataRequest request, DataLocation at, DataLocation other) =>
        other.Kind == at.Kind
            ? request
            : request with
            {
                Sources = null,
                Layout = null,
                Tasks = null,
                Inputs = null,
                ClassNames = null,
                VoidId = null,
                DepthScale = null,
            };

    /// <summary>What was passed over in a data set's files.</summary>
    public static IReadOnlyList<FolderProblem> Problems(IMultiTaskDataset data) =>
        data switch
        {
            FolderDataset folder => folder.Problems,
            LayoutDataset layout => layout.Problems,
            NyuV2Dataset nyu => nyu.Problems,
            JoinedDataset joined => [.. joined.Sources.SelectMany(s => Problems(s.Data))],
            _ => [],
        };

    /// <summary>Rows and columns of a sample's photograph in its file, or null when it has none of its own.</summary>
    /// <exception cref="JtrFormatException">The file is damaged.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static (int Height, int Width)? ImageSizeOf(IMultiTaskDataset data, int index) =>
        data switch
        {
            FolderDataset folder => folder.FolderImage.ReadSize(folder.GetImagePath(index)),
            LayoutDataset layout => ReadSize(layout.GetImagePath(index)),
            NyuV2Dataset nyu => ReadSize(nyu.GetImagePath(index)),
            JoinedDataset joined => ImageSizeOf(joined.Sources[joined.GetSource(index).Source].Data, joined.GetSource(index).Index),
            _ => null,
        };

    private static (int Height, int Width)? ReadSize(string? path) => path is null ? null : PhotographReader.ReadSize(path);

    private static SceneDataset Scenes(DataRequest request, TaskSet? tasks, int first, int count)
    {
        try
        {
            return new SceneDataset(
                new SceneOptions
                {
                    Count = count,
                    FirstIndex = first,
                    Height = request.Size.Height,
                    Width = request.Size.Width,
                    Seed = request.SceneSeed,
                    Variety = request.SceneVariety,
                    Shift = request.SceneShift,
                    Tasks = tasks is null ? request.Tasks : [.. tasks.Select(t => t.Name)],
                    Inputs = request.Inputs ?? [],
                    InputShare = request.SceneInputShare ?? 1,
                }
            );
        }
        catch (ArgumentException e)
        {
            throw new UsageException(ErrorText.Describe(e));
        }
    }

    /// <summary>A folder is a data set, or holds two: "train" and "test".</summary>
    private static (string Train, string? Test) Folders(string root)
    {
        if (!Directory.Exists(root))
            throw new DirectoryNotFoundException(
                $"--data: there is no folder '{root}' (and '{DataRequest.Scenes}' would be the built-in scenes)"
            );
        if (FolderDataset.FindPhotographs(root) is not null)
            return (root, null);
        string? train = PartNames.Find(root, DataPart.Train);
        return train is null ? (root, null) : (train, PartNames.Find(root, DataPart.Test));
    }

    /// <summary>A data set as a network reads it: inputs that it lacks are missing, those that are not read are left out.</summary>
    public static IMultiTaskDataset WithInputs(IMultiTaskDataset data, InputSet inputs)
    {
        if (data.Inputs.Equals(inputs))
            return data;
        try
        {
            return new InputSelection(data, inputs);
        }
        catch (ArgumentException e)
        {
            throw new UsageException(ErrorText.Describe(e));
        }
    }

    /// <summary>How photographs are stored; null where no tasks.json says it of the folder, nor of the one to train on.</summary>
    private static FolderImage? ImageOf(string root, string? train)
    {
        FolderImage image = FolderDataset.DescribeImage(root);
        return image.IsRgb && train is not null && train != root ? FolderDataset.DescribeImage(train) : image;
    }

    /// <summary>The inputs that are wanted of a folder.</summary>
    /// <param name="request">Which.</param>
    /// <param name="root">The folder.</param>
    /// <param name="train">The folder to train on, whose tasks.json counts where this one has none.</param>
    private static IReadOnlyList<FolderInput> InputsOf(DataRequest request, string root, string? train)
    {
        if (request.Inputs is { Count: 0 })
            return [];
        IReadOnlyList<FolderInput> listed = FolderDataset.ListInputs(root);
        if (listed.Count == 0 && train is not null && train != root)
            listed = FolderDataset.ListInputs(train);
        return request.Inputs is null
            ? listed
            :
            [
                .. request.Inputs.Select(name =>
                    listed.FirstOrDefault(i => i.Spec.Name == name)
                    ?? throw new UsageException(
                        $"--inputs: there is no input '{name}'; "
                            + (
                                listed.Count == 0
                                    ? "tasks.json of the data has no \"inputs\"."
                                    : $"the data have {string.Join(", ", listed.Select(i => i.Spec.Name))}."
                            )
                    )
                ),
            ];
    }

    private static FolderDataset OpenFolder(DataRequest request, string root, TaskSet? tasks, string? train)
    {
        FolderOptions options = new()
        {
            Height = request.Size.Height,
            Width = request.Size.Width,
            VoidId = request.VoidId,
            DepthScale = request.DepthScale,
            Tasks = tasks,
            PassOverDamaged = request.SkipBad,
            Image = ImageOf(root, train),
            Inputs = InputsOf(request, root, train),
        };
        if (tasks is not null || (request.Tasks is null && request.ClassNames is null))
            return new FolderDataset(root, options);

        TaskSpec[] specs = [.. request.Tasks?.Select(TaskSpec.Parse) ?? []];
        if (specs.Select(s => s.Name).Distinct().Count() != specs.Length)
            throw new UsageException("--tasks names a task twice.");
        // What is written in full needs no look at the folder, which for segmentation means to read every label.
        bool isComplete = specs.Length > 0 && specs.All(s => s.Kind is not null);
        FolderDataset? found = isComplete ? null : Find(root, options, specs);
        IEnumerable<VisionTask> chosen = request.Tasks is null
            ? found!.Tasks
            : specs.Select(s => s.ToTask(Find(found?.Tasks, s) ?? Table(root, s)));
        return new FolderDataset(root, options with { Tasks = [.. Named([.. chosen], request.ClassNames)] });
    }

    /// <summary>Gives the one segmentation task names for its classes.</summary>
    private static IReadOnlyList<VisionTask> Named(IReadOnlyList<VisionTask> tasks, IReadOnlyList<string>? classNames)
    {
        if (classNames is null)
            return tasks;
        SegmentationTask[] segmentations = [.. tasks.OfType<SegmentationTask>()];
        if (segmentations.Length != 1)
            throw new UsageException($"--class-names is for data with one segmentation task; there are {segmentations.Length}.");
        SegmentationTask task = segmentations[0];
        if (task.ClassCount > classNames.Count)
            throw new UsageException($"--class-names has {classNames.Count} names, but '{task.Name}' has {task.ClassCount} classes.");
        return [.. tasks.Select(t => ReferenceEquals(t, task) ? new SegmentationTask(task.Name, classNames.Count, classNames) : t)];
    }

    /// <summary>What a folder says of its tasks. A table that is not plain does not matter where its kind is written.</summary>
    private static FolderDataset Find(string root, FolderOptions options, TaskSpec[] specs)
    {
        try
        {
            return new FolderDataset(root, options);
        }
        catch (JtrFormatException e) when (specs.Any(s => s.Kind is not null && e.Path == Path.Combine(root, s.Name + ".csv")))
        {
            return new FolderDataset(root, options with { PassOverDamaged = true });
        }
    }

    /// <summary>A task whose kind is written, as its table describes it; null where it has none.</summary>
    private static VisionTask? Table(string root, TaskSpec spec) =>
        spec.Kind is { } kind ? FolderDataset.DescribeTable(root, spec.Name, kind) : null;

    private static VisionTask? Find(TaskSet? found, TaskSpec spec)
    {
        if (found is null)
            return null;
        int place = found.IndexOf(spec.Name);
        if (place >= 0)
            return found[place];
        return spec.Kind is null ? throw new UsageException($"--tasks: the data have no task '{spec.Name}'; they have {found}.") : null;
    }

    private static string[] Notes(IMultiTaskDataset data)
    {
        IReadOnlyList<FolderProblem> problems = Problems(data);
        string[] notes = [.. problems.Take(MostNotes).Select(p => $"note: {p}")];
        int more = problems.Count - notes.Length;
        return more > 0 ? [.. notes, $"note: {more} more of this kind; 'jtr inspect' lists them"] : notes;
    }
}
