namespace Lapwing.Models;

/// <summary>Checks of hyper-parameters that both file forms share: each failure names the setting and the value.</summary>
internal static class Settings
{
    private const int MostLayers = 4096, MostHeadWidth = 16384;

    public static int Positive(int value, string name) => value > 0 && (name != "block_count" || value <= MostLayers) ? value
        : throw new InvalidDataException($"setting '{name}' is {value}: the file is damaged or was converted incompletely");

    /// <summary>A head's width, bounded before anything is allocated by it: the widest that exists is 576.</summary>
    public static int HeadWidth(int value) => value is > 0 and <= MostHeadWidth ? value
        : throw new InvalidDataException($"a head is {value} wide: the file is damaged");

    public static float Epsilon(float value) => value > 0 && value < 1 ? value
        : throw new InvalidDataException($"the norm's epsilon is {value}: it must be a small positive number");

    public static void Groups(int heads, int keyHeads)
    {
        if (keyHeads < 1 || keyHeads > heads || heads % keyHeads != 0)
            throw new InvalidDataException($"{heads} query heads do not divide into {keyHeads} key/value heads: the file is damaged");
    }

    public static int Divide(int value, int by, string what) => by > 0 && value % by == 0 ? value / by
        : throw new InvalidDataException($"{what} does not come out even ({value} / {by}): the file is damaged");

    public static int RotaryWidth(int width, int headWidth) => width >= 2 && width % 2 == 0 && width <= headWidth ? width
        : throw new InvalidDataException($"the rotary width is {width} for heads {headWidth} wide: it must be even and no wider than a head");

    public static void Experts(int count, int chosen)
    {
        if (count < 1 || chosen < 1 || chosen > count) throw new InvalidDataException($"{chosen} of {count} experts for each token make no sense: the file is damaged");
    }
}
