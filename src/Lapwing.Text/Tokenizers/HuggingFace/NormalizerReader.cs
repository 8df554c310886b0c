using System.Text;
using System.Text.Json;

namespace Lapwing.Text.Tokenizers;

/// <summary>The <c>normalizer</c> of tokenizer.json.</summary>
internal static class NormalizerReader
{
    internal static List<Normalizer> Read(JsonElement? element)
    {
        var steps = new List<Normalizer>();
        if (element is { } value) Add(value, steps);
        return steps;
    }

    private static void Add(JsonElement element, List<Normalizer> steps)
    {
        string type = element.Text("type");
        switch (type)
        {
            case "Sequence":
                foreach (JsonElement item in element.Items("normalizers")) Add(item, steps);
                break;
            case "NFC": steps.Add(new UnicodeFormNormalizer(NormalizationForm.FormC)); break;
            case "NFD": steps.Add(new UnicodeFormNormalizer(NormalizationForm.FormD)); break;
            case "NFKC": steps.Add(new UnicodeFormNormalizer(NormalizationForm.FormKC)); break;
            case "NFKD": steps.Add(new UnicodeFormNormalizer(NormalizationForm.FormKD)); break;
            case "Lowercase": steps.Add(new LowercaseNormalizer()); break;
            case "StripAccents": steps.Add(new StripAccentsNormalizer()); break;
            case "ByteLevel": steps.Add(new ByteSpellingNormalizer()); break;
            case "Nmt": steps.Add(new NmtNormalizer()); break;
            case "Prepend": steps.Add(new PrependNormalizer(element.Text("prepend"))); break;
            case "Strip":
                steps.Add(new StripNormalizer(element.Flag("strip_left", true), element.Flag("strip_right", true)));
                break;
            case "Replace":
                (string? literal, string? regex) = Pattern(element);
                steps.Add(new ReplaceNormalizer(literal, regex is null ? null : new Pattern(regex), element.Text("content")));
                break;
            case "BertNormalizer":
                bool lowercase = element.Flag("lowercase", true);
                steps.Add(new BertNormalizer(element.Flag("clean_text", true), element.Flag("handle_chinese_chars", true),
                    element.OptionalFlag("strip_accents") ?? lowercase, lowercase));
                break;
            case "Precompiled":
                AddPrecompiled(element, steps);
                break;
            default:
                throw new NotSupportedException($"tokenizer.json asks for the normaliser '{Vocabulary.Show(type)}', which is not known here.");
        }
    }

    private static void AddPrecompiled(JsonElement element, List<Normalizer> steps)
    {
        if (element.OptionalText("precompiled_charsmap") is not { Length: > 0 } text) return;
        byte[] data = new byte[text.Length];
        if (!Convert.TryFromBase64String(text, data, out int length)) throw JsonReading.Bad("precompiled_charsmap", "base64");
        steps.Add(new PrecompiledNormalizer(new CharacterMap(data.AsSpan(0, length)), data.AsMemory(0, length)));
    }

    /// <summary>A pattern is <c>{"String": …}</c>, meant literally, or <c>{"Regex": …}</c>.</summary>
    internal static (string? Literal, string? Regex) Pattern(JsonElement element)
    {
        JsonElement pattern = element.Need("pattern");
        if (pattern.ValueKind == JsonValueKind.String) return (JsonReading.AsText(pattern, "pattern"), null);
        return pattern.OptionalText("String") is { } literal ? (literal, null) : (null, pattern.Text("Regex"));
    }
}

/// <summary>The clean-up of neural machine translation (SentencePiece's <c>nmt</c>): control characters go, odd spaces become spaces.</summary>
internal sealed class NmtNormalizer : Normalizer
{
    internal override string Apply(string text)
    {
        var builder = new StringBuilder(text.Length);
        foreach (char c in text)
        {
            if (c is (>= '\x01' and <= '\x08') or '\x0B' or (>= '\x0E' and <= '\x1F') or '\x7F' or '\x8F' or '\x9F') continue;
            builder.Append(c is '\t' or '\n' or '\f' or '\r' or '\u1680' or (>= '\u200B' and <= '\u200F') or '\u2028' or '\u2029' or '\u2581' or '\uFEFF' or '\uFFFD' ? ' ' : c);
        }
        return builder.ToString();
    }
}
