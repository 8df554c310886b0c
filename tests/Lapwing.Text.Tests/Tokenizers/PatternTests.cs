using System.Text.RegularExpressions;
using CsCheck;
using Lapwing.Text.Tokenizers;

namespace Lapwing.Text.Tests.Tokenizers;

/// <summary>The pattern engine against .NET's where that one is right (no astral characters), and by known answers where it is not.</summary>
public class PatternTests
{
    // What pre-tokenizers part by: letters of several kinds and cases, marks, numbers, punctuation, symbols, every kind of white space.
    private static readonly string[] Parts =
    [
        "a", "b", "Z", "s", "ll", "'s", "'RE", "'", " ", "  ", "\t", "\n", "\r\n", "\r", "1", "23", "4567", "½", "٣", "é", "e\u0301", "Ä", "ß", "你", "好", "か", "ん",
        "가", "ǅ", "ʰ", "!", "?", "...", "$", "+", "<|", "_", "-", "/", "«", "。", "\u00A0", "\u3000", "\u2028", "\u0085", "\u200D", "\u0300", "\u0E33", "\u0000", "ſ",
    ];

    private static readonly Gen<string> Text = Gen.Int[0, Parts.Length - 1].Select(i => Parts[i]).Array[0, 30].Select(string.Concat);

