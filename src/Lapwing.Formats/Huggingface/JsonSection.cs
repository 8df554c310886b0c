using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Lapwing.Formats.Huggingface;

/// <summary>
/// An object in a JSON file with typed getters. <c>null</c> counts as missing, as it does in Transformers. A missing key, a wrong type
/// or a value out of range is an <see cref="InvalidDataException"/> that names key and file.
/// </summary>
public class JsonSection
{
    private readonly JsonElement element;
    private readonly string prefix;

    /// <summary>The object <paramref name="element"/> of the file at <paramref name="path"/>; <paramref name="prefix"/> is its place in the file, with a dot at the end.</summary>
    protected JsonSection(string path, JsonElement element, string prefix)
    {
        Path = path;
        this.element = element;
        this.prefix = prefix;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The object itself.</summary>
    public JsonElement Element => element;

    /// <summary>The keys in the file's order, <c>null</c> values included.</summary>
    public IEnumerable<string> Keys => element.EnumerateObject().Select(p => p.Name);

    /// <summary>Whether the key is there with a value other than <c>null</c>.</summary>
    public bool Has(string key) => TryGet(key, out _);

    /// <summary>The value of a key, unless it is missing or <c>null</c>.</summary>
    public bool TryGet(string key, out JsonElement value) => element.TryGetProperty(key, out value) && value.ValueKind != JsonValueKind.Null;

    /// <summary>The first of several keys that is there: names change between versions (<c>dtype</c>, <c>torch_dtype</c>).</summary>
    public string? FirstOf(params ReadOnlySpan<string> keys)
    {
        foreach (string key in keys)
            if (Has(key)) return key;
        return null;
    }

    /// <summary>An integer. A number such as <c>64.0</c> counts as one.</summary>
    public int GetInt32(string key) => Integer(key, int.MinValue, int.MaxValue, "a 32-bit integer") is var value ? (int)value : 0;

    /// <summary>An integer, or <paramref name="fallback"/> where the key is missing.</summary>
    public int GetInt32OrDefault(string key, int fallback = 0) => Has(key) ? GetInt32(key) : fallback;

    /// <summary>An integer, or null where the key is missing.</summary>
    public int? GetInt32OrNull(string key) => Has(key) ? GetInt32(key) : null;

    /// <summary>A 64-bit integer.</summary>
    public long GetInt64(string key) => Integer(key, long.MinValue, long.MaxValue, "an integer");

    /// <summary>A number, finite, as float64.</summary>
    public double GetDouble(string key) => Require(key) is { ValueKind: JsonValueKind.Number } value && value.TryGetDouble(out double number) && double.IsFinite(number)
        ? number : throw Wrong(key, "a number");

    /// <summary>A number as float64, or <paramref name="fallback"/> where the key is missing.</summary>
    public double GetDoubleOrDefault(string key, double fallback = 0) => Has(key) ? GetDouble(key) : fallback;

    /// <summary>A number as float64, or null where the key is missing.</summary>
    public double? GetDoubleOrNull(string key) => Has(key) ? GetDouble(key) : null;

    /// <summary>A number as float32.</summary>
    public float GetSingle(string key) => (float)GetDouble(key) is var value && float.IsFinite(value) ? value : throw Wrong(key, "a number that float32 holds");

    /// <summary>A number as float32, or <paramref name="fallback"/> where the key is missing.</summary>
    public float GetSingleOrDefault(string key, float fallback = 0) => Has(key) ? GetSingle(key) : fallback;

    /// <summary>A number as float32, or null where the key is missing.</summary>
    public float? GetSingleOrNull(string key) => Has(key) ? GetSingle(key) : null;

    /// <summary>A truth value.</summary>
    public bool GetBool(string key) => Require(key).ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Wrong(key, "true or false"),
    };

    /// <summary>A truth value, or <paramref name="fallback"/> where the key is missing.</summary>
    public bool GetBoolOrDefault(string key, bool fallback = false) => Has(key) ? GetBool(key) : fallback;

