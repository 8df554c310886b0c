using System.Text;
using Lapwing.Text.Tokenizers;

namespace Lapwing.Text.Tests.Tokenizers;

/// <summary>A megabyte without a space, in every model: linear algorithms finish at once, quadratic ones never.</summary>
public class LongTextTests
{
    private const int Length = 1_000_000;

    public static TheoryData<string> Kinds { get; } = ["one letter", "letters", "digits", "cjk", "emoji", "marks", "newlines", "spaces", "control"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_megabyte_is_spelled(string kind)
    {
        var random = new Random(1);
        string text = kind switch
        {
            "one letter" => new string('e', Length),
            "letters" => Build(() => 'a' + random.Next(26)),
            "digits" => Build(() => '0' + random.Next(10)),
            "cjk" => Build(() => 0x4E00 + random.Next(20_000)),
            "emoji" => Build(() => 0x1F600 + random.Next(64)),
            "marks" => "a" + Build(() => 0x300 + random.Next(0x30)),
            "newlines" => new string('\n', Length),
            "spaces" => new string(' ', Length) + "x",
            _ => string.Concat(Enumerable.Repeat("<|im_", Length / 5)),
        };
        foreach (GgufVocabulary vocabulary in SmallVocabularies.All)
        {
            Tokenizer tokenizer = TokenizerFactory.FromGguf(vocabulary);
            int[] ids = tokenizer.Encode(text);
            if (vocabulary.Model is "gpt2" or "llama" or "gemma4") Assert.Equal(text, tokenizer.Decode(ids, skipSpecial: true));
        }

        string Build(Func<int> next)
        {
            var builder = new StringBuilder(Length);
            while (builder.Length < Length) builder.Append(char.ConvertFromUtf32(next()));
            return builder.ToString();
        }
    }

    [Fact]
    public void Every_named_pre_tokenizer_cuts_long_runs_in_linear_time()
    {
        string[] texts = [new('7', 200_000), new('A', 200_000), new string(' ', 200_000) + "a", new('\n', 200_000), new('!', 200_000), string.Concat(Enumerable.Repeat("aB", 100_000)), string.Concat(Enumerable.Repeat("7a", 100_000)), string.Concat(Enumerable.Repeat("漢a\u0301", 60_000))];
        foreach (PreTokenizerKind kind in PreTokenizers.All)
        {
            IReadOnlyList<PreTokenizer> steps = PreTokenizers.Steps(kind);
            foreach (string text in texts)
            {
                int[] points = CodePoints.From(text);
                var workspace = new Workspace();
                workspace.Pieces.Add(new Piece(points, 0, points.Length, AtStart: true));
                PreTokenizer.Run(steps, workspace);
                Assert.Equal(points.Length, workspace.Pieces.Sum(p => p.Length));
            }
        }
    }
}
