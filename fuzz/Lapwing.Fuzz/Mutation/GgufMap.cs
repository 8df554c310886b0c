using System.Buffers.Binary;

namespace Lapwing.Fuzz.Mutation;

/// <summary>Where in a GGUF file its numbers, entries and tensor lines stand, as far as the file can be followed.</summary>
internal sealed class GgufMap
{
    public const int CountsAt = 8;

    private readonly byte[] input;
    private int at = CountsAt;

    private GgufMap(byte[] input) => this.input = input;

    /// <summary>Position and size of every number that steers the parser.</summary>
    public List<(int At, int Size)> Numbers { get; } = [(4, 4), (CountsAt, 8), (CountsAt + 8, 8)];

    /// <summary>Positions of type numbers (metadata and elements).</summary>
    public List<int> Types { get; } = [];

    /// <summary>Strings with their length in front: keys, values, elements, names of tensors.</summary>
    public List<Range> Strings { get; } = [];

    /// <summary>Arrays of strings or numbers.</summary>
    public List<GgufArray> Arrays { get; } = [];

    /// <summary>Whole metadata entries.</summary>
    public List<Range> Entries { get; } = [];

    /// <summary>Whole lines of the table of tensors.</summary>
    public List<Range> Tensors { get; } = [];

    public static GgufMap Of(byte[] input)
    {
        var map = new GgufMap(input);
        try
        {
            map.Walk();
        }
        catch (ArgumentOutOfRangeException)
        {
            // A broken file: what was found so far is what can be changed.
        }
        return map;
    }

    private void Walk()
    {
        ulong tensors = Read(8, false);
        ulong entries = Read(8, false);
        for (ulong i = 0; i < entries; i++)
        {
            int start = at;
            Text();
            Value(Type());
            Entries.Add(start..at);
        }
        for (ulong i = 0; i < tensors; i++)
        {
            int start = at;
            Text();
            for (ulong dimensions = Read(4); dimensions > 0; dimensions--) Read(8);
            Type();
            Read(8);
            Tensors.Add(start..at);
        }
    }

    private void Value(ulong type)
    {
        switch (type)
        {
            case 8:
                Text();
                break;
            case 9:
                ulong element = Type();
                ulong count = Read(8);
                Elements(element, count);
                break;
            default:
                Numbers.Add((at, (int)SizeOf(type)));
                Skip(SizeOf(type));
                break;
        }
    }

    private void Elements(ulong element, ulong count)
    {
        int countAt = at - 8;
        List<int> bounds = [at];
        for (; count > 0; count--)
        {
            if (element is 8 or 9) Value(element);
            else Skip(SizeOf(element));
            bounds.Add(at);
        }
        if (element != 9) Arrays.Add(new GgufArray(countAt, [.. bounds], element == 8));
    }

    private void Text()
    {
        int start = at;
        Skip(Read(8));
        Strings.Add(start..at);
    }

    private ulong Type()
    {
        Types.Add(at);
        return Read(4);
    }

    private ulong Read(int size, bool note = true)
    {
        if (note) Numbers.Add((at, size));
        var bytes = input.AsSpan(at, size);
        at += size;
        return size == 8 ? BinaryPrimitives.ReadUInt64LittleEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }

    private void Skip(ulong count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, (ulong)(input.Length - at));
        at += (int)count;
    }

    private static ulong SizeOf(ulong type) => type switch
    {
        0 or 1 or 7 => 1,
        2 or 3 => 2,
        10 or 11 or 12 => 8,
        _ => 4,
    };
}

/// <summary>One array of a GGUF file.</summary>
/// <param name="CountAt">Where its count stands.</param>
/// <param name="Bounds">Where each element begins, and where the last one ends.</param>
/// <param name="OfStrings">Strings, each with its length in front; otherwise numbers.</param>
internal sealed record GgufArray(int CountAt, int[] Bounds, bool OfStrings)
{
    public int Count => Bounds.Length - 1;
}
