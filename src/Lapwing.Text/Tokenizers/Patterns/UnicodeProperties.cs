using System.Globalization;

namespace Lapwing.Text.Tokenizers;

/// <summary>What stands between the braces of <c>\p{…}</c>: general categories, scripts, POSIX names and a few binary properties.</summary>
internal static class UnicodeProperties
{
    /// <summary>Short and long names of the general categories, in the order of <see cref="UnicodeCategory"/>.</summary>
    private static readonly (string Short, string Long)[] Categories =
    [
        ("lu", "uppercaseletter"), ("ll", "lowercaseletter"), ("lt", "titlecaseletter"), ("lm", "modifierletter"), ("lo", "otherletter"),
        ("mn", "nonspacingmark"), ("mc", "spacingmark"), ("me", "enclosingmark"),
        ("nd", "decimalnumber"), ("nl", "letternumber"), ("no", "othernumber"),
        ("zs", "spaceseparator"), ("zl", "lineseparator"), ("zp", "paragraphseparator"),
        ("cc", "control"), ("cf", "format"), ("cs", "surrogate"), ("co", "privateuse"),
        ("pc", "connectorpunctuation"), ("pd", "dashpunctuation"), ("ps", "openpunctuation"), ("pe", "closepunctuation"),
        ("pi", "initialpunctuation"), ("pf", "finalpunctuation"), ("po", "otherpunctuation"),
        ("sm", "mathsymbol"), ("sc", "currencysymbol"), ("sk", "modifiersymbol"), ("so", "othersymbol"), ("cn", "unassigned"),
    ];

    private static readonly Dictionary<string, string> Groups = new()
    {
        ["letter"] = "l", ["mark"] = "m", ["combiningmark"] = "m", ["number"] = "n", ["punctuation"] = "p", ["symbol"] = "s",
        ["separator"] = "z", ["other"] = "c",
    };

    /// <summary>The set that <paramref name="name"/> stands for.</summary>
    /// <exception cref="NotSupportedException">A property that is not known here.</exception>
    internal static CharacterSet Find(string name)
    {
        string key = Fold(name);
        int equals = name.IndexOf('=', StringComparison.Ordinal);
        if (equals >= 0) key = Fold(name[(equals + 1)..]);
        else if (key.StartsWith("is", StringComparison.Ordinal) && key.Length > 2 && Lookup(key) is null) key = key[2..];
        return Lookup(key) ?? throw new NotSupportedException($"The pattern asks for the Unicode property '{Vocabulary.Show(name)}', which is not known here.");
    }

    private static CharacterSet? Lookup(string key)
    {
        uint mask = CategoryMask(key);
        if (mask != 0) return new CharacterSet(c => (mask >> (int)CodePoints.Category(c) & 1) != 0);
        CharacterSet? named = Named(key);
        if (named is not null) return named;
        foreach ((string script, string ranges) in ScriptTables.Ranges)
            if (Fold(script) == key) return FromRanges(ranges);
        return null;
    }

    private static uint CategoryMask(string key)
    {
        if (Groups.TryGetValue(key, out string? group)) key = group;
        if (key == "lc") return 0b111;
        uint mask = 0;
        for (int i = 0; i < Categories.Length; i++)
            if (Categories[i].Short == key || Categories[i].Long == key || (key.Length == 1 && Categories[i].Short[0] == key[0])) mask |= 1u << i;
        return mask;
    }

    private static CharacterSet? Named(string key) => key switch
    {
        "any" => CharacterSet.Any,
        "ascii" => new CharacterSet(c => c < 0x80),
        "assigned" => new CharacterSet(c => CodePoints.Category(c) != UnicodeCategory.OtherNotAssigned),
        "whitespace" or "space" => CharacterSet.WhiteSpace,
        "blank" => new CharacterSet(c => c == '\t' || CodePoints.Category(c) == UnicodeCategory.SpaceSeparator),
        "word" => CharacterSet.Word,
        "digit" => CharacterSet.Digit,
        "xdigit" => CharacterSet.HexDigit,
        "cntrl" => new CharacterSet(c => CodePoints.Category(c) == UnicodeCategory.Control),
        "alpha" or "alphabetic" => new CharacterSet(c => CodePoints.IsWord(c) && CodePoints.Category(c)
            is not (UnicodeCategory.DecimalDigitNumber or UnicodeCategory.ConnectorPunctuation or UnicodeCategory.EnclosingMark)),
        "alnum" => new CharacterSet(c => CodePoints.IsWord(c) && CodePoints.Category(c) != UnicodeCategory.ConnectorPunctuation),
        "upper" or "uppercase" => new CharacterSet(c => CodePoints.Category(c) == UnicodeCategory.UppercaseLetter),
        "lower" or "lowercase" => new CharacterSet(c => CodePoints.Category(c) == UnicodeCategory.LowercaseLetter),
        // POSIX [[:punct:]] counts the ASCII symbols in; \p{Punct} as the category's name is "p" or "punctuation".
        "punct" => new CharacterSet(CodePoints.IsPunctuation),
        "graph" => new CharacterSet(c => !CodePoints.IsWhiteSpace(c) && CodePoints.Category(c)
            is not (UnicodeCategory.Control or UnicodeCategory.Surrogate or UnicodeCategory.OtherNotAssigned)),
        "print" => new CharacterSet(c => CodePoints.Category(c)
            is not (UnicodeCategory.Control or UnicodeCategory.Surrogate or UnicodeCategory.OtherNotAssigned)),
        _ => null,
    };

    private static CharacterSet FromRanges(string text)
    {
        (int First, int Last)[] ranges = [.. text.Split(' ').Select(x => UnicodeNormalizer.Range(x))];
        return new CharacterSet(c =>
        {
            int low = 0, high = ranges.Length - 1;
            while (low <= high)
            {
                int middle = (low + high) / 2;
                if (c < ranges[middle].First) high = middle - 1;
                else if (c > ranges[middle].Last) low = middle + 1;
                else return true;
            }
            return false;
        });
    }

    private static string Fold(string name)
        => name.Replace("_", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal).ToLowerInvariant();
}
