namespace Lapwing.Models;

/// <summary>Rotates queries and keys by their position, in place; backward rotates the gradient back.</summary>
internal static unsafe class Rotary
{
    /// <summary>x [tokens, heads, headWidth] at <paramref name="stride"/> floats a token; sign −1 turns back.</summary>
    public static void Apply(Pass pass, RotaryFrequencies frequencies, float* x, long stride, int heads, int headWidth, float sign)
    {
        int longest = 0;
        foreach (var s in pass.Sequences) longest = Math.Max(longest, s.Start + s.Length);
        fixed (float* table = frequencies.Table(longest))
        fixed (int* positions = pass.PositionArray)
        {
            new Tokens
            {
                X = x, Stride = stride, Heads = heads, HeadWidth = headWidth, Sign = sign, Table = table, Positions = positions,
                Pairs = frequencies.Inverse.Length, Apart = frequencies.Style == RotaryStyle.Halves,
            }.ForEach(pass.Tokens, heads * headWidth);
        }
    }

    private struct Tokens : IRowWork
    {
        public float* X, Table;
        public int* Positions;
        public long Stride;
        public int Heads, HeadWidth, Pairs;
        public float Sign;
        public bool Apart;

        public readonly void Run(int t)
        {
            float* angles = Table + (long)Positions[t] * Pairs * 2;
            int step = Apart ? 1 : 2, distance = Apart ? Pairs : 1;
            for (int h = 0; h < Heads; h++)
            {
                float* head = X + t * Stride + (long)h * HeadWidth;
                for (int i = 0; i < Pairs; i++)
                {
                    float cos = angles[2 * i], sin = angles[2 * i + 1] * Sign;
                    float* a = head + i * step, b = a + distance;
                    (*a, *b) = (*a * cos - *b * sin, *b * cos + *a * sin);
                }
            }
        }
    }
}
