namespace Lapwing.Text.Tokenizers;

/// <summary>
/// A prefix tree over byte strings: children of a node lie side by side and are found by a vectorised search of their labels. Nine bytes a node.
/// </summary>
internal sealed class ByteTrie
{
    private readonly byte[] _labels;
    private readonly int[] _firstChild;
    private readonly int[] _values;
    private readonly int[] _root = new int[256];

    /// <summary>Builds the tree; of equal keys the first counts, empty keys are left out.</summary>
    internal ByteTrie(IEnumerable<(ReadOnlyMemory<byte> Key, int Value)> entries)
    {
        (ReadOnlyMemory<byte> Key, int Value)[] sorted = [.. entries.Where(e => e.Key.Length > 0)];
        Array.Sort(sorted, static (a, b) =>
        {
            int order = a.Key.Span.SequenceCompareTo(b.Key.Span);
            return order != 0 ? order : a.Value.CompareTo(b.Value);
        });
        MaximumLength = sorted.Length == 0 ? 0 : sorted.Max(e => e.Key.Length);

        // Breadth first: a queue entry is a node and the run of sorted keys below it. Node 0 is the root.
        var labels = new List<byte> { 0 };
        var firstChild = new List<int>();
        var values = new List<int> { -1 };
        var queue = new Queue<(int Low, int High, int Depth)>();
        queue.Enqueue((0, sorted.Length, 0));
        while (queue.Count > 0)
        {
            (int low, int high, int depth) = queue.Dequeue();
            firstChild.Add(labels.Count);
            while (low < high && sorted[low].Key.Length == depth) low++;
            while (low < high)
            {
                byte label = sorted[low].Key.Span[depth];
                int end = low + 1;
                while (end < high && sorted[end].Key.Span[depth] == label) end++;
                labels.Add(label);
                values.Add(sorted[low].Key.Length == depth + 1 ? sorted[low].Value : -1);
                queue.Enqueue((low, end, depth + 1));
                low = end;
            }
        }
        firstChild.Add(labels.Count);
        (_labels, _firstChild, _values) = ([.. labels], [.. firstChild], [.. values]);
        _root.AsSpan().Fill(-1);
        for (int node = _firstChild[0]; node < _firstChild[1]; node++) _root[_labels[node]] = node;
    }

    /// <summary>The longest key, in bytes.</summary>
    internal int MaximumLength { get; }

    /// <summary>The child of <paramref name="node"/> (0 is the root) along <paramref name="label"/>, or −1.</summary>
    internal int Step(int node, byte label)
    {
        if (node == 0) return _root[label];
        int first = _firstChild[node];
        int found = _labels.AsSpan(first, _firstChild[node + 1] - first).IndexOf(label);
        return found < 0 ? -1 : first + found;
    }

    /// <summary>The value of the key that ends at <paramref name="node"/>, or −1.</summary>
    internal int Value(int node) => _values[node];

    /// <summary>The longest key that <paramref name="text"/> begins with: its value and length, or −1 and 0.</summary>
    internal (int Value, int Length) Longest(ReadOnlySpan<byte> text)
    {
        (int Value, int Length) best = (-1, 0);
        int node = 0;
        for (int i = 0; i < text.Length; i++)
        {
            node = Step(node, text[i]);
            if (node < 0) break;
            if (_values[node] >= 0) best = (_values[node], i + 1);
        }
        return best;
    }
}
