using System.Buffers.Binary;
using System.Numerics;

namespace Lapwing.Text.Tokenizers;

/// <summary>From the bytes of a token to its id: open addressing over one array of hashes, the bytes kept where the vocabulary has them.</summary>
internal sealed class BytesLookup
{
    private readonly ReadOnlyMemory<byte>[] _keys;
    private readonly int[] _values;
    private readonly uint[] _hashes;
    private readonly int _mask;

    internal BytesLookup(int capacity)
    {
        int size = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(16, capacity * 2));
        (_keys, _values, _hashes, _mask) = (new ReadOnlyMemory<byte>[size], new int[size], new uint[size], size - 1);
        _values.AsSpan().Fill(-1);
    }

    /// <summary>The longest key, in bytes.</summary>
    internal int MaximumLength { get; private set; }

    /// <summary>Adds a key; false (and nothing changed) where it is there already. The capacity given at the start must not be exceeded.</summary>
    internal bool TryAdd(ReadOnlyMemory<byte> key, int value)
    {
        uint hash = Hash(key.Span);
        int slot = (int)hash & _mask;
        while (_values[slot] >= 0)
        {
            if (_hashes[slot] == hash && _keys[slot].Span.SequenceEqual(key.Span)) return false;
            slot = (slot + 1) & _mask;
        }
        (_keys[slot], _values[slot], _hashes[slot]) = (key, value, hash);
        MaximumLength = Math.Max(MaximumLength, key.Length);
        return true;
    }

    /// <summary>The value of <paramref name="key"/>, or −1.</summary>
    internal int Find(ReadOnlySpan<byte> key)
    {
        if (key.Length > MaximumLength) return -1;
        uint hash = Hash(key);
        int slot = (int)hash & _mask;
        while (_values[slot] >= 0)
        {
            if (_hashes[slot] == hash && _keys[slot].Span.SequenceEqual(key)) return _values[slot];
            slot = (slot + 1) & _mask;
        }
        return -1;
    }

    private static uint Hash(ReadOnlySpan<byte> key)
    {
        ulong h = (ulong)key.Length * 0x9E3779B97F4A7C15;
        while (key.Length >= 8)
        {
            h = BitOperations.RotateLeft(h ^ BinaryPrimitives.ReadUInt64LittleEndian(key), 29) * 0xBF58476D1CE4E5B9;
            key = key[8..];
        }
        ulong tail = 0;
        for (int i = 0; i < key.Length; i++) tail |= (ulong)key[i] << (8 * i);
        h = (h ^ tail) * 0x94D049BB133111EB;
        return (uint)(h ^ (h >> 32));
    }
}
