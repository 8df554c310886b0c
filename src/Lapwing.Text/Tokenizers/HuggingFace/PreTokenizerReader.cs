using System.Text;
using System.Text.Json;

namespace Lapwing.Text.Tokenizers;

/// <summary>The <c>pre_tokenizer</c> of tokenizer.json.</summary>
internal static class PreTokenizerReader
{
    internal static List<PreTokenizer> Read(JsonElement? element)
    {
        var steps = new List<PreTokenizer>();
        if (element is { } value) Add(value, steps);
        return steps;
    }

    private static void Add(JsonElement element, List<PreTokenizer> steps)
    {
        string type = element.Text("type");
        switch (type)
        {
            case "Sequence":
                foreach (JsonElement item in element.Items("pretokenizers")) Add(item, steps);
                break;
            case "ByteLevel":
                if (element.Flag("add_prefix_space", true)) steps.Add(new PrefixSpaceStep());
                if (element.Flag("use_regex", true)) steps.Add(PreTokenizers.Step(PreTokenizers.Gpt2));
                steps.Add(new ByteSpellingStep());
                break;
            case "BertPreTokenizer": steps.AddRange(GgufTokenizerBuilder.BertSteps()); break;
            case "Whitespace": steps.Add(new SplitStep(new Pattern(@"\w+|[^\w\s]+"), SplitBehavior.Removed, invert: true)); break;
            case "WhitespaceSplit": steps.Add(new SplitStep(new Pattern(@"\s+"), SplitBehavior.Removed)); break;
            case "Digits":
                steps.Add(PreTokenizers.Step(element.Flag("individual_digits", false) ? @"\p{N}" : @"\p{N}+"));
                break;
            case "Punctuation":
                steps.Add(new SplitStep(new Pattern("[[:punct:]]"), Behavior(element, "Isolated")));
                break;
            case "CharDelimiterSplit":
                steps.Add(new SplitStep(new Pattern(Escape(element.Text("delimiter"))), SplitBehavior.Removed));
                break;
            case "FixedLength":
                int length = element.Member("length") is { } l ? JsonReading.AsInteger(l, "length") : 5;
                steps.Add(new FixedLengthStep(length > 0 ? length : throw JsonReading.Bad("length", "positive")));
                break;
            case "Metaspace": steps.Add(Metaspace(element)); break;
            case "Split": AddSplit(element, steps); break;
            default:
                throw new NotSupportedException($"tokenizer.json asks for the pre-tokenizer '{Vocabulary.Show(type)}', which is not known here.");
        }
    }

    private static void AddSplit(JsonElement element, List<PreTokenizer> steps)
    {
        (string? literal, string? regex) = NormalizerReader.Pattern(element);
        bool invert = element.Flag("invert", false);
        SplitBehavior behavior = Behavior(element, null);
        if (literal is { Length: 0 }) return;
        string source = regex ?? Escape(literal!);
        // Removing everything but the matches is how some tokenizers say "isolate" with a pattern that matches everything.
        steps.Add(behavior == SplitBehavior.Isolated ? PreTokenizers.Step(source) : new SplitStep(new Pattern(source), behavior, invert));
    }

    internal static MetaspaceStep Metaspace(JsonElement element)
    {
        string mark = element.OptionalText("replacement") ?? "▁";
        int[] points = CodePoints.From(mark);
        if (points.Length != 1) throw JsonReading.Bad("replacement", "one character");
        PrependScheme scheme = element.OptionalText("prepend_scheme") switch
        {
            "always" => PrependScheme.Always,
            "first" => PrependScheme.First,
            "never" => PrependScheme.Never,
            null => element.Flag("add_prefix_space", true) ? PrependScheme.Always : PrependScheme.Never,
            { } other => throw JsonReading.Bad("prepend_scheme", $"always, first or never but '{Vocabulary.Show(other)}'"),
        };
        return new MetaspaceStep(points[0], scheme, element.Flag("split", true));
    }

    private static SplitBehavior Behavior(JsonElement element, string? otherwise) => (element.OptionalText("behavior") ?? otherwise) switch
    {
        "Removed" => SplitBehavior.Removed,
        "Isolated" => SplitBehavior.Isolated,
        "MergedWithPrevious" => SplitBehavior.MergedWithPrevious,
        "MergedWithNext" => SplitBehavior.MergedWithNext,
        "Contiguous" => SplitBehavior.Contiguous,
        null => throw JsonReading.Bad("behavior", "there, and it must be"),
        { } other => throw new NotSupportedException($"tokenizer.json splits with the behaviour '{Vocabulary.Show(other)}', which is not known here."),
    };

    /// <summary>A pattern that matches <paramref name="text"/> literally.</summary>
    private static string Escape(string text)
    {
        var builder = new StringBuilder();
        foreach (Rune rune in text.EnumerateRunes())
            builder.Append(Rune.IsLetterOrDigit(rune) ? rune.ToString() : $"\\x{{{rune.Value:X}}}");
        return builder.ToString();
    }
}
