using System.Text;

namespace Lapwing.Text.Tokenizers;

/// <summary>
/// Text from tokens as they come, in whole characters only: bytes of a character that is not complete wait for the next token. Not for several threads.
/// </summary>
public sealed class StreamingDecoder
{
    private readonly Tokenizer _tokenizer;
    private readonly bool _skipSpecial;
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();
    private int _leadingSpaces;
    private char[] _buffer = new char[64];

    internal StreamingDecoder(Tokenizer tokenizer, bool continuation, bool skipSpecial)
    {
        (_tokenizer, _skipSpecial) = (tokenizer, skipSpecial);
        _leadingSpaces = continuation ? 0 : tokenizer.LeadingSpaces;
    }

    /// <summary>What <paramref name="id"/> completes: text of whole characters, often empty.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No such id.</exception>
    public string Next(int id) => new(Step(id));

    /// <summary>Appends to <paramref name="builder"/> what <paramref name="id"/> completes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">No such id.</exception>
    public void Next(int id, StringBuilder builder) => builder.Append(Step(id));

    /// <summary>The end of the stream: a character that never became whole is U+FFFD. The decoder can go on from here.</summary>
    public string Flush()
    {
        int count = _decoder.GetChars([], _buffer, flush: true);
        return new string(_buffer, 0, count);
    }

    private ReadOnlySpan<char> Step(int id)
    {
        ReadOnlySpan<byte> bytes = _tokenizer.TokenBytes(id);
        if (_skipSpecial && _tokenizer.IsSpecial(id)) return [];
        while (_leadingSpaces > 0 && !bytes.IsEmpty && bytes[0] == ' ')
        {
            bytes = bytes[1..];
            _leadingSpaces--;
        }
        // Only the first token with text can carry them.
        _leadingSpaces = 0;
        if (_buffer.Length < bytes.Length + 8) _buffer = new char[bytes.Length * 2];
        return _buffer.AsSpan(0, _decoder.GetChars(bytes, _buffer, flush: false));
    }
}

/// <summary>Transformers' <c>clean_up_tokenization</c>.</summary>
internal static class TextCleanUp
{
    private static readonly (string From, string To)[] Rules =
    [
        (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
    ];

    internal static string Apply(string text)
    {
        foreach ((string from, string to) in Rules) text = text.Replace(from, to, StringComparison.Ordinal);
        return text;
    }
}