    public static TheoryData<string> Patterns
    {
        get
        {
            var data = new TheoryData<string>();
            foreach (string pattern in PreTokenizers.All.SelectMany(k => k.Patterns).Distinct())
            {
                // Script names, class intersection, POSIX names and eight-digit escapes are beyond .NET.
                if (pattern.Contains("Han}", StringComparison.Ordinal) || pattern.Contains(@"\U", StringComparison.Ordinal) || pattern.StartsWith('<')) continue;
                data.Add(pattern);
            }
            foreach (string pattern in (string[])
                     [
                         @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|\p{L}+", @"a*?b", @"(?>a+)b", @"(?<=a)b+", @"(?<!a)b", @"(a|ab)(c|bcd)*", @"(?:a?b?)*c", @"^\s+", @"\bs\w*", @"[^\W\d]+",
                         @"(?:\s{2,3}|\S)(?=\s|$)", @"x{0}a{2}", @"\p{Lu}?\p{Ll}+(?:\p{M}|\d)*",
                     ])
                data.Add(pattern);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Patterns))]
    public void Matches_are_those_of_the_other_engine(string source)
    {
        var mine = new Pattern(source);
        // Ruby's syntax has ^ and $ at lines; there \w counts all letter numbers, here the texts hold none.
        var theirs = new Regex(source, RegexOptions.CultureInvariant | RegexOptions.Multiline);
        Text.Sample(text =>
        {
            // .NET counts the joiner as a word character where \b asks.
            if (source.Contains(@"\b", StringComparison.Ordinal)) text = text.Replace("\u200D", "", StringComparison.Ordinal);
            if (source.Contains(@"(?i", StringComparison.Ordinal)) text = text.Replace("ſ", "s", StringComparison.Ordinal);
            (int, int)[] want = [.. theirs.Matches(text).Where((m, i) => m.Length > 0 || !EndsAt(theirs, text, m.Index)).Select(m => (m.Index, m.Index + m.Length))];
            Assert.Equal(want, Matches(mine, text));
        }, iter: 300);
    }

    /// <summary>A match of nothing right behind another is left out, as in Oniguruma.</summary>
    private static bool EndsAt(Regex regex, string text, int at) => regex.Matches(text).Any(m => m.Length > 0 && m.Index + m.Length == at);

    [Theory]
    [InlineData(@"\p{L}+", "𝐀𝐁c𐐨 1", "𝐀𝐁c𐐨")]
    [InlineData(@"\p{Lu}", "a𐐀", "𐐀")]
    [InlineData(@"(?i:𐐀+)", "𐐀𐐨", "𐐀𐐨")]
    [InlineData(@"\p{Han}+", "漢字かな𠀀", "漢字|𠀀")]
    [InlineData(@"[\p{L}&&[^\p{Han}]]+", "ab漢字cd", "ab|cd")]
    [InlineData(@"[[:punct:]]+", "a$+!b_«", "$+!|_«")]
    [InlineData(@"[a-c[x-z]]+", "abxyq", "abxy")]
    [InlineData(@"\x{1F600}|\u0041|\x42", "😀AB", "😀|A|B")]
    [InlineData(@"[^\r\n\p{L}\p{N}]?+\p{L}+", " ab!cd", " ab|!cd")]
    [InlineData(@"a++b|a", "aaab", "aaab")]
    [InlineData(@"\h+", "xyz12ff", "12ff")]
    [InlineData(@"(?i)ab|cd", "AB CD", "AB|CD")]
    [InlineData(@"(?i:a)b", "AbAB", "Ab")]
    [InlineData(@"(?x) a b # note", "ab", "ab")]
    [InlineData(@"[]a]+", "]a", "]a")]
    [InlineData(@"\R", "a\r\nb\n", "\r\n|\n")]
    [InlineData(@"(?<name>a)(?P<other>b)", "ab", "ab")]
    [InlineData(@"\p{^L}+", "a12", "12")]
    [InlineData(@"\P{L}+", "a12", "12")]
    [InlineData(@"\p{Script=Cyrillic}+", "aда", "да")]
    public void Oniguruma_constructs_work(string pattern, string text, string want)
        => Assert.Equal(want.Split('|'), Matches(new Pattern(pattern), text, texts: true));

    [Theory]
    [InlineData("(")]
    [InlineData(")")]
    [InlineData("[a")]
    [InlineData("[b-a]")]
    [InlineData("*a")]
    [InlineData("a{2")]
    [InlineData("\\")]
    [InlineData(@"\p{L")]
    [InlineData(@"\x{110000}")]
    [InlineData("a{999999999}")]
    [InlineData(@"(a)\1")]
    [InlineData(@"\p{NoSuchThing}")]
    [InlineData(@"(?<=a*)b")]
    [InlineData(@"(?&name)")]
    [InlineData(@"((a{1000}b){1000}){1000}")]
    public void A_bad_pattern_is_refused_in_words(string pattern)
    {
        if (pattern == "a{2") Assert.Single(Matches(new Pattern(pattern), "a{2"));
        else
        {
            Exception e = Assert.ThrowsAny<Exception>(() => new Pattern(pattern));
            Assert.True(e is InvalidDataException or NotSupportedException, e.GetType().Name);
            Assert.Contains("pattern", e.Message, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public void Deep_nesting_is_refused_before_the_stack_ends()
    {
        foreach (string open in (string[])["(", "(?:", "[", "(?i)", "(?=", "a|("])
            Assert.ThrowsAny<Exception>(() => new Pattern(string.Concat(Enumerable.Repeat(open, 100_000))));
        Assert.ThrowsAny<Exception>(() => new Pattern("a" + new string('*', 100_000)));
    }

    [Theory]
    [InlineData(@"(a+)+$", 'a')]
    [InlineData(@"(a|aa)+$", 'a')]
    [InlineData(@"(?:a*)*b", 'a')]
    [InlineData(@"(?:\s|\s+)+x", ' ')]
    public void An_explosive_pattern_stays_linear(string pattern, char c)
    {
        string text = new string(c, 5_000) + "!";
        Assert.Equal(-1, new Pattern(pattern).MatchAt(CodePoints.From(text), 0));
    }

    [Fact]
    public void A_long_run_needs_no_deep_stack()
    {
        string text = new('x', 1_000_000);
        Assert.Equal(text.Length, new Pattern(@"(?:(?=\p{L})[^0-9])+").MatchAt(CodePoints.From(text), 0));
    }

    private static (int, int)[] Matches(Pattern pattern, string text)
    {
        var found = new List<(int, int)>();
        var matcher = new PatternMatcher();
        pattern.Matches(CodePoints.From(text), ref matcher, found);
        return [.. found];
    }

    private static string[] Matches(Pattern pattern, string text, bool texts)
    {
        int[] points = CodePoints.From(text);
        return [.. Matches(pattern, text).Where(_ => texts).Select(m => CodePoints.ToText(points.AsSpan(m.Item1, m.Item2 - m.Item1)))];
    }
}
