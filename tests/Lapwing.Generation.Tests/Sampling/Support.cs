using CsCheck;
using Lapwing.Generation.Sampling;

namespace Lapwing.Generation.Tests.Sampling;

internal static class Support
{
    /// <summary>
    /// 1 to 400 logits with ties and masked tokens, at least one not masked. All are multiples of 1/64: equal or clearly different, so that a
    /// twin in doubles ranks them the same.
    /// </summary>
    public static readonly Gen<float[]> Logits = Gen.Frequency(
        (6, Gen.Int[-800, 800].Select(i => i / 64f)), (3, Gen.Int[-20, 20].Select(i => i / 4f)), (1, Gen.Const(float.NegativeInfinity)))
        .Array[1, 400].Where(l => l.Any(float.IsFinite));

    public static Candidates Load(float[] logits, bool sorted = false)
    {
        var candidates = new Candidates(logits.Length);
        candidates.Load(logits);
        candidates.DropMasked();
        if (sorted) candidates.Sort();
        return candidates;
    }

    public static Candidates LoadProbabilities(params float[] probabilities) => Load([.. probabilities.Select(p => MathF.Log(p))]);

    public static Candidates Apply(this Candidates candidates, Sampler sampler)
    {
        sampler.Apply(candidates);
        return candidates;
    }

    public static (int Id, float Logit)[] Content(this Candidates c) => [.. c.Ids.ToArray().Zip(c.Logits.ToArray())];

    public static int[] IdSet(this Candidates c) => [.. c.Ids.ToArray().Order()];

    public static int[] IdSet(IEnumerable<Twin> twins) => [.. twins.Select(t => t.Id).Order()];

    /// <summary>Sorted means logits descending and ties by id; unsorted means ids ascending.</summary>
    public static void AssertOrder(Candidates c)
    {
        Assert.True(c.Count >= 1);
        for (int i = 1; i < c.Count; i++)
        {
            Assert.True(
                c.Sorted ? c.Logits[i - 1] > c.Logits[i] || (c.Logits[i - 1] == c.Logits[i] && c.Ids[i - 1] < c.Ids[i]) : c.Ids[i - 1] < c.Ids[i]);
        }
    }

    public static SamplerChain Chain(SamplerOptions options, int vocabularySize, int context = 512)
        => SamplerChain.Create(options, new SamplerVocabulary(vocabularySize, context, i => [(byte)('a' + i % 26)], t => [.. t.Select(c => c - 'a')]));
}
