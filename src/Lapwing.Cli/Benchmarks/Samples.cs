using System.Diagnostics;

namespace Lapwing.Cli.Benchmarks;

/// <summary>Rates of several rounds of the same work.</summary>
/// <param name="Test">What was done: <c>pp512</c>, <c>tg128</c>, <c>tune</c>.</param>
/// <param name="Rates">Tokens a second, one a round, sorted.</param>
/// <param name="Limit">Tokens a second that the machine's limit allows.</param>
internal sealed record Samples(string Test, double[] Rates, double Limit)
{
    public double Min => Rates[0];

    public double Median => Rates.Length % 2 == 1 ? Rates[Rates.Length / 2] : (Rates[Rates.Length / 2 - 1] + Rates[Rates.Length / 2]) / 2;

    public double Max => Rates[^1];

    /// <summary>The median's share of the limit in percent.</summary>
    public double PercentOfLimit => Limit > 0 ? 100 * Median / Limit : 0;

    /// <summary>Runs <paramref name="round"/>, which works through <paramref name="tokens"/>, once to warm up and <paramref name="rounds"/> times by the clock.</summary>
    public static Samples Take(string test, int tokens, int rounds, double limit, Action round, CancellationToken cancellation)
    {
        round();
        var rates = new double[rounds];
        for (int r = 0; r < rounds; r++)
        {
            cancellation.ThrowIfCancellationRequested();
            long began = Stopwatch.GetTimestamp();
            round();
            rates[r] = tokens / Math.Max(1e-9, Stopwatch.GetElapsedTime(began).TotalSeconds);
        }
        Array.Sort(rates);
        return new Samples(test, rates, limit);
    }
}
