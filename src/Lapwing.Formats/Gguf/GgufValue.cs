using System.Numerics;
using System.Text;

namespace Lapwing.Formats.Gguf;

/// <summary>One metadata value: a number, a truth value, a string, or an array of one of these (or of arrays).</summary>
public sealed class GgufValue
{
    private readonly object content;

    private GgufValue(GgufType type, object content, GgufType? elementType = null)
    {
        Type = type;
        ElementType = elementType;
        this.content = content;
    }

    /// <summary>Its type.</summary>
    public GgufType Type { get; }

    /// <summary>The type of an array's elements; null for anything else.</summary>
    public GgufType? ElementType { get; }

    /// <summary>Elements of an array; 1 for anything else.</summary>
    public int Count => content switch
    {
        Array array when Type == GgufType.Array => array.Length,
        GgufStringArray strings => strings.Count,
        _ => 1,
    };

    /// <summary>The bytes of a string.</summary>
    /// <exception cref="InvalidOperationException">It is no string.</exception>
    public ReadOnlySpan<byte> StringBytes => Type == GgufType.String ? (byte[])content : throw Mismatch("a string");

    /// <summary>The strings of an array of strings.</summary>
    /// <exception cref="InvalidOperationException">It is no array of strings.</exception>
    public GgufStringArray Strings => content as GgufStringArray ?? throw Mismatch("an array of strings");

    /// <summary>The elements of an array of arrays.</summary>
    /// <exception cref="InvalidOperationException">It is no array of arrays.</exception>
    public IReadOnlyList<GgufValue> Arrays => content as GgufValue[] ?? throw Mismatch("an array of arrays");

    /// <summary>A scalar of type <typeparamref name="T"/>: a number type or <see cref="bool"/>.</summary>
    /// <exception cref="ArgumentException">GGUF has no such type.</exception>
    public static GgufValue Of<T>(T value)
        where T : unmanaged
        => new(TypeOf<T>(), value);

    /// <summary>A string, as UTF-8.</summary>
    public static GgufValue Of(string value) => Of(Encoding.UTF8.GetBytes(value));

    /// <summary>A string of any bytes.</summary>
    public static GgufValue Of(byte[] stringBytes) => new(GgufType.String, stringBytes);

    /// <summary>An array of numbers or truth values.</summary>
    /// <exception cref="ArgumentException">GGUF has no such type.</exception>
    public static GgufValue ArrayOf<T>(T[] values)
        where T : unmanaged
        => new(GgufType.Array, values, TypeOf<T>());

    /// <summary>An array of strings.</summary>
    public static GgufValue ArrayOf(IEnumerable<string> values) => ArrayOf(values as GgufStringArray ?? new GgufStringArray(values));

    /// <summary>An array of strings.</summary>
    public static GgufValue ArrayOf(GgufStringArray values) => new(GgufType.Array, values, GgufType.String);

    /// <summary>An array of arrays.</summary>
    /// <exception cref="ArgumentException">An element is no array.</exception>
    public static GgufValue ArrayOf(GgufValue[] arrays) => Array.TrueForAll(arrays, a => a.Type == GgufType.Array)
        ? new(GgufType.Array, arrays, GgufType.Array)
        : throw new ArgumentException("an array of arrays holds arrays only", nameof(arrays));

    /// <summary>The elements of an array whose element type is <typeparamref name="T"/> exactly.</summary>
    /// <exception cref="InvalidOperationException">It is no such array.</exception>
    public ReadOnlySpan<T> ArrayAs<T>()
        where T : unmanaged
        => ElementType == TypeOf<T>() && content is T[] array ? array : throw Mismatch($"an array of {TypeOf<T>()}");

    /// <summary>An integer of any width whose value fits <typeparamref name="T"/>.</summary>
    public bool TryGetInteger<T>(out T value)
        where T : IBinaryInteger<T> => Numbers.TryInteger(content, out value);

    /// <summary>A number of any type as float64.</summary>
    public bool TryGetDouble(out double value) => Numbers.TryDouble(content, out value);

    /// <summary>A truth value, or an integer 0 or 1.</summary>
    public bool TryGetBool(out bool value) => Numbers.TryBool(content, out value);

    /// <summary>A string, bytes that are not UTF-8 replaced by U+FFFD.</summary>
    public bool TryGetString(out string value)
    {
        value = Type == GgufType.String ? Encoding.UTF8.GetString((byte[])content) : "";
        return Type == GgufType.String;
    }

    /// <summary>An array of integers of any width, all of whose values fit <typeparamref name="T"/>.</summary>
    public bool TryGetIntegers<T>(out T[] values)
        where T : IBinaryInteger<T> => Numbers.TryEach(content, Numbers.TryInteger, out values);

    /// <summary>An array of numbers of any type as float32.</summary>
    public bool TryGetSingles(out float[] values) => Numbers.TryEach(content, Numbers.TrySingle, out values);

    /// <summary>An array of truth values (or integers 0 and 1).</summary>
    public bool TryGetBools(out bool[] values) => Numbers.TryEach(content, Numbers.TryBool, out values);

    /// <summary>Short text for a listing: long arrays and strings are cut.</summary>
    public override string ToString() => content switch
    {
        byte[] when Type == GgufType.String => TryGetString(out string text) ? Wording.Quote(text) : "",
        GgufStringArray strings => $"[{string.Join(", ", strings.Take(4).Select(Wording.Quote))}{(strings.Count > 4 ? ", …" : "")}] ({strings.Count})",
        GgufValue[] arrays => $"[{string.Join(", ", arrays.Take(4).Select(a => a.ToString()))}{(arrays.Length > 4 ? ", …" : "")}] ({arrays.Length})",
        Array array => $"[{string.Join(", ", array.Cast<object>().Take(8))}{(array.Length > 8 ? ", …" : "")}] ({array.Length})",
        bool truth => truth ? "true" : "false",
        _ => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{content}"),
    };

    /// <summary>The number, string or array itself, for the writer.</summary>
    internal object Content => content;

    /// <summary>How a message calls the type: <c>UInt32</c>, <c>array of String</c>.</summary>
    internal string Kind => ElementType is { } element ? $"array of {element}" : Type.ToString();

    private static GgufType TypeOf<T>() => default(T) switch
    {
        byte => GgufType.UInt8,
        sbyte => GgufType.Int8,
        ushort => GgufType.UInt16,
        short => GgufType.Int16,
        uint => GgufType.UInt32,
        int => GgufType.Int32,
        float => GgufType.Float32,
        bool => GgufType.Bool,
        ulong => GgufType.UInt64,
        long => GgufType.Int64,
        double => GgufType.Float64,
        _ => throw new ArgumentException($"GGUF metadata has no type for {typeof(T).Name}"),
    };

    private InvalidOperationException Mismatch(string wanted) => new($"the metadata value is {Kind}, not {wanted}");
}
