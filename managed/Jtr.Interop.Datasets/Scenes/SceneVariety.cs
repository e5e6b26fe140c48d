namespace Jtr.Interop.Datasets.Scenes;

/// <summary>What <see cref="SceneOptions.Variety"/> stands for; at 1 every value is that of the full variety, to the last bit.</summary>
/// <param name="amount">0 to 1.</param>
internal readonly struct SceneVariety(double amount)
{
    private readonly float _amount = (float)amount;

    /// <summary>What a colour's saturation is multiplied by.</summary>
    public float Saturation => Between(0.35f, 1);

    /// <summary>The share of surfaces without a pattern.</summary>
    public float PlainShare => Between(0.9f, 0.6f);

    /// <summary>The part of the range of brightness that is used.</summary>
    public float BrightnessSpread => Between(0.5f, 1);

    /// <summary>The part of the ranges of the room's size and the camera's place and direction that is used.</summary>
    public float CameraSpread => Between(0.5f, 1);

    /// <summary>The greatest height of a room, metres.</summary>
    public float HighestCeiling => Between(2.4f, 2.7f);

    /// <summary>How often the camera stands in a corner.</summary>
    public float CornerShare => Between(1, 0.65f);

    /// <summary>The least number of things on the floor beside what the room is about; up to two more are put.</summary>
    public int LeastOthers => (int)MathF.Round(Between(2, 3));

    /// <summary>How often a room has a door. Where less stands before the walls, more is in them.</summary>
    public float DoorShare => Between(1, 0.8f);

    /// <summary>How often a room has a second window.</summary>
    public float SecondWindowShare => Between(1, 0.5f);

    /// <summary>Draws a value from a part of a range, around its middle.</summary>
    public static float Draw(ref CounterRandom random, float low, float high, float part)
    {
        if (part == 1)
            return random.NextSingle(low, high);
        float middle = 0.5f * (low + high),
            half = 0.5f * part * (high - low);
        return random.NextSingle(middle - half, middle + half);
    }

    private float Between(float least, float full) => _amount == 1 ? full : least + _amount * (full - least);
}
