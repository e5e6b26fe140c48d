namespace Jtr.Interop.Datasets;

/// <summary>What a room of a <see cref="SceneDataset"/> is for. It decides which furniture stands in it.</summary>
public enum RoomKind
{
    /// <summary>Sofas around a low table.</summary>
    LivingRoom = 0,

    /// <summary>Beds, nightstands, wardrobes.</summary>
    Bedroom = 1,

    /// <summary>A table with chairs around it.</summary>
    DiningRoom = 2,

    /// <summary>A desk with a chair, shelves.</summary>
    Study = 3,
}

/// <summary>Labels of a whole scene.</summary>
/// <param name="Room">What the room is for.</param>
/// <param name="CameraPitch">Degrees by which the camera looks above the horizon; below it is negative.</param>
public readonly record struct SceneInfo(RoomKind Room, float CameraPitch);
