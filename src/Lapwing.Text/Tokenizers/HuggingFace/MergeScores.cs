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
        int[] first = new int[vocabulary.Count], last = new int[vocabulary.Count], order = new int[vocabulary.Count];
        Array.Fill(first, -1);
        Array.Fill(order, -1);
        var ways = new HashSet<(int, int)>();
        for (int rank = 0; rank < model.Merges.Count; rank++)
        {
            (string left, string right) = model.Merges[rank];
            int result = vocabulary.Find(left + right);
            ways.Add((vocabulary.Find(left), vocabulary.Find(right)));
            if (first[result] < 0) first[result] = rank;
            last[result] = rank;
        }
        // Tokens whose ways interleave share a score. Joining leftmost first among equals is what the list does only where all are runs of one
        // character: LLaMA's runs of spaces.
        int next = 0, end = -1, previous = -1;
        foreach (int id in Enumerable.Range(0, vocabulary.Count).Where(id => first[id] >= 0).OrderBy(id => first[id]))
        {
            if (first[id] > end) next++;
            else if (!IsRun(vocabulary.Text(id)) || !IsRun(vocabulary.Text(previous)) || !SameStart(vocabulary, id, previous))
            {
                why = $"the merges into '{Vocabulary.Show(vocabulary.Text(previous))}' do not stand together";
                return null;
            }
            order[id] = next;
            end = Math.Max(end, last[id]);
            previous = id;
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
            ? -(float)(order[id] >= 0 ? order[id] : next + 1 + id) : 0f)];
    }

    private static bool IsCharacter(Vocabulary vocabulary, int id)
        => Rune.DecodeFromUtf8(vocabulary.Text(id), out _, out int length) == System.Buffers.OperationStatus.Done && length == vocabulary.Text(id).Length;

    private static bool IsRun(ReadOnlySpan<byte> text)
        => Rune.DecodeFromUtf8(text, out _, out int width) == System.Buffers.OperationStatus.Done && text[width..].SequenceEqual(text[..^width]);

    private static bool SameStart(Vocabulary vocabulary, int a, int b)
        => Rune.DecodeFromUtf8(vocabulary.Text(a), out Rune x, out _) == Rune.DecodeFromUtf8(vocabulary.Text(b), out Rune y, out _) && x == y;
}
