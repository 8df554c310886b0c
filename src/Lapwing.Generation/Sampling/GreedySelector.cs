namespace Lapwing.Generation.Sampling;

/// <summary>The most likely candidate; of several, the one with the lowest id.</summary>
internal sealed class GreedySelector : Selector
{
    public override int Select(Candidates candidates) => candidates.Ids[candidates.IndexOfMax()];
}