    /// <summary>A string.</summary>
    public string GetString(string key) => Require(key) is { ValueKind: JsonValueKind.String } value ? value.GetString()! : throw Wrong(key, "a string");

    /// <summary>A string, or <paramref name="fallback"/> where the key is missing.</summary>
    [return: NotNullIfNotNull(nameof(fallback))]
    public string? GetStringOrDefault(string key, string? fallback = null) => Has(key) ? GetString(key) : fallback;

    /// <summary>A list of strings.</summary>
    public string[] GetStrings(string key) => List(key, "a list of strings", e => e.ValueKind == JsonValueKind.String ? e.GetString() : null);

    /// <summary>A list of strings, or null where the key is missing.</summary>
    public string[]? GetStringsOrNull(string key) => Has(key) ? GetStrings(key) : null;

    /// <summary>A list of integers; a single integer counts as a list of one (<c>eos_token_id</c> comes in both forms).</summary>
    public int[] GetInt32s(string key)
    {
        if (Require(key).ValueKind == JsonValueKind.Number) return [GetInt32(key)];
        return List(key, "a list of integers", e => e.ValueKind == JsonValueKind.Number && e.TryGetInt32(out int i) ? (int?)i : null).Select(i => i!.Value).ToArray();
    }

    /// <summary>A list of integers, or null where the key is missing.</summary>
    public int[]? GetInt32sOrNull(string key) => Has(key) ? GetInt32s(key) : null;

    /// <summary>A list of numbers as float32.</summary>
    public float[] GetSingles(string key) =>
        List(key, "a list of numbers", e => e.ValueKind == JsonValueKind.Number && e.TryGetSingle(out float f) && float.IsFinite(f) ? (float?)f : null).Select(f => f!.Value).ToArray();

    /// <summary>A list of numbers as float32, or null where the key is missing.</summary>
    public float[]? GetSinglesOrNull(string key) => Has(key) ? GetSingles(key) : null;

    /// <summary>A nested object, or null where the key is missing.</summary>
    public JsonSection? GetSectionOrNull(string key) => TryGet(key, out var value)
        ? value.ValueKind == JsonValueKind.Object ? new JsonSection(Path, value, $"{prefix}{key}.") : throw Wrong(key, "an object")
        : null;

    /// <summary>A nested object.</summary>
    public JsonSection GetSection(string key) => GetSectionOrNull(key) ?? throw Missing(key);

    /// <summary>The error for a value that a reader of this file cannot use: <c>KEY in FILE WHAT</c>.</summary>
    public InvalidDataException Bad(string key, string what) => new($"{Wording.Quote(prefix + key)} in {Path} {what}");

    private JsonElement Require(string key) => TryGet(key, out var value) ? value : throw Missing(key);

    private InvalidDataException Missing(string key) => Bad(key, "is missing: the file is incomplete, or of another kind of model");

    private InvalidDataException Wrong(string key, string wanted)
    {
        string raw = Require(key).GetRawText();
        return Bad(key, $"is {Wording.Quote(raw.Length > 60 ? raw[..60] + "…" : raw)}, not {wanted}");
    }

    private long Integer(string key, long least, long most, string wanted)
    {
        var value = Require(key);
        if (value.ValueKind != JsonValueKind.Number) throw Wrong(key, wanted);
        if (!value.TryGetInt64(out long number))
        {
            // 2^53: beyond it a float64 no longer says which integer is meant.
            if (!value.TryGetDouble(out double real) || real != Math.Floor(real) || Math.Abs(real) > 1L << 53) throw Wrong(key, wanted);
            number = (long)real;
        }
        return number >= least && number <= most ? number : throw Wrong(key, wanted);
    }

    private T[] List<T>(string key, string wanted, Func<JsonElement, T?> convert)
    {
        var value = Require(key);
        if (value.ValueKind != JsonValueKind.Array) throw Wrong(key, wanted);
        var items = new List<T>();
        foreach (var item in value.EnumerateArray()) items.Add(convert(item) ?? throw Wrong(key, wanted));
        return [.. items];
    }
}
