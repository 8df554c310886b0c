namespace Lapwing.Generation.Sampling;

/// <summary>Reads and writes the order of a chain as llama.cpp does: <c>penalties;dry;top_k;temperature</c> or the letters <c>edkt</c>.</summary>
public static class SamplerOrder
{
    private static readonly (string Name, char Letter, SamplerKind Kind)[] Canonical =
    [
        ("penalties", 'e', SamplerKind.Penalties), ("dry", 'd', SamplerKind.Dry), ("top_n_sigma", 's', SamplerKind.TopNSigma),
        ("top_k", 'k', SamplerKind.TopK), ("typ_p", 'y', SamplerKind.TypicalP), ("top_p", 'p', SamplerKind.TopP),
        ("min_p", 'm', SamplerKind.MinP), ("xtc", 'x', SamplerKind.Xtc), ("temperature", 't', SamplerKind.Temperature),
        ("adaptive_p", 'a', SamplerKind.AdaptiveP),
    ];

    private static readonly (string Name, SamplerKind Kind)[] Others =
    [
        ("nucleus", SamplerKind.TopP), ("typical_p", SamplerKind.TypicalP), ("typical", SamplerKind.TypicalP),
        ("typ", SamplerKind.TypicalP), ("temp", SamplerKind.Temperature),
    ];

    /// <summary>llama.cpp's default: penalties, dry, top_n_sigma, top_k, typ_p, top_p, min_p, xtc, temperature.</summary>
    public static IReadOnlyList<SamplerKind> Default { get; } =
    [
        SamplerKind.Penalties, SamplerKind.Dry, SamplerKind.TopNSigma, SamplerKind.TopK, SamplerKind.TypicalP, SamplerKind.TopP,
        SamplerKind.MinP, SamplerKind.Xtc, SamplerKind.Temperature,
    ];

    /// <summary>
    /// Reads names parted by <c>;</c> or <c>,</c> (hyphens for underscores and the usual other names allowed), or one word of letters. An empty text is
    /// an empty chain: draw from the model's own distribution.
    /// </summary>
    /// <exception cref="ArgumentException">A name or letter is unknown.</exception>
    public static IReadOnlyList<SamplerKind> Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] words = text.Split([';', ','], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (words.Length == 1 && Find(words[0]) is null && words[0].All(c => FromLetter(c) is not null))
            return [.. words[0].Select(c => FromLetter(c)!.Value)];
        return [.. words.Select(w => Find(w) ?? throw Unknown(w))];
    }

    /// <summary>The names parted by <c>;</c>.</summary>
    public static string Format(IEnumerable<SamplerKind> order) => string.Join(';', order.Select(k => Canonical.First(c => c.Kind == k).Name));

    private static SamplerKind? Find(string word)
    {
        string name = word.Replace('-', '_').ToLowerInvariant();
        foreach ((string canonical, _, SamplerKind kind) in Canonical)
        {
            if (canonical == name) return kind;
        }

        foreach ((string other, SamplerKind kind) in Others)
        {
            if (other == name) return kind;
        }

        return null;
    }

    private static SamplerKind? FromLetter(char letter)
    {
        foreach ((_, char canonical, SamplerKind kind) in Canonical)
        {
            if (canonical == letter) return kind;
        }

        return null;
    }

    private static ArgumentException Unknown(string word)
        => new($"unknown sampler '{word}' in the order of samplers; known are {string.Join(", ", Canonical.Select(c => $"{c.Name} ({c.Letter})"))}");
}
