using Jtr.Interop.Datasets;
using Jtr.Interop.Tasks;

namespace Jtr.Cli.Data;

/// <summary>Data sets, opened.</summary>
/// <param name="Train">To train on.</param>
/// <param name="Test">To score on, or null when there is none.</param>
/// <param name="Notes">What a user may want to know about the folders.</param>
internal sealed record OpenData(IMultiTaskDataset Train, IMultiTaskDataset? Test, IReadOnlyList<string> Notes);

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
            if (request.Test is not null) throw new UsageException("--test is for folders: scenes are scored on further scenes, see --test-scenes.");
            return new(Scenes(request, tasks, 0, request.SceneCount), Scenes(request, tasks, request.SceneCount, request.TestSceneCount), []);
        }
        (string train, string? test) = Folders(request);
        FolderDataset first = OpenFolder(request, train, tasks);
        FolderDataset? second = test is null ? null : OpenFolder(request, test, first.Tasks);
        return new(first, second, [.. Notes(first), .. second is null ? [] : Notes(second)]);
    }

    /// <summary>Opens data to score on, or, if there is only one set, that one.</summary>
    /// <param name="request">Which.</param>
    /// <param name="tasks">The network's tasks.</param>
    public static OpenData OpenTest(DataRequest request, TaskSet tasks)
    {
        if (request.IsScenes)
        {
            SceneDataset scenes = Scenes(request, tasks, request.SceneCount, request.TestSceneCount);
            return new(scenes, scenes, []);
        }
        (string train, string? test) = Folders(request);
        FolderDataset data = OpenFolder(request, test ?? train, tasks);
        return new(data, data, Notes(data));
    }

    private static SceneDataset Scenes(DataRequest request, TaskSet? tasks, int first, int count)
    {
        try
        {
            return new SceneDataset(new SceneOptions
            {
                Count = count,
                FirstIndex = first,
                Height = request.Size.Height,
                Width = request.Size.Width,
                Seed = request.SceneSeed,
                Tasks = tasks is null ? request.Tasks : [.. tasks.Select(t => t.Name)],
            });
        }
        catch (ArgumentException e)
        {
            throw new UsageException(ErrorText.Describe(e));
        }
    }

    /// <summary>A folder is a data set, or holds two: "train" and "test".</summary>
    private static (string Train, string? Test) Folders(DataRequest request)
    {
        string root = request.Data;
        if (!Directory.Exists(root)) throw new DirectoryNotFoundException($"--data: there is no folder '{root}' (and '{DataRequest.Scenes}' would be the built-in scenes)");
        string train = Path.Combine(root, "train"), test = Path.Combine(root, "test");
        bool isPair = !Directory.Exists(Path.Combine(root, FolderDataset.ImageFolder)) && Directory.Exists(train);
        if (request.Test is not null && !Directory.Exists(request.Test)) throw new DirectoryNotFoundException($"--test: there is no folder '{request.Test}'");
        return isPair ? (train, request.Test ?? (Directory.Exists(test) ? test : null)) : (root, request.Test);
    }

    private static FolderDataset OpenFolder(DataRequest request, string root, TaskSet? tasks)
    {
        FolderOptions options = new()
        {
            Height = request.Size.Height,
            Width = request.Size.Width,
            VoidId = request.VoidId,
            DepthScale = request.DepthScale,
            Tasks = tasks,
        };
        if (tasks is not null || (request.Tasks is null && request.ClassNames is null)) return new FolderDataset(root, options);

        TaskSpec[] specs = [.. request.Tasks?.Select(TaskSpec.Parse) ?? []];
        if (specs.Select(s => s.Name).Distinct().Count() != specs.Length) throw new UsageException("--tasks names a task twice.");
        // What is written in full needs no look at the folder, which for segmentation means to read every label.
        bool isComplete = specs.Length > 0 && specs.All(s => s.Kind is not null);
        FolderDataset? found = isComplete ? null : new FolderDataset(root, options);
        IEnumerable<VisionTask> chosen = request.Tasks is null ? found!.Tasks : specs.Select(s => s.ToTask(Find(found?.Tasks, s)));
        return new FolderDataset(root, options with { Tasks = [.. Named([.. chosen], request.ClassNames)] });
    }

    /// <summary>Gives the one segmentation task names for its classes.</summary>
    private static IReadOnlyList<VisionTask> Named(IReadOnlyList<VisionTask> tasks, IReadOnlyList<string>? classNames)
    {
        if (classNames is null) return tasks;
        SegmentationTask[] segmentations = [.. tasks.OfType<SegmentationTask>()];
        if (segmentations.Length != 1) throw new UsageException($"--class-names is for data with one segmentation task; there are {segmentations.Length}.");
        SegmentationTask task = segmentations[0];
        if (task.ClassCount > classNames.Count) throw new UsageException($"--class-names has {classNames.Count} names, but '{task.Name}' has {task.ClassCount} classes.");
        return [.. tasks.Select(t => ReferenceEquals(t, task) ? new SegmentationTask(task.Name, classNames.Count, classNames) : t)];
    }

    private static VisionTask? Find(TaskSet? found, TaskSpec spec)
    {
        if (found is null) return null;
        int place = found.IndexOf(spec.Name);
        if (place >= 0) return found[place];
        return spec.Kind is null ? throw new UsageException($"--tasks: the data have no task '{spec.Name}'; they have {found}.") : null;
    }

    private static string[] Notes(FolderDataset data)
    {
        string[] notes = [.. data.Problems.Take(MostNotes).Select(p => $"note: {p}")];
        int more = data.Problems.Count - notes.Length;
        return more > 0 ? [.. notes, $"note: {more} more of this kind in {data.Root}"] : notes;
    }
}
