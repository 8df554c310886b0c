using System.Text;
using System.Text.Json;

namespace Lapwing.Text.Tokenizers;

/// <summary>
/// The <c>decoder</c> of tokenizer.json, worked out once for every token: what each adds to a text that goes on, and how many spaces the start of a text
/// loses. Steps behind <c>Fuse</c>, which see the whole text, are taken where they can be told token by token.
/// </summary>
internal sealed class DecoderReader
{
    private readonly List<Func<string, string>> _texts = [];
    private Func<string, byte[]?>? _bytes;
    private bool _fused;

    /// <summary>Spaces that the beginning of a text loses.</summary>
    internal int LeadingSpaces { get; private set; }

    internal static DecoderReader Read(JsonElement? element)
    {
        var reader = new DecoderReader();
        if (element is { } value) reader.Add(value);
        else
        {
            // Without a decoder, tokens are words.
            reader._texts.Add(t => " " + t);
            reader.LeadingSpaces = 1;
        }
        return reader;
    }

    /// <summary>What the token spelled <paramref name="text"/> adds.</summary>
    internal ReadOnlyMemory<byte> Bytes(string text)
    {
        foreach (Func<string, string> step in _texts) text = step(text);
        return _bytes?.Invoke(text) ?? Encoding.UTF8.GetBytes(text);
    }

    private void Add(JsonElement element)
    {
        string type = element.Text("type");
        switch (type)
        {
            case "Sequence":
                foreach (JsonElement item in element.Items("decoders")) Add(item);
                break;
            case "Fuse": _fused = true; break;
            case "ByteLevel": _bytes = t => ByteAlphabet.Read(Encoding.UTF8.GetBytes(t)); break;
            case "ByteFallback": _bytes = t => Vocabulary.ByteOf(Encoding.UTF8.GetBytes(t)) is >= 0 and int value ? [(byte)value] : null; break;
            case "Replace":
                (string? literal, string? regex) = NormalizerReader.Pattern(element);
                _texts.Add(new ReplaceNormalizer(literal, regex is null ? null : new Pattern(regex), element.Text("content")).Apply);
                break;
            case "Strip": AddStrip(element); break;
            case "Metaspace":
                MetaspaceStep metaspace = PreTokenizerReader.Metaspace(element);
                string mark = CodePoints.ToText([metaspace.Replacement]);
                _texts.Add(t => t.Replace(mark, " ", StringComparison.Ordinal));
                LeadingSpaces = metaspace.Scheme == PrependScheme.Never ? 0 : int.MaxValue;
                break;
            case "WordPiece": AddWordPiece(element.OptionalText("prefix") ?? "##", element.Flag("cleanup", true)); break;
            case "BPEDecoder":
                string suffix = element.OptionalText("suffix") ?? "</w>";
                _texts.Add(t => suffix.Length == 0 ? t : t.Replace(suffix, " ", StringComparison.Ordinal));
                break;
            default:
                throw new NotSupportedException($"tokenizer.json asks for the decoder '{Vocabulary.Show(type)}', which is not known here.");
        }
    }

    private void AddStrip(JsonElement element)
    {
        string content = element.Text("content");
        int start = element.Integer("start"), stop = element.Integer("stop");
        if (_fused)
        {
            if (content == " ") LeadingSpaces = start;
            return;
        }
        _texts.Add(t =>
        {
            for (int i = 0; i < start && content.Length > 0 && t.StartsWith(content, StringComparison.Ordinal); i++) t = t[content.Length..];
            for (int i = 0; i < stop && content.Length > 0 && t.EndsWith(content, StringComparison.Ordinal); i++) t = t[..^content.Length];
            return t;
        });
    }

    private void AddWordPiece(string prefix, bool cleanUp)
    {
        LeadingSpaces = 1;
        _texts.Add(t =>
        {
            t = prefix.Length > 0 && t.StartsWith(prefix, StringComparison.Ordinal) ? t[prefix.Length..] : " " + t;
            return cleanUp ? TextCleanUp.Apply(t) : t;
        });
    }
}
