using Jtr.Interop.Tasks;
using Jtr.Interop.Training;

namespace Jtr.Interop.Native;

/// <summary>Options as the structs of jtr.h.</summary>
internal static unsafe class NativeOptions
{
    /// <summary>The tasks as an array of jtr_task_desc.</summary>
    public static nint Tasks(NativeArena arena, TaskSet tasks)
    {
        Raw.TaskDesc.__Internal* array = arena.Array<Raw.TaskDesc.__Internal>(tasks.Count);
        for (int t = 0; t < tasks.Count; t++)
        {
            VisionTask task = tasks[t];
            array[t].struct_size = (ulong)sizeof(Raw.TaskDesc.__Internal);
            array[t].name = arena.Utf8(task.Name);
            array[t].kind = (Raw.TaskKind)task.Kind;
            array[t].channels = task.Channels;
            if (task is not DepthTask depth) continue;
            array[t].depth_mean = depth.Mean;
            array[t].depth_std = depth.StandardDeviation;
        }
        return (nint)array;
    }

    /// <summary>jtr_joint_task_options.</summary>
    /// <param name="options">The options.</param>
    /// <param name="width">Width of the auto-encoder where the options leave it open.</param>
    public static Raw.JointTaskOptions.__Internal JointTask(JointTaskOptions options, int width) => new()
    {
        struct_size = (ulong)sizeof(Raw.JointTaskOptions.__Internal),
        mode = (Raw.JointTaskMode)options.Mode,
        width = options.Width ?? width,
        lambda_dist = options.LambdaDist,
        lambda_recon = options.LambdaRecon,
        micro_batch = options.MicroBatch,
    };

    /// <summary>jtr_adam_options.</summary>
    public static Raw.AdamOptions.__Internal Adam(AdamOptions options) => new()
    {
        struct_size = (ulong)sizeof(Raw.AdamOptions.__Internal),
        learning_rate = options.LearningRate,
        beta1 = options.Beta1,
        beta2 = options.Beta2,
        epsilon = options.Epsilon,
        decay_steps = options.DecaySteps,
        decay_factor = options.DecayFactor,
        schedule = (Raw.Schedule)options.Schedule,
        warmup_steps = options.WarmupSteps,
        final_factor = options.FinalFactor,
    };

    /// <summary>jtr_consistency_options.</summary>
    public static Raw.ConsistencyOptions.__Internal Consistency(ConsistencyOptions options) => new()
    {
        struct_size = (ulong)sizeof(Raw.ConsistencyOptions.__Internal),
        weight = options.Weight,
        temperature = options.Temperature,
    };

    /// <summary>jtr_pair_map_options.</summary>
    /// <param name="options">The options.</param>
    /// <param name="width">Width of the maps where the options leave it open.</param>
    public static Raw.PairMapOptions.__Internal PairMap(PairMapOptions options, int width) => new()
    {
        struct_size = (ulong)sizeof(Raw.PairMapOptions.__Internal),
        width = options.Width ?? width,
        weight = options.Weight,
    };

    /// <summary>jtr_mtpsl_options.</summary>
    public static Raw.MtpslOptions.__Internal Mtpsl(MtpslOptions options) => new()
    {
        struct_size = (ulong)sizeof(Raw.MtpslOptions.__Internal),
        con_weight = options.ConWeight,
        reg_weight = options.RegWeight,
        ramp_up_steps = options.RampUpSteps,
        film = Adam(options.Film),
        micro_batch = options.MicroBatch,
    };

    /// <summary>jtr_balancing_options.</summary>
    public static Raw.BalancingOptions.__Internal Balancing(NativeArena arena, BalancingOptions options)
    {
        int count = options.Weights?.Count ?? 0;
        double* weights = arena.Array<double>(Math.Max(1, count));
        for (int t = 0; t < count; t++) weights[t] = options.Weights![t];
        return new()
        {
            struct_size = (ulong)sizeof(Raw.BalancingOptions.__Internal),
            name = arena.Utf8(options.Name),
            weights = (nint)weights,
            temperature = options.Temperature,
            period_steps = options.PeriodSteps,
            initial_log_variance = options.InitialLogVariance,
        };
    }

    /// <summary>jtr_trainer_options.</summary>
    public static Raw.TrainerOptions.__Internal Trainer(NativeArena arena, TrainerOptions options) => new()
    {
        struct_size = (ulong)sizeof(Raw.TrainerOptions.__Internal),
        tasks = Tasks(arena, options.Tasks),
        task_count = options.Tasks.Count,
        width = options.Width,
        method = arena.Utf8(options.Method),
        joint_task = JointTask(options.JointTask, options.Width),
        consistency = Consistency(options.Consistency),
        direct_map = PairMap(options.DirectMap, options.Width),
        perceptual_map = PairMap(options.PerceptualMap, options.Width),
        mtpsl = Mtpsl(options.Mtpsl),
        balancing = Balancing(arena, options.Balancing),
        adam = Adam(options.Optimizer),
        max_gradient_norm = options.MaxGradientNorm ?? 0,
        ema_decay = options.EmaDecay ?? 0,
        seed = options.Seed,
        dtype = (Raw.Dtype)options.Precision,
        device = (Raw.DeviceKind)options.Device,
        device_index = options.DeviceIndex,
        recomputation = (Raw.Recomputation)options.Recomputation,
    };

    /// <summary>jtr_regularizer_options.</summary>
    public static Raw.RegularizerOptions.__Internal Regularizer(NativeArena arena, JointTaskRegularizerOptions options) => new()
    {
        struct_size = (ulong)sizeof(Raw.RegularizerOptions.__Internal),
        tasks = Tasks(arena, options.Tasks),
        task_count = options.Tasks.Count,
        joint_task = JointTask(options.JointTask, JointTaskRegularizerOptions.DefaultWidth),
        adam = Adam(options.Optimizer),
        seed = options.Seed,
        dtype = (Raw.Dtype)options.Precision,
        device = (Raw.DeviceKind)options.Device,
        device_index = options.DeviceIndex,
        recomputation = (Raw.Recomputation)options.Recomputation,
    };
}
