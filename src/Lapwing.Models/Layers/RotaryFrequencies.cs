namespace Lapwing.Models;

/// <summary>How a head's elements pair up for rotation.</summary>
public enum RotaryStyle
{
    /// <summary>Element i with i + half (GPT-NeoX, Transformers).</summary>
    Halves,

    /// <summary>Element 2i with 2i + 1 (the paper; GGUF files of the llama family, whose rows are stored to match).</summary>
    Pairs,
}

/// <summary>
/// Rotary position embedding (Su et al., arXiv:2104.09864): the angle per position of each pair, and a factor on cosine and sine.
/// </summary>
/// <param name="Inverse">Radians per position, one for each pair: [width / 2], float32 as Transformers computes them.</param>
/// <param name="Factor">What cosine and sine are multiplied by (YaRN, LongRoPE); 1 otherwise.</param>
/// <param name="Style">How elements pair up.</param>
public sealed record RotaryFrequencies(float[] Inverse, float Factor, RotaryStyle Style)
{
    private float[] table = [];

    /// <summary>Elements of a head that rotate; the rest pass through.</summary>
    public int Width => Inverse.Length * 2;

    /// <summary>Cosine and sine for every position below <paramref name="positions"/>: [position, pair, {cos, sin}].</summary>
    public float[] Table(int positions)
    {
        int pairs = Inverse.Length;
        if (table.Length >= positions * pairs * 2) return table;
        int grown = Math.Max(positions, Math.Max(256, table.Length / Math.Max(1, pairs)));
        var next = new float[grown * pairs * 2];
        for (int p = 0; p < grown; p++)
            for (int i = 0; i < pairs; i++)
            {
                // The angle in float32, as the reference has it: in double it would differ by 1e-5 at position 1000.
                float angle = p * Inverse[i];
                next[(p * pairs + i) * 2] = (float)Math.Cos(angle) * Factor;
                next[(p * pairs + i) * 2 + 1] = (float)Math.Sin(angle) * Factor;
            }
        return table = next;
    }
}
