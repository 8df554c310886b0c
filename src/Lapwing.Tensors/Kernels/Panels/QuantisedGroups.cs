namespace Lapwing.Tensors;

/// <summary>One row of activations in groups: 8-bit values [columns], and for each group a scale and the sum of its values.</summary>
internal readonly unsafe struct QuantisedGroups(byte* memory, int columns, int groups)
{
    public float* Scales { get; } = (float*)memory;

    public int* Sums { get; } = (int*)memory + groups;

    public sbyte* Values { get; } = (sbyte*)((int*)memory + 2 * groups);

    /// <summary>What the memory must hold.</summary>
    public static int Bytes(int columns, int groups) => (columns + 8 * groups + 63) / 64 * 64;

    public sbyte* Group(int index) => Values + columns / groups * index;
}
