using System.Numerics;

namespace Lapwing.Text.Tokenizers;

/// <summary>Merges by the pair of symbols they join: rank (lower goes first) and the symbol that comes of it.</summary>
internal sealed class PairTable
{
    private readonly ulong[] _keys;
    private readonly (int Rank, int Result)[] _values;
    private readonly int _mask;

    internal PairTable(int capacity)
    {
        int size = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(16, capacity * 2));
        (_keys, _values, _mask) = (new ulong[size], new (int, int)[size], size - 1);
        _keys.AsSpan().Fill(ulong.MaxValue);
    }

    /// <summary>Adds a merge. A pair that is there already keeps its place unless <paramref name="replace"/>; false says it was there.</summary>
    internal bool Add(int left, int right, int rank, int result, bool replace)
    {
        int slot = Slot(left, right);
        bool fresh = _keys[slot] == ulong.MaxValue;
        if (!fresh && !replace) return false;
        _keys[slot] = Key(left, right);
        _values[slot] = (rank, result);
        return fresh;
    }

    /// <summary>Rank and result of joining the pair; rank −1 where there is no such merge.</summary>
    internal (int Rank, int Result) Find(int left, int right)
    {
        int slot = Slot(left, right);
        return _keys[slot] == ulong.MaxValue ? (-1, -1) : _values[slot];
    }

    private static ulong Key(int left, int right) => ((ulong)(uint)left << 32) | (uint)right;

    private int Slot(int left, int right)
    {
        ulong key = Key(left, right);
        int slot = (int)((key * 0x9E3779B97F4A7C15) >> 33) & _mask;
        while (_keys[slot] != ulong.MaxValue && _keys[slot] != key) slot = (slot + 1) & _mask;
        return slot;
    }
}
