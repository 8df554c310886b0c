namespace Lapwing.Generation.Tests.Sampling;

/// <summary>A candidate of the slow, obvious twins: an id and its logit.</summary>
internal readonly record struct Twin(int Id, double Logit);

/// <summary>The samplers once more, by their definitions, with LINQ on doubles. <c>Margin</c> is how close a decision was.</summary>
internal static class Twins
{
    public static Twin[] Of(float[] logits) => [.. logits.Select((l, i) => new Twin(i, l)).Where(t => !double.IsNegativeInfinity(t.Logit))];

    public static Twin[] Ordered(IEnumerable<Twin> c) => [.. c.OrderByDescending(t => t.Logit).ThenBy(t => t.Id)];

    public static double[] Softmax(Twin[] c)
    {
        double max = c.Max(t => t.Logit);
        double[] e = [.. c.Select(t => Math.Exp(t.Logit - max))];
        double sum = e.Sum();
        return [.. e.Select(x => x / sum)];
    }

    public static double Entropy(Twin[] c) => -Softmax(c).Where(p => p > 0).Sum(p => p * Math.Log(p));

    public static Twin[] TopK(Twin[] c, int k) => [.. Ordered(c).Take(k)];

    public static (Twin[] Kept, double Margin) TopP(Twin[] c, double p, int minKeep)
    {
        Twin[] sorted = Ordered(c);
        double[] q = Softmax(sorted);
        double sum = 0, margin = double.MaxValue;
        for (int i = 0; i < q.Length; i++)
        {
            sum += q[i];
            margin = Math.Min(margin, Math.Abs(sum - p));
            if (sum >= p && i + 1 >= minKeep) return (sorted[..(i + 1)], margin);
        }

        return (sorted, margin);
    }

    public static (Twin[] Kept, double Margin) MinP(Twin[] c, double p, int minKeep)
    {
        Twin[] sorted = Ordered(c);
        double[] q = Softmax(sorted);
        double margin = q.Min(x => Math.Abs(x / q[0] - p));
        Twin[] kept = [.. sorted.Where((_, i) => i == 0 || i < minKeep || q[i] >= p * q[0])];
        return (kept, margin);
    }

    public static (Twin[] Kept, double Margin) TypicalP(Twin[] c, double p, int minKeep)
    {
        double[] q = Softmax(c);
        double h = Entropy(c), sum = 0, margin = double.MaxValue;
        var ranked = c.Select((t, i) => (Twin: t, P: q[i], Score: Math.Abs(-Math.Log(q[i]) - h))).OrderBy(x => x.Score).ThenBy(x => x.Twin.Id).ToArray();
        for (int i = 0; i < ranked.Length; i++)
        {
            sum += ranked[i].P;
            margin = Math.Min(margin, Math.Abs(sum - p));
            if (i + 1 < ranked.Length && Math.Abs(ranked[i + 1].Score - ranked[i].Score) is > 0 and < 1e-4) margin = 0;
            if (sum > p && i + 1 >= minKeep) return ([.. ranked[..(i + 1)].Select(x => x.Twin)], margin);
        }

        return (c, margin);
    }

    public static (Twin[] Kept, double Margin) TopNSigma(Twin[] c, double n)
    {
        double mean = c.Average(t => t.Logit), sigma = Math.Sqrt(c.Average(t => Math.Pow(t.Logit - mean, 2)));
        double least = c.Max(t => t.Logit) - n * sigma;
        return ([.. c.Where(t => t.Logit >= least)], c.Min(t => Math.Abs(t.Logit - least)));
    }

    public static (Twin[] Kept, double Margin) Xtc(Twin[] c, double threshold, int minKeep)
    {
        Twin[] sorted = Ordered(c);
        double[] q = Softmax(sorted);
        int drop = Math.Max(0, q.Count(p => p >= threshold) - 1);
        return (c.Length - drop >= minKeep ? sorted[drop..] : sorted, q.Min(p => Math.Abs(p - threshold)));
    }

    public static double DynamicTemperature(Twin[] c, double t, double range, double exponent)
    {
        double least = Math.Max(0, t - range);
        return least + (t + range - least) * Math.Pow(Entropy(c) / Math.Log(c.Length), exponent);
    }

    public static Twin[] Penalties(Twin[] c, int[] text, int lastN, double repeat, double frequency, double presence)
    {
        int[] recent = text[Math.Max(0, text.Length - lastN)..];
        return
        [
            .. c.Select(t =>
            {
                int n = recent.Count(x => x == t.Id);
                if (n == 0) return t;
                double l = t.Logit <= 0 ? t.Logit * repeat : t.Logit / repeat;
                return t with { Logit = l - n * frequency - presence };
            }),
        ];
    }

    public static Twin[] Dry(Twin[] c, int[] text, int lastN, double multiplier, double b, int allowed, int[] breakers)
    {
        int[] recent = text[Math.Max(0, text.Length - lastN)..];
        int n = recent.Length;
        if (n <= allowed) return c;
        int limit = n - 1 - Array.FindLastIndex(recent, breakers.Contains);
        if (limit < allowed) return c;
        var longest = new Dictionary<int, int>();
        for (int end = 1; end < n; end++) // the text's end repeats what stands before recent[end]
        {
            int length = 0;
            while (length < end && length < limit && recent[end - 1 - length] == recent[n - 1 - length]) length++;
            if (length >= allowed) longest[recent[end]] = Math.Max(longest.GetValueOrDefault(recent[end], -1), length);
        }

        return
        [
            .. c.Select(t => longest.TryGetValue(t.Id, out int l) && !breakers.Contains(t.Id)
                ? t with { Logit = t.Logit - multiplier * Math.Pow(b, l - allowed) }
                : t),
        ];
    }
}
