namespace Lapwing.Text.Templates.Runtime;

/// <summary>The values of a call.</summary>
internal sealed class Arguments(IReadOnlyList<object?> positional, IReadOnlyList<KeyValuePair<string, object?>> keywords)
{
    public static readonly Arguments None = new([], []);

    public IReadOnlyList<object?> Positional => positional;

    public IReadOnlyList<KeyValuePair<string, object?>> Keywords => keywords;

    public bool TryKeyword(string name, out object? value)
    {
        foreach ((string key, object? given) in keywords)
        {
            if (key != name) continue;
            value = given;
            return true;
        }
        value = null;
        return false;
    }

    /// <summary>The values in the order of <paramref name="names"/>, <see cref="Missing"/> where none was given.</summary>
    /// <exception cref="JinjaError">Too many, unknown, doubled, or one of the first <paramref name="required"/> missing.</exception>
    public object?[] Bind(string function, int required, params ReadOnlySpan<string> names)
    {
        if (positional.Count > names.Length) throw JinjaError.Type($"{function}() takes at most {names.Length} argument{(names.Length == 1 ? "" : "s")} ({positional.Count} given)");
        var values = new object?[names.Length];
        Array.Fill(values, Missing.Value);
        for (int i = 0; i < positional.Count; i++) values[i] = positional[i];
        foreach ((string key, object? value) in keywords)
        {
            int at = names.IndexOf(key);
            if (at < 0) throw JinjaError.Type($"{function}() got an unexpected keyword argument '{key}'");
            if (at < positional.Count) throw JinjaError.Type($"{function}() got multiple values for argument '{key}'");
            values[at] = value;
        }
        for (int i = 0; i < required; i++)
        {
            if (ReferenceEquals(values[i], Missing.Value)) throw JinjaError.Type($"{function}() missing required argument: '{names[i]}'");
        }
        return values;
    }

    public Arguments From(int index) => new([.. positional.Skip(index)], keywords);
}

internal static class ArgumentValues
{
    public static object? Or(this object? value, object? fallback) => ReferenceEquals(value, Missing.Value) ? fallback : value;

    public static bool Given(this object? value) => !ReferenceEquals(value, Missing.Value);
}
