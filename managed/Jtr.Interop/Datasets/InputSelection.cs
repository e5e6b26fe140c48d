using System.Buffers;
using Jtr.Interop.Inputs;
using Jtr.Interop.Tasks;

namespace Jtr.Interop.Datasets;

/// <summary>
/// A data set with the inputs that a network reads, in its order: those that the data set has and the network does not read are left out,
/// those that it lacks are missing for all samples.
/// </summary>
public sealed class InputSelection : DatasetDecorator
{
    private readonly int[] _places;

    /// <summary>Wraps a data set.</summary>
    /// <param name="data">The data set.</param>
    /// <param name="inputs">The inputs of the network.</param>
    /// <exception cref="ArgumentException">An input of the data set is of another kind or number of channels.</exception>
    public InputSelection(IMultiTaskDataset data, InputSet inputs)
        : base(data)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        if (inputs.ImageChannels != data.Inputs.ImageChannels)
            throw new ArgumentException(
                $"the data set's photographs have {data.Inputs.ImageChannels} channels; the network reads {inputs.ImageChannels}",
                nameof(inputs)
            );
        Inputs = inputs;
        _places = [.. inputs.Select(i => data.Inputs.IndexOf(i.Name))];
        for (int i = 0; i < inputs.Count; i++)
        {
            if (_places[i] < 0)
                continue;
            InputSpec own = data.Inputs[_places[i]];
            if (own.Kind != inputs[i].Kind || own.Channels != inputs[i].Channels)
                throw new ArgumentException(
                    $"the data set's inputs are {data.Inputs.Describe()}; the network reads {inputs.Describe()}",
                    nameof(inputs)
                );
        }
    }

    /// <inheritdoc/>
    public override InputSet Inputs { get; }

    /// <inheritdoc/>
    public override bool HasInput(int index, int input) => _places[input] >= 0 && Inner.HasInput(index, _places[input]);

    /// <inheritdoc/>
    public override TaskMask Read(int index, TaskMask wanted, SampleBuffer destination, CancellationToken cancellationToken)
    {
        if (destination.Inputs.Count == 0 || ReferenceEquals(destination.Inputs, Inner.Inputs))
            return Inner.Read(index, wanted, destination, cancellationToken);
        InputSet theirs = Inner.Inputs;
        int values = theirs.Values(destination.Height, destination.Width);
        float[] rented = ArrayPool<float>.Shared.Rent(values);
        byte[] present = ArrayPool<byte>.Shared.Rent(theirs.Count);
        try
        {
            SampleBuffer own = new(
                destination.Tasks,
                theirs,
                destination.Height,
                destination.Width,
                destination.Image,
                destination.Labels,
                rented.AsSpan(0, values),
                present.AsSpan(0, theirs.Count)
            );
            own.InputPresent.Clear();
            TaskMask written = Inner.Read(index, wanted, own, cancellationToken);
            for (int i = 0; i < _places.Length; i++)
            {
                bool isPresent = _places[i] >= 0 && own.InputPresent[_places[i]] != 0;
                if (isPresent)
                    own.Input(_places[i]).CopyTo(destination.Input(i));
                destination.SetInput(i, isPresent);
            }
            return written;
        }
        finally
        {
            ArrayPool<float>.Shared.Return(rented);
            ArrayPool<byte>.Shared.Return(present);
        }
    }
}
