using Lapwing.Tensors;

namespace Lapwing.Models;

/// <summary>
/// One block of a decoder: x += m · post(mixer(pre(x))), then the same with the feed-forward. Any of the four norms may be absent; the
/// multiplier m is 1 but for Granite.
/// </summary>
public sealed unsafe class DecoderBlock(TokenMixer mixer, FeedForward feedForward, Norm? beforeMixer, Norm? afterMixer, Norm? beforeFeedForward, Norm? afterFeedForward, float residualMultiplier = 1)
{
    /// <summary>Its linear layers.</summary>
    public IEnumerable<Linear> Linears => [.. mixer.Linears, .. feedForward.Linears];

    /// <summary>All that it can learn, adapters apart.</summary>
    public IEnumerable<Parameter> Parameters =>
        [.. Linears.SelectMany(l => l.Parameters), .. mixer.OtherParameters, .. new[] { beforeMixer, afterMixer, beforeFeedForward, afterFeedForward }.OfType<Norm>().SelectMany(n => n.Parameters)];

    /// <summary>What its mixer keeps of a sequence.</summary>
    public StateShape State(ElementType type) => mixer.State(type);

    /// <summary>x [tokens, hidden] → y [tokens, hidden], taken from the workspace; x is left as it was.</summary>
    public float* Forward(Pass pass, float* x, int hidden)
    {
        float* mixed = beforeMixer is null ? x : beforeMixer.Forward(pass, x, pass.Tokens);
        mixed = mixer.Forward(pass, mixed);
        if (afterMixer is not null) mixed = afterMixer.Forward(pass, mixed, pass.Tokens);
        float* middle = AddTo(pass, x, mixed, hidden);
        float* fed = beforeFeedForward is null ? middle : beforeFeedForward.Forward(pass, middle, pass.Tokens);
        fed = feedForward.Forward(pass, fed, pass.Tokens);
        if (afterFeedForward is not null) fed = afterFeedForward.Forward(pass, fed, pass.Tokens);
        return AddTo(pass, middle, fed, hidden);
    }

    /// <summary>d: in, the gradient of y; out, in place, that of x.</summary>
    public void Backward(Pass pass, float* d, int hidden)
    {
        Branch(pass, d, hidden, afterFeedForward, beforeFeedForward, isFeedForward: true);
        Branch(pass, d, hidden, afterMixer, beforeMixer, isFeedForward: false);
    }

    private void Branch(Pass pass, float* d, int hidden, Norm? after, Norm? before, bool isFeedForward)
    {
        var mark = pass.Workspace.Here;
        long count = (long)pass.Tokens * hidden;
        float* dBranch = d;
        if (residualMultiplier != 1)
        {
            dBranch = pass.Workspace.TakeZeroed(count);
            VectorMath.Axpy(dBranch, residualMultiplier, d, (int)count);
        }
        if (after is not null)
        {
            float* through = pass.Workspace.TakeZeroed(count);
            after.Backward(pass, dBranch, pass.Tokens, through);
            dBranch = through;
        }
        float* dInput = pass.Workspace.TakeZeroed(count);
        if (isFeedForward) feedForward.Backward(pass, dBranch, pass.Tokens, dInput);
        else mixer.Backward(pass, dBranch, dInput);
        // The residual's own share is already in d.
        if (before is not null) before.Backward(pass, dInput, pass.Tokens, d);
        else VectorMath.Axpy(d, 1f, dInput, (int)count);
        pass.Workspace.Release(mark);
    }

    private float* AddTo(Pass pass, float* x, float* branch, int hidden)
    {
        long count = (long)pass.Tokens * hidden;
        float* y = pass.Workspace.Take(count);
        new Span<float>(x, (int)count).CopyTo(new Span<float>(y, (int)count));
        VectorMath.Axpy(y, residualMultiplier, branch, (int)count);
        return y;
    }
}
