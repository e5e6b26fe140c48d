namespace Jtr.Interop.Datasets.Scenes;

/// <summary>The classes of the scenes' segmentation; the value is the class id of the label.</summary>
internal enum SceneClass
{
    Wall = 0,
    Floor = 1,
    Ceiling = 2,
    Window = 3,
    Door = 4,
    Picture = 5,
    Bed = 6,
    Sofa = 7,
    Chair = 8,
    Table = 9,
    Cabinet = 10,
    Shelf = 11,
    Lamp = 12,
}
