namespace Lapwing.Cli.Evaluation;

/// <summary>Whether an adapter helped, token by token against its base.</summary>
internal sealed record Comparison(double MeanDifference, double StandardError, string Verdict)
{
    /// <summary>Differences within so many standard errors count as none: about one in twenty by chance.</summary>
    private const double Errors = 2;

    /// <summary>Compares −ln p of the same tokens; negative differences are better.</summary>
    public static Comparison Of(ReadOnlySpan<float> with, ReadOnlySpan<float> without)
    {
        double sum = 0, squares = 0;
        for (int i = 0; i < with.Length; i++)
        {
            double d = (double)with[i] - without[i];
            sum += d;
            squares += d * d;
        }
        double count = with.Length, mean = sum / count;
        double error = count > 1 ? Math.Sqrt(Math.Max(0, squares / count - mean * mean) / (count - 1)) : 0;
        return new Comparison(mean, error, mean < -Errors * error ? "better" : mean > Errors * error ? "worse" : "no clear difference");
    }
}
