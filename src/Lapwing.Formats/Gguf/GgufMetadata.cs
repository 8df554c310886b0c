using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;

namespace Lapwing.Formats.Gguf;

/// <summary>
/// The metadata of a GGUF file in the file's order. Getters convert between integer widths where the value fits; a missing key, a
/// wrong type or a value out of range is an <see cref="InvalidDataException"/> that names key and file.
/// </summary>
[SuppressMessage("Naming", "CA1710:Identifiers should have correct suffix", Justification = "the field's word for it")]
public sealed class GgufMetadata : IReadOnlyDictionary<string, GgufValue>
{
    private readonly OrderedDictionary<string, GgufValue> values;
    private readonly string path;

    internal GgufMetadata(string path, OrderedDictionary<string, GgufValue> values)
    {
        this.path = path;
        this.values = values;
    }

    private delegate bool Getter<T>(GgufValue value, out T result);

    /// <inheritdoc/>
    public int Count => values.Count;

    /// <inheritdoc/>
    public IEnumerable<string> Keys => values.Keys;

    /// <inheritdoc/>
    public IEnumerable<GgufValue> Values => values.Values;

    /// <summary>The value of a key.</summary>
    /// <exception cref="InvalidDataException">The key is missing.</exception>
    public GgufValue this[string key] => values.TryGetValue(key, out var value) ? value
        : throw new InvalidDataException($"metadata key {Wording.Quote(key)} is missing in {path}: the file is of another kind than expected, or was converted incompletely");

    /// <inheritdoc/>
    public bool ContainsKey(string key) => values.ContainsKey(key);

    /// <inheritdoc/>
    public bool TryGetValue(string key, [MaybeNullWhen(false)] out GgufValue value) => values.TryGetValue(key, out value);

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, GgufValue>> GetEnumerator() => values.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>An integer of any width as <typeparamref name="T"/>.</summary>
    public T GetInteger<T>(string key)
        where T : IBinaryInteger<T> => Get(key, $"an integer that fits {typeof(T).Name}", (GgufValue v, out T r) => v.TryGetInteger(out r));

    /// <summary>An unsigned 32-bit integer.</summary>
    public uint GetUInt32(string key) => GetInteger<uint>(key);

    /// <summary>An unsigned 32-bit integer, or <paramref name="fallback"/> where the key is missing.</summary>
    public uint GetUInt32OrDefault(string key, uint fallback = 0) => ContainsKey(key) ? GetUInt32(key) : fallback;

    /// <summary>A 32-bit integer.</summary>
    public int GetInt32(string key) => GetInteger<int>(key);

    /// <summary>A 32-bit integer, or <paramref name="fallback"/> where the key is missing.</summary>
    public int GetInt32OrDefault(string key, int fallback = 0) => ContainsKey(key) ? GetInt32(key) : fallback;

    /// <summary>A 64-bit integer.</summary>
    public long GetInt64(string key) => GetInteger<long>(key);

    /// <summary>A 64-bit integer, or <paramref name="fallback"/> where the key is missing.</summary>
    public long GetInt64OrDefault(string key, long fallback = 0) => ContainsKey(key) ? GetInt64(key) : fallback;

    /// <summary>A number as float32.</summary>
    public float GetSingle(string key) => (float)GetDouble(key);

    /// <summary>A number as float32, or <paramref name="fallback"/> where the key is missing.</summary>
    public float GetSingleOrDefault(string key, float fallback = 0) => ContainsKey(key) ? GetSingle(key) : fallback;

    /// <summary>A number as float64.</summary>
    public double GetDouble(string key) => Get(key, "a number", (GgufValue v, out double r) => v.TryGetDouble(out r));

    /// <summary>A truth value.</summary>
    public bool GetBool(string key) => Get(key, "a truth value", (GgufValue v, out bool r) => v.TryGetBool(out r));

    /// <summary>A truth value, or <paramref name="fallback"/> where the key is missing.</summary>
    public bool GetBoolOrDefault(string key, bool fallback = false) => ContainsKey(key) ? GetBool(key) : fallback;

    /// <summary>A string; bytes that are not UTF-8 are replaced by U+FFFD.</summary>
    public string GetString(string key) => Get(key, "a string", (GgufValue v, out string r) => v.TryGetString(out r));

    /// <summary>A string, or <paramref name="fallback"/> where the key is missing.</summary>
    [return: NotNullIfNotNull(nameof(fallback))]
    public string? GetStringOrDefault(string key, string? fallback = null) => ContainsKey(key) ? GetString(key) : fallback;

