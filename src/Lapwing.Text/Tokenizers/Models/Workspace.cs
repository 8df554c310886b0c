namespace Lapwing.Text.Tokenizers;

/// <summary>Buffers of one call of <see cref="Tokenizer.Encode"/>, kept for the next: long texts are not paid for in garbage.</summary>
internal sealed class Workspace
{
    internal PatternMatcher Matcher;

    internal List<(int Start, int End)> Matches { get; } = [];

    internal List<Piece> Pieces { get; private set; } = [];

    internal List<Piece> NextPieces { get; private set; } = [];

    internal int[] Symbols = [];
    internal int[] Previous = [];
    internal int[] Next = [];
    internal int[] Pairs = [];
    internal byte[] Bytes = [];
    internal double[] Scores = [];

    private ulong[] _heap = [];

    internal int HeapCount { get; private set; }

    internal void SwapPieces() => (Pieces, NextPieces) = (NextPieces, Pieces);

    /// <summary>Makes room for <paramref name="count"/> linked symbols.</summary>
    internal void Reserve(int count)
    {
        if (Symbols.Length >= count) return;
        int size = Math.Max(count, 64);
        (Symbols, Previous, Next, Pairs) = (new int[size], new int[size], new int[size], new int[size]);
    }

    internal Span<byte> ReserveBytes(int count)
    {
        if (Bytes.Length < count) Bytes = new byte[Math.Max(count, 256)];
        return Bytes;
    }

    internal void ClearHeap() => HeapCount = 0;

    /// <summary>Adds to the heap whose smallest entry leaves first.</summary>
    internal void Push(ulong entry)
    {
        if (HeapCount == _heap.Length) Array.Resize(ref _heap, Math.Max(64, _heap.Length * 2));
        int at = HeapCount++;
        while (at > 0)
        {
            int parent = (at - 1) >> 1;
            if (_heap[parent] <= entry) break;
            _heap[at] = _heap[parent];
            at = parent;
        }
        _heap[at] = entry;
    }

    internal ulong Pop()
    {
        ulong top = _heap[0];
        ulong last = _heap[--HeapCount];
        int at = 0;
        while (true)
        {
            int child = 2 * at + 1;
            if (child >= HeapCount) break;
            if (child + 1 < HeapCount && _heap[child + 1] < _heap[child]) child++;
            if (_heap[child] >= last) break;
            _heap[at] = _heap[child];
            at = child;
        }
        if (HeapCount > 0) _heap[at] = last;
        return top;
    }

    /// <summary>Lets go of buffers that a long text made large.</summary>
    internal void Trim()
    {
        Pieces.Clear();
        NextPieces.Clear();
        Matches.Clear();
        if (Symbols.Length > 1 << 16) (Symbols, Previous, Next, Pairs) = ([], [], [], []);
        if (Bytes.Length > 1 << 18) Bytes = [];
        if (Scores.Length > 1 << 18) Scores = [];
        if (_heap.Length > 1 << 17) _heap = [];
        if (Pieces.Capacity > 1 << 16) (Pieces, NextPieces) = ([], []);
        if (Matches.Capacity > 1 << 16) Matches.Capacity = 0;
        Matcher = default;
    }
}
