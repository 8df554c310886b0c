using System.Text;

namespace Lapwing.Text.Tests.Tokenizers;

/// <summary>Builds a SentencePiece character map (the double array of Darts-clone) by trying offsets until one fits: slow and plain.</summary>
internal static class CharacterMaps
{
    internal static byte[] Build(params (string From, string To)[] rules)
    {
        var pool = new List<byte>();
        var entries = new List<(byte[] Key, int Value)>();
        foreach ((string from, string to) in rules)
        {
            entries.Add((Encoding.UTF8.GetBytes(from), pool.Count));
            pool.AddRange(Encoding.UTF8.GetBytes(to));
            pool.Add(0);
        }
        entries.Sort((a, b) => a.Key.AsSpan().SequenceCompareTo(b.Key));
        uint[] units = new uint[1 << 16];
        bool[] used = new bool[units.Length];
        used[0] = true;
        Place(0, 0, entries);
        var bytes = new List<byte>(BitConverter.GetBytes(units.Length * 4));
        foreach (uint unit in units) bytes.AddRange(BitConverter.GetBytes(unit));
        bytes.AddRange(pool);
        return [.. bytes];

        // A node's children lie at (node ^ offset ^ label); the value, where a key ends, at (node ^ offset).
        void Place(uint node, int depth, List<(byte[] Key, int Value)> below)
        {
            int? value = below.Where(e => e.Key.Length == depth).Select(e => (int?)e.Value).FirstOrDefault();
            var groups = below.Where(e => e.Key.Length > depth).GroupBy(e => e.Key[depth]).ToList();
            uint offset = 1;
            while (groups.Any(g => used[node ^ offset ^ g.Key]) || (value is not null && used[node ^ offset])) offset++;
            units[node] |= (offset << 10) | (value is not null ? 1u << 8 : 0);
            if (value is { } v)
            {
                units[node ^ offset] = 0x80000000u | (uint)v;
                used[node ^ offset] = true;
            }
            foreach (var group in groups)
            {
                used[node ^ offset ^ group.Key] = true;
                units[node ^ offset ^ group.Key] = group.Key;
            }
            foreach (var group in groups) Place(node ^ offset ^ group.Key, depth + 1, [.. group]);
        }
    }
}
