using Lapwing.Tensors;

namespace Lapwing.Models;

/// <summary>
/// A sparse mixture of experts (Shazeer et al., arXiv:1701.06538): a router gives each token a softmax over the experts, the best
/// <paramref name="chosen"/> of them work on it, and their outputs are added with those weights.
/// </summary>
/// <param name="router">[experts, hidden].</param>
/// <param name="experts">One MLP each.</param>
/// <param name="chosen">Experts for a token.</param>
/// <param name="renormalise">Whether the chosen weights are divided by their sum.</param>
public sealed unsafe class MixtureOfExperts(Linear router, FeedForward[] experts, int chosen, bool renormalise) : FeedForward
{
    /// <inheritdoc/>
    public override IEnumerable<Linear> Linears => [router, .. experts.SelectMany(e => e.Linears)];

    /// <inheritdoc/>
    public override float* Forward(Pass pass, float* x, int tokens)
    {
        int width = router.Inputs, count = experts.Length;
        float* y = pass.Workspace.TakeZeroed((long)tokens * width);
        float* p = router.Forward(pass, x, tokens), weights = pass.Workspace.Take((long)tokens * chosen);
        int* choice = (int*)pass.Workspace.Take((long)tokens * chosen);
        for (int t = 0; t < tokens; t++)
        {
            VectorMath.Softmax(p + (long)t * count, count);
            Choose(p + (long)t * count, count, choice + t * chosen, weights + t * chosen);
        }
        int* slots = (int*)pass.Workspace.Take((long)tokens * chosen);
        for (int e = 0; e < count; e++)
        {
            int n = Slots(choice, tokens, e, slots);
            if (n == 0) continue;
            float* gathered = pass.Workspace.Take((long)n * width);
            for (int i = 0; i < n; i++) Row(x, slots[i] / chosen, width).CopyTo(Row(gathered, i, width));
            float* produced = experts[e].Forward(pass, gathered, n);
            for (int i = 0; i < n; i++) VectorMath.Axpy(y + (long)(slots[i] / chosen) * width, weights[slots[i]], produced + (long)i * width, width);
            pass.Tape?.Push(produced);
        }
        pass.Tape?.Push(p);
        pass.Tape?.Push(weights);
        pass.Tape?.Push(choice);
        return y;
    }

    /// <inheritdoc/>
    public override void Backward(Pass pass, float* dy, int tokens, float* dx)
    {
        int width = router.Inputs, count = experts.Length;
        int* choice = (int*)pass.Tape!.Pop();
        float* weights = pass.Tape.Pop(), p = pass.Tape.Pop();
        int* slots = (int*)pass.Workspace.Take((long)tokens * chosen);
        float* dWeights = pass.Workspace.Take((long)tokens * chosen);
        for (int e = count - 1; e >= 0; e--)
        {
            int n = Slots(choice, tokens, e, slots);
            if (n == 0) continue;
            float* produced = pass.Tape.Pop(), dProduced = pass.Workspace.TakeZeroed((long)n * width), dGathered = pass.Workspace.TakeZeroed((long)n * width);
            for (int i = 0; i < n; i++)
            {
                float* dyRow = dy + (long)(slots[i] / chosen) * width;
                dWeights[slots[i]] = VectorMath.Dot(dyRow, produced + (long)i * width, width);
                VectorMath.Axpy(dProduced + (long)i * width, weights[slots[i]], dyRow, width);
            }
            experts[e].Backward(pass, dProduced, n, dGathered);
            if (dx is not null)
                for (int i = 0; i < n; i++) VectorMath.Axpy(dx + (long)(slots[i] / chosen) * width, 1f, dGathered + (long)i * width, width);
        }
        float* dLogits = pass.Workspace.TakeZeroed((long)tokens * count);
        for (int t = 0; t < tokens; t++) RouterGradient(p + (long)t * count, choice + t * chosen, weights + t * chosen, dWeights + t * chosen, dLogits + (long)t * count);
        router.Backward(pass, dLogits, tokens, dx);
    }

    private void RouterGradient(float* p, int* choice, float* weights, float* dWeights, float* dLogits)
    {
        // Renormalised: w = p / Σ, so dp = (dw − Σ w·dw) / Σ. Then through the softmax: dl = p·(dp − Σ p·dp).
        float sum = 0, along = 0, mean = 0;
        for (int i = 0; i < chosen; i++)
        {
            sum += p[choice[i]];
            along += weights[i] * dWeights[i];
        }
        for (int i = 0; i < chosen; i++)
        {
            float dp = renormalise ? (dWeights[i] - along) / sum : dWeights[i];
            dLogits[choice[i]] = dp;
            mean += p[choice[i]] * dp;
        }
        for (int e = 0; e < experts.Length; e++) dLogits[e] = p[e] * (dLogits[e] - mean);
    }

    private void Choose(float* p, int count, int* choice, float* weights)
    {
        float sum = 0;
        for (int i = 0; i < chosen; i++)
        {
            int best = -1;
            for (int e = 0; e < count; e++)
                if ((best < 0 || p[e] > p[best]) && !new ReadOnlySpan<int>(choice, i).Contains(e)) best = e;
            choice[i] = best;
            sum += weights[i] = p[best];
        }
        if (!renormalise) return;
        for (int i = 0; i < chosen; i++) weights[i] /= sum;
    }

    // Which of the tokens' choices fell on the expert: index token · chosen + rank.
    private int Slots(int* choice, int tokens, int expert, int* slots)
    {
        int n = 0;
        for (int i = 0; i < tokens * chosen; i++)
            if (choice[i] == expert) slots[n++] = i;
        return n;
    }

    private static Span<float> Row(float* x, int row, int width) => new(x + (long)row * width, width);
}
