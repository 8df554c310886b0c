using System.Text;

namespace Lapwing.Text.Tokenizers;

/// <summary>
/// Finds the GGUF name of a pre-tokenizer by what it does: its steps are put into one spelling and compared with those of every name. Two spellings of
/// the same pattern (case by flag or by classes, possessive or greedy where that makes no difference) compare equal.
/// </summary>
internal static class PreTokenizerDetection
{
    private const string AnyPunctuationRun = "<punctuation run>";

    // Stands before what uses it: static fields are set in order.
    private static readonly (string From, string To)[] Rewrites =
    [
        ("(?i:'s|'t|'re|'ve|'m|'ll|'d)", "<contractions>"),
        ("(?i:'s|'t|'re|'ve|'m|'d|'ll)", "<contractions>"),
        ("(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])", "<contractions>"),
        ("'(?i:[sdmt]|ll|ve|re)", "<contractions>"),
        ("'(?:[sSdDmMtT]|[lL][lL]|[vV][eE]|[rR][eE])", "<contractions>"),
        (@"\p{N}{1}", @"\p{N}"),
        // What follows a possessive run in the published patterns can never take what the run gives back.
        ("]?+", "]?"),
        ("]++", "]+"),
        ("}++", "}+"),
        ("]*+", "]*"),
    ];

    /// <summary>How Hugging Face files spell what llama.cpp spells otherwise, by name.</summary>
    private static readonly (string Name, string[] Steps)[] Variants =
    [
        // Digits come after the bytes are spelled there; no merge crosses their edge either way.
        ("falcon", [AnyPunctuationRun, Canonical(PreTokenizers.Gpt2), @"\p{N}+", "[0-9][0-9][0-9]"]),
    ];

    /// <summary>The kinds whose steps equal <paramref name="steps"/> (those of the file, without the spelling of bytes), best-known first.</summary>
    internal static IReadOnlyList<PreTokenizerKind> Find(IReadOnlyList<PreTokenizer> steps)
    {
        var spelled = new List<string>();
        foreach (PreTokenizer step in steps)
        {
            if (step is ByteSpellingStep) continue;
            if (Canonical(step) is not { } text) return [];
            spelled.Add(text);
        }
        var found = new List<PreTokenizerKind>();
        foreach ((string name, string[] variant) in Variants)
            if (spelled.SequenceEqual(variant)) found.Add(PreTokenizers.Find(name)!);
        foreach (PreTokenizerKind kind in PreTokenizers.All)
        {
            if (kind.OnCharacters || kind.RankedById) continue;
            string[] wanted = [.. kind.Patterns.Select(Canonical)];
            if (spelled.SequenceEqual(wanted)) found.Add(kind);
            // DeepSeek's file cuts single digits where llama.cpp takes runs, whose merges then do nothing.
            else if (wanted[^1] == @"\p{N}+" && spelled.SequenceEqual([.. wanted[..^1], @"\p{N}"])) found.Add(kind);
        }
        return found;
    }

    private static string? Canonical(PreTokenizer step) => step switch
    {
        SplitStep { Behavior: SplitBehavior.Isolated, Invert: false } split => Canonical(split.Pattern.Source),
        // Keeping only the matches of a pattern that matches everything is to isolate them.
        SplitStep { Behavior: SplitBehavior.Removed, Invert: true } split when split.Pattern.Source.EndsWith(@"|\s+", StringComparison.Ordinal) => Canonical(split.Pattern.Source),
        SplitStep { Behavior: SplitBehavior.Contiguous, Pattern.Source: "[[:punct:]]" } => AnyPunctuationRun,
        DigitTriplesStep triples => triples.Source,
        _ => null,
    };

    internal static string Canonical(string pattern)
    {
        var builder = new StringBuilder();
        foreach (Rune rune in pattern.EnumerateRunes())
            builder.Append(rune.Value switch
            {
                '\r' => @"\r",
                '\n' => @"\n",
                '\t' => @"\t",
                < 0x80 => ((char)rune.Value).ToString(),
                < 0x10000 => $"\\u{rune.Value:X4}",
                _ => $"\\U{rune.Value:X8}",
            });
        string text = builder.ToString();
        foreach ((string from, string to) in Rewrites) text = text.Replace(from, to, StringComparison.Ordinal);
        return text;
    }
}