    /// <summary>An array of strings, decoded.</summary>
    public string[] GetStrings(string key) => GetStringArray(key).ToArray();

    /// <summary>An array of strings, decoded, or <paramref name="fallback"/> where the key is missing.</summary>
    [return: NotNullIfNotNull(nameof(fallback))]
    public string[]? GetStringsOrDefault(string key, string[]? fallback = null) => ContainsKey(key) ? GetStrings(key) : fallback;

    /// <summary>An array of strings with their raw bytes: token texts need not be valid UTF-8.</summary>
    public GgufStringArray GetStringArray(string key) => Get(key, "an array of strings", (GgufValue v, out GgufStringArray r) =>
    {
        bool ok = v.ElementType == GgufType.String;
        r = ok ? v.Strings : new GgufStringArray([], []);
        return ok;
    });

    /// <summary>An array of numbers as float32.</summary>
    public float[] GetSingles(string key) => Get(key, "an array of numbers", (GgufValue v, out float[] r) => v.TryGetSingles(out r));

    /// <summary>An array of numbers as float32, or <paramref name="fallback"/> where the key is missing.</summary>
    [return: NotNullIfNotNull(nameof(fallback))]
    public float[]? GetSinglesOrDefault(string key, float[]? fallback = null) => ContainsKey(key) ? GetSingles(key) : fallback;

    /// <summary>An array of integers as <typeparamref name="T"/>.</summary>
    public T[] GetIntegers<T>(string key)
        where T : IBinaryInteger<T> => Get(key, $"an array of integers that fit {typeof(T).Name}", (GgufValue v, out T[] r) => v.TryGetIntegers(out r));

    /// <summary>An array of integers as int32.</summary>
    public int[] GetInt32s(string key) => GetIntegers<int>(key);

    /// <summary>An array of integers as int32, or <paramref name="fallback"/> where the key is missing.</summary>
    [return: NotNullIfNotNull(nameof(fallback))]
    public int[]? GetInt32sOrDefault(string key, int[]? fallback = null) => ContainsKey(key) ? GetInt32s(key) : fallback;

    /// <summary>An array of truth values.</summary>
    public bool[] GetBools(string key) => Get(key, "an array of truth values", (GgufValue v, out bool[] r) => v.TryGetBools(out r));

    /// <summary>One integer a layer: an array with at least <paramref name="layers"/> elements, or one scalar that holds for all.</summary>
    public int[] GetInt32PerLayer(string key, int layers) => PerLayer(key, layers, GetInt32, GetInt32s);

    /// <summary>As <see cref="GetInt32PerLayer(string, int)"/>, with <paramref name="fallback"/> for all layers where the key is missing.</summary>
    public int[] GetInt32PerLayerOrDefault(string key, int layers, int fallback) => ContainsKey(key) ? GetInt32PerLayer(key, layers) : Repeat(fallback, layers);

    /// <summary>One number a layer: an array with at least <paramref name="layers"/> elements, or one scalar that holds for all.</summary>
    public float[] GetSinglePerLayer(string key, int layers) => PerLayer(key, layers, GetSingle, GetSingles);

    /// <summary>As <see cref="GetSinglePerLayer(string, int)"/>, with <paramref name="fallback"/> for all layers where the key is missing.</summary>
    public float[] GetSinglePerLayerOrDefault(string key, int layers, float fallback) => ContainsKey(key) ? GetSinglePerLayer(key, layers) : Repeat(fallback, layers);

    /// <summary>One truth value a layer: an array with at least <paramref name="layers"/> elements, or one scalar that holds for all.</summary>
    public bool[] GetBoolPerLayer(string key, int layers) => PerLayer(key, layers, GetBool, GetBools);

    private static T[] Repeat<T>(T value, int count)
    {
        var values = new T[count];
        Array.Fill(values, value);
        return values;
    }

    private T[] PerLayer<T>(string key, int layers, Func<string, T> scalar, Func<string, T[]> array)
    {
        if (this[key].Type != GgufType.Array) return Repeat(scalar(key), layers);
        T[] values = array(key);
        if (values.Length < layers)
            throw new InvalidDataException($"metadata key {Wording.Quote(key)} in {path} has {values.Length} elements for {layers} layers: the file is damaged or of an unknown layout");
        return values[..layers];
    }

    private T Get<T>(string key, string wanted, Getter<T> getter)
    {
        var value = this[key];
        return getter(value, out T result) ? result
            : throw new InvalidDataException($"metadata key {Wording.Quote(key)} in {path} is {value.Kind} {(value.Type is GgufType.Array or GgufType.String ? "" : value)}, not {wanted}: the file is damaged or was converted wrongly");
    }
}
