using System.Text;
using CsCheck;

namespace Lapwing.Generation.Tests;

public class StopStringsTests
{
    private static string Run(StopStrings watch, IEnumerable<string> pieces, string[] stops)
    {
        var shown = new StringBuilder();
        int seen = 0;
        foreach (string piece in pieces)
        {
            seen += piece.Length;
            shown.Append(watch.Push(piece));
            string text = string.Concat(pieces)[..seen];
            if (watch.Stopped) break;
            // What is held back is the beginning of a stop string, or half a character before that.
            string held = text[shown.Length..];
            Assert.True(held.Length == 0 || char.IsHighSurrogate(held[0]) || stops.Any(s => s.Length > held.Length && s.StartsWith(held, StringComparison.Ordinal)));
            Assert.False(shown.Length > 0 && char.IsHighSurrogate(shown[^1]));
        }

        shown.Append(watch.Flush());
        return shown.ToString();
    }

    // By definition: the first end at which a stop string is complete, the longest of those that end there.
    private static (string Text, string? Match) Naive(string text, string[] stops)
    {
        for (int end = 1; end <= text.Length; end++)
        {
            string? match = stops.Where(s => text.AsSpan(0, end).EndsWith(s, StringComparison.Ordinal)).MaxBy(s => s.Length);
            if (match is not null) return (text[..(end - match.Length)], match);
        }

        return (text, null);
    }

    // Two emoji share their high surrogate.
    private static readonly Gen<string> Character = Gen.Int[0, 5].Select(i => new[] { "a", "b", "c", "é", "😀", "😁" }[i]);

    private static readonly Gen<string> Letters = Character.Array[1, 5].Select(string.Concat);

    [Fact]
    public void However_the_text_is_cut_the_result_is_the_naive_one()
    {
        var gen = Gen.Select(Letters.Array[0, 5], Character.Array[0, 40].Select(string.Concat), Gen.Int[1, 4].Array[60]);
        gen.Sample((stops, text, cuts) =>
        {
            var pieces = new List<string>();
            for (int at = 0, i = 0; at < text.Length; i++)
            {
                int n = Math.Min(cuts[i], text.Length - at); // cuts surrogate pairs too
                pieces.Add(text.Substring(at, n));
                at += n;
            }

            var watch = new StopStrings(stops);
            (string expected, string? match) = Naive(text, stops);
            for (int again = 0; again < 2; again++)
            {
                Assert.Equal(expected, Run(watch, pieces, stops));
                Assert.Equal(match, watch.Matched);
                watch.Reset();
            }
        }, iter: 3000);
    }

    [Fact]
    public void The_beginning_of_a_stop_string_is_held_back_until_it_is_none()
    {
        var watch = new StopStrings(["</end>"]);
        Assert.Equal("x", watch.Push("x</").ToString());
        Assert.Equal("", watch.Push("en").ToString());
        Assert.Equal("</en", watch.Push("</e").ToString());
        Assert.Equal("", watch.Push("nd>tail").ToString());
        Assert.Equal("</end>", watch.Matched);
        Assert.Equal("", watch.Push("more").ToString());
        Assert.Equal("", watch.Flush().ToString());
    }

    [Fact]
    public void Without_stop_strings_all_text_passes_at_once()
    {
        var watch = new StopStrings([]);
        Assert.Equal("anything", watch.Push("anything").ToString());
        Assert.False(watch.Stopped);
    }

    [Fact]
    public void Empty_or_broken_stop_strings_are_refused()
    {
        Assert.Throws<ArgumentException>(() => new StopStrings([""]));
        Assert.Throws<ArgumentException>(() => new StopStrings(["a\ud83d"]));
        Assert.Throws<ArgumentException>(() => new StopStrings(["\ude00b"]));
    }

    [Fact]
    public void Watching_allocates_nothing()
    {
        var watch = new StopStrings(["</end>", "\n\n", "User:"]);
        for (int i = 0; i < 100; i++) watch.Push(" some <piece\nUse");
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 10_000; i++) watch.Push(" some <piece\nUse");
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }
}
