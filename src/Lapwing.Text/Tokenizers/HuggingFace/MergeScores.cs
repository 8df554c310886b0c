using System.Text;

namespace Lapwing.Text.Tokenizers;

/// <summary>
/// Scores that make SentencePiece's BPE do what a list of merges does. It joins any two neighbours whose text is a token, best score first; a list says
/// the same when it has every way to make each token, and those ways stand together.
/// </summary>
internal static class MergeScores
{
    /// <summary>The scores by id, or null and the reason.</summary>
    internal static float[]? From(JsonModel model, out string? why)
    {
        Vocabulary vocabulary = model.Vocabulary;
        int[] order = new int[vocabulary.Count];
        Array.Fill(order, -1);
        var ways = new HashSet<(int, int)>();
        int next = 0, last = -1;
        foreach ((string left, string right) in model.Merges)
        {
            int result = vocabulary.Find(left + right);
            ways.Add((vocabulary.Find(left), vocabulary.Find(right)));
            if (result == last) continue;
            if (order[result] >= 0)
            {
                why = $"the merges into '{Vocabulary.Show(vocabulary.Text(result))}' do not stand together";
                return null;
            }
            order[result] = next++;
            last = result;
        }
        var symbols = new HashSet<int>();
        for (int id = 0; id < vocabulary.Count; id++)
            if (order[id] >= 0 || IsCharacter(vocabulary, id)) symbols.Add(id);
        for (int id = 0; id < vocabulary.Count; id++)
        {
            if (vocabulary.Kind(id) != TokenKind.Normal || IsCharacter(vocabulary, id)) continue;
            ReadOnlySpan<byte> text = vocabulary.Text(id);
            for (int cut = 1; cut < text.Length; cut++)
            {
                int left = vocabulary.Find(text[..cut]), right = vocabulary.Find(text[cut..]);
                if (left < 0 || right < 0 || !symbols.Contains(left) || !symbols.Contains(right) || ways.Contains((left, right))) continue;
                why = $"'{Vocabulary.Show(text)}' could also be made of '{Vocabulary.Show(text[..cut])}' and '{Vocabulary.Show(text[cut..])}'";
                return null;
            }
        }
        why = null;
        // Characters and tokens outside the merges are never the result of a join: their score only has to be lower.
        return [.. Enumerable.Range(0, vocabulary.Count).Select(id => vocabulary.Kind(id) is TokenKind.Normal or TokenKind.UserDefined
            ? -(float)(order[id] >= 0 ? order[id] + 1 : next + 1 + id) : 0f)];
    }

    private static bool IsCharacter(Vocabulary vocabulary, int id)
        => Rune.DecodeFromUtf8(vocabulary.Text(id), out _, out int length) == System.Buffers.OperationStatus.Done && length == vocabulary.Text(id).Length;
}
