using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Jtr.Interop.Training;

/// <summary>
/// Which tasks may inform which. The methods "direct_map", "perceptual_map" and "mtpsl" relate no other pairs, and "jtr" has a joint space
/// for each part that hangs together. Methods that relate no tasks heed none.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "name")]
[JsonDerivedType(typeof(GivenTaskGraph), GivenTaskGraph.Word)]
[JsonDerivedType(typeof(SimilarityTaskGraph), SimilarityTaskGraph.Word)]
public abstract record TaskGraphOptions
{
    /// <summary>What <see cref="Parse"/> makes null of: every task informs every other one.</summary>
    public const string All = "all";

    private protected TaskGraphOptions() { }

    /// <summary>
    /// A task graph as a text: "all", "similarity", or pairs of tasks with semicolons between, "depth&gt;normals" where depth informs
    /// normals, "depth&lt;&gt;normals" where each informs the other, with "*0.5" behind it for another weight than 1.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <returns>The graph, or null for "all".</returns>
    /// <exception cref="FormatException">It is none; the message says what is wrong with which pair.</exception>
    public static TaskGraphOptions? Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Trim() switch
        {
            All => null,
            SimilarityTaskGraph.Word => new SimilarityTaskGraph(),
            string pairs => new GivenTaskGraph([
                .. pairs.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).SelectMany(TaskPair.Parse),
            ]),
        };
    }

    /// <summary>As libjtr reads it.</summary>
    internal abstract JsonObject ToNative();

    /// <summary>Checks what libjtr leaves unchecked.</summary>
    internal virtual void Validate() { }
}
