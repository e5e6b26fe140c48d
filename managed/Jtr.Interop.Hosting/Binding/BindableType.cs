using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Jtr.Interop.Datasets;
using Jtr.Interop.Inference;
using Jtr.Interop.Inputs;
using Jtr.Interop.Training;

namespace Jtr.Interop.Hosting.Binding;

/// <summary>
/// A class of options that configuration may set. All are named here, so that trimming and compiling ahead of time keep their properties.
/// </summary>
internal sealed class BindableType
{
    private const DynamicallyAccessedMemberTypes Kept =
        DynamicallyAccessedMemberTypes.PublicProperties | DynamicallyAccessedMemberTypes.PublicParameterlessConstructor;

    private static readonly Dictionary<Type, BindableType> _known = new BindableType[]
    {
        Of<JtrTrainerOptions>(o => o),
        Of<JtrPredictorOptions>(o => o),
        Of<TrainerOptions>(o => o with { }),
        Of<JointTaskOptions>(o => o with { }),
        Of<ConsistencyOptions>(o => o with { }),
        Of<PairMapOptions>(o => o with { }),
        Of<MtpslOptions>(o => o with { }),
        Of<TeacherOptions>(o => o with { }),
        Of<PrototypesOptions>(o => o with { }),
        Of<DomainOptions>(o => o with { }),
        Of<BalancingOptions>(o => o with { }),
        Of<AdamOptions>(o => o with { }),
        Of<NetworkOptions>(o => o with { }),
        Of<JtrProcessGroup>(o => o with { }),
        Of<InputTransform>(o => o with { }),
        Of<FusionOptions>(o => o with { }),
        Of<FitOptions>(o => o with { }),
        Of<AugmentationOptions>(o => o with { }),
        Of<EarlyStoppingOptions>(o => o with { }),
        Of<PredictorOptions>(o => o with { }),
    }.ToDictionary(t => t._type);

    private readonly Type _type;
    private readonly PropertyInfo[] _all;

    private BindableType(Type type, PropertyInfo[] all, Func<object, object> copy, Func<object> create)
    {
        _type = type;
        _all = all;
        Copy = copy;
        Create = create;
    }

    /// <summary>
    /// The properties that a text, a list of texts or a section can say. Data sets, tasks and callbacks are given in code.
    /// </summary>
    public IEnumerable<PropertyInfo> Properties =>
        _all.Where(p => ConfiguredValue.Knows(p.PropertyType) || _known.ContainsKey(p.PropertyType));

    /// <summary>Makes the object whose properties are set: a copy, where it is a record.</summary>
    public Func<object, object> Copy { get; }

    /// <summary>Makes one with the defaults, where there is none yet.</summary>
    public Func<object> Create { get; }

    /// <summary>Finds a class; null where configuration knows none such.</summary>
    public static BindableType? Find(Type type) => _known.GetValueOrDefault(type);

    private static BindableType Of<[DynamicallyAccessedMembers(Kept)] T>(Func<T, T> copy)
        where T : class
    {
        PropertyInfo[] all = typeof(T).GetProperties(BindingFlags.Public | BindingFlags.Instance);
        PropertyInfo[] settable = [.. all.Where(p => p.SetMethod is { IsPublic: true })];
        return new(typeof(T), settable, o => copy((T)o), static () => Activator.CreateInstance<T>());
    }
}
