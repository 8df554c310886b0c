using System.Globalization;
using System.Text;

namespace Lapwing.Text.Tokenizers;

/// <summary>One step that rewrites text before it is cut.</summary>
internal abstract class Normalizer
{
    internal abstract string Apply(string text);

    internal static string Run(IReadOnlyList<Normalizer> steps, string text)
    {
        foreach (Normalizer step in steps) text = step.Apply(text);
        return text;
    }
}

/// <summary>NFC, NFD, NFKC or NFKD.</summary>
internal sealed class UnicodeFormNormalizer(NormalizationForm form) : Normalizer
{
    internal NormalizationForm Form => form;

    internal override string Apply(string text) => UnicodeNormalizer.Normalize(text, form);
}

/// <summary>Each match of a pattern becomes <paramref name="content"/>.</summary>
internal sealed class ReplaceNormalizer(string? literal, Pattern? pattern, string content) : Normalizer
{
    internal string? Literal => literal;

    internal string Content => content;

    internal override string Apply(string text)
    {
        if (literal is not null) return literal.Length == 0 ? text : text.Replace(literal, content, StringComparison.Ordinal);
        int[] points = CodePoints.From(text);
        var matches = new List<(int Start, int End)>();
        var matcher = new PatternMatcher();
        pattern!.Matches(points, ref matcher, matches);
        if (matches.Count == 0) return text;
        var builder = new StringBuilder(text.Length);
        int at = 0;
        foreach ((int start, int end) in matches)
        {
            for (int i = at; i < start; i++) builder.AppendCodePoint(points[i]);
            builder.Append(content);
            at = end;
        }
        for (int i = at; i < points.Length; i++) builder.AppendCodePoint(points[i]);
        return builder.ToString();
    }
}

/// <summary>Puts <paramref name="prefix"/> before any text that is not empty.</summary>
internal sealed class PrependNormalizer(string prefix) : Normalizer
{
    internal string Prefix => prefix;

    internal override string Apply(string text) => text.Length == 0 ? text : prefix + text;
}

/// <summary>Removes white space at the ends.</summary>
internal sealed class StripNormalizer(bool left, bool right) : Normalizer
{
    internal override string Apply(string text) => left && right ? text.Trim() : left ? text.TrimStart() : right ? text.TrimEnd() : text;
}

/// <summary>Removes combining marks (categories Mn, Mc, Me).</summary>
internal sealed class StripAccentsNormalizer : Normalizer
{
    internal override string Apply(string text) => Filter(text, static c => CodePoints.Category(c)
        is not (UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark));

    /// <summary>The code points of <paramref name="text"/> that <paramref name="keep"/> holds for.</summary>
    internal static string Filter(string text, Func<int, bool> keep)
    {
        int[] points = CodePoints.From(text);
        int[] kept = Array.FindAll(points, c => keep(c));
        return kept.Length == points.Length ? text : CodePoints.ToText(kept);
    }
}

/// <summary>Lower case, character by character, as Rust's <c>char::to_lowercase</c> has it: only İ becomes two.</summary>
internal sealed class LowercaseNormalizer : Normalizer
{
    internal override string Apply(string text)
    {
        var builder = new StringBuilder(text.Length);
        foreach (int c in CodePoints.From(text))
        {
            if (c == 0x130) builder.Append("i\u0307");
            else builder.AppendCodePoint(CodePoints.ToLower(c));
        }
        return builder.ToString();
    }
}

/// <summary>Spells the UTF-8 bytes of the text in <see cref="ByteAlphabet"/>.</summary>
internal sealed class ByteSpellingNormalizer : Normalizer
{
    internal override string Apply(string text) => ByteAlphabet.Spell(Encoding.UTF8.GetBytes(text));
}

/// <summary>BERT's preparation: clean-up, spaces around Chinese characters, accents, lower case. Source: google-research/bert's tokenization.py.</summary>
internal sealed class BertNormalizer(bool cleanText, bool spaceChinese, bool stripAccents, bool lowercase) : Normalizer
{
    private static readonly LowercaseNormalizer Lower = new();

    internal bool StripsAccents => stripAccents;

    internal bool Lowercases => lowercase;

    internal bool IsComplete => cleanText && spaceChinese;

    internal override string Apply(string text)
    {
        if (cleanText) text = Clean(text);
        if (spaceChinese) text = Space(text);
        if (stripAccents)
            text = StripAccentsNormalizer.Filter(UnicodeNormalizer.Normalize(text, NormalizationForm.FormD), static c => CodePoints.Category(c) != UnicodeCategory.NonSpacingMark);
        return lowercase ? Lower.Apply(text) : text;
    }

    private static string Clean(string text)
    {
        var builder = new StringBuilder(text.Length);
        foreach (int c in CodePoints.From(text))
        {
            if (CodePoints.IsWhiteSpace(c)) builder.Append(' ');
            else if (c is not (0 or 0xFFFD) && CodePoints.Category(c) is not (UnicodeCategory.Control or UnicodeCategory.Format
                         or UnicodeCategory.PrivateUse or UnicodeCategory.Surrogate or UnicodeCategory.OtherNotAssigned))
                builder.AppendCodePoint(c);
        }
        return builder.ToString();
    }

    private static string Space(string text)
    {
        var builder = new StringBuilder(text.Length);
        foreach (int c in CodePoints.From(text))
        {
            if (IsChinese(c)) builder.Append(' ').AppendCodePoint(c).Append(' ');
            else builder.AppendCodePoint(c);
        }
        return builder.ToString();
    }

    // 0x2B920 should be 0x2B820; the published tokenizers have it so, and models were trained on what they gave.
    private static bool IsChinese(int c) => c is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF) or (>= 0x20000 and <= 0x2A6DF)
        or (>= 0x2A700 and <= 0x2B73F) or (>= 0x2B740 and <= 0x2B81F) or (>= 0x2B920 and <= 0x2CEAF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F);
}
