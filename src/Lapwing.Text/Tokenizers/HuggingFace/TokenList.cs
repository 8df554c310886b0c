using System.Text;
using System.Text.Json;

namespace Lapwing.Text.Tokenizers;

/// <summary>The tokens of tokenizer.json by id: the model's vocabulary and what was added to it.</summary>
internal sealed class TokenList
{
    // Ids beyond this many times the number of tokens would make a hostile file of a few bytes claim gigabytes.
    private const int MaximumSparsity = 4, AlwaysAllowed = 1 << 16;

    private readonly Dictionary<string, int> _ids = [];
    private readonly Dictionary<int, string> _texts = [];
    private readonly Dictionary<int, TokenKind> _kinds = [];
    private readonly Dictionary<int, double> _scores = [];

    internal List<(AddedToken Token, bool Normalized, bool Special)> Added { get; } = [];

    internal int? Find(string text) => _ids.TryGetValue(text, out int id) ? id : null;

    internal void Add(string text, int id, double score = 0)
    {
        if (id < 0) throw JsonReading.Bad("vocab", $"numbered from 0: '{Vocabulary.Show(text)}' has {id}");
        if (!_ids.TryAdd(text, id)) throw JsonReading.Bad("vocab", $"free of repetition: '{Vocabulary.Show(text)}' stands there twice");
        if (!_texts.TryAdd(id, text)) throw JsonReading.Bad("vocab", $"free of repetition: id {id} is both '{Vocabulary.Show(_texts[id])}' and '{Vocabulary.Show(text)}'");
        _scores[id] = score;
    }

    internal void ReadAdded(JsonElement root)
    {
        if (root.Member("added_tokens") is not { } list) return;
        foreach (JsonElement item in JsonReading.AsItems(list, "added_tokens"))
        {
            string text = item.Text("content");
            if (text.Length == 0) continue;
            int id = Find(text) ?? item.Integer("id");
            if (Find(text) is null) Add(text, id);
            bool special = item.Flag("special", false);
            _kinds[id] = special ? TokenKind.Control : TokenKind.UserDefined;
            Added.Add((new AddedToken(text, id, item.Flag("lstrip", false), item.Flag("rstrip", false), item.Flag("single_word", false)),
                item.Flag("normalized", !special), special));
        }
    }

    internal void SetKind(int id, TokenKind kind) => _kinds[id] = kind;

    internal Vocabulary ToVocabulary(bool byteTokens, bool scores)
    {
        if (_texts.Count == 0) throw new InvalidDataException("The vocabulary of tokenizer.json is empty: a tokenizer needs at least one token.");
        int last = _texts.Keys.Max();
        if (last > AlwaysAllowed + MaximumSparsity * (long)_texts.Count)
            throw new InvalidDataException($"tokenizer.json has {_texts.Count} tokens but an id of {last}: the file is damaged.");
        var texts = new ReadOnlyMemory<byte>[last + 1];
        var kinds = new TokenKind[last + 1];
        for (int id = 0; id <= last; id++)
        {
            if (!_texts.TryGetValue(id, out string? text))
            {
                kinds[id] = TokenKind.Unused;
                continue;
            }
            texts[id] = Encoding.UTF8.GetBytes(text);
            kinds[id] = _kinds.TryGetValue(id, out TokenKind kind) ? kind
                : byteTokens && Vocabulary.ByteOf(texts[id].Span) >= 0 ? TokenKind.Byte : TokenKind.Normal;
        }
        return new Vocabulary(texts, kinds, scores ? [.. Enumerable.Range(0, last + 1).Select(id => (float)_scores.GetValueOrDefault(id))] : null);
    }

    internal double[] Scores(int count) => [.. Enumerable.Range(0, count).Select(id => _scores.GetValueOrDefault(id))];
}
