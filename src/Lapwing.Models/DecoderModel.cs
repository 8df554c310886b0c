using Lapwing.Tensors;

namespace Lapwing.Models;

/// <summary>
/// A decoder-only transformer: embedding, blocks, last norm, head. One forward serves chat, training and evaluation
/// (<see cref="GradientPass"/> runs the same blocks and keeps what the backward needs). Holds no state of any sequence: that is <see cref="SequenceState"/>'s.
/// </summary>
public sealed unsafe class DecoderModel : IDisposable
{
    private readonly IDisposable? source;
    private readonly Linear[] linears;
    private readonly Parameter[] parameters;

    /// <summary>Composes a model; <paramref name="source"/> (the mapped file) is disposed with it.</summary>
    public DecoderModel(ModelInfo info, Embedding embedding, DecoderBlock[] blocks, Norm lastNorm, Head head, IDisposable? source)
    {
        (Info, Embedding, Blocks, LastNorm, Head, this.source) = (info, embedding, blocks, lastNorm, head, source);
        linears = [.. blocks.SelectMany(b => b.Linears), head.Output];
        IEnumerable<Parameter> all = [embedding.Table, .. embedding.Positions is { } p ? new[] { p } : [], .. blocks.SelectMany(b => b.Parameters), .. lastNorm.Parameters, .. head.Output.Parameters];
        // A tied head shares the embedding's parameter: once is enough.
        parameters = [.. all.Distinct()];
    }

    /// <summary>What the model is.</summary>
    public ModelInfo Info { get; }

    /// <summary>Token (and position) embedding.</summary>
    public Embedding Embedding { get; }

    /// <summary>The blocks, lowest first.</summary>
    public IReadOnlyList<DecoderBlock> Blocks { get; }

    /// <summary>The norm after the last block.</summary>
    public Norm LastNorm { get; }

    /// <summary>Logits and loss.</summary>
    public Head Head { get; }

    /// <summary>Every linear layer, the head's last.</summary>
    public IReadOnlyList<Linear> Linears => linears;

    /// <summary>Everything that it could learn, adapters apart, each once.</summary>
    public IReadOnlyList<Parameter> Parameters => parameters;

    /// <summary>An empty state for one sequence.</summary>
    public SequenceState NewState(Arithmetic arithmetic) => new([.. Blocks.Select(b => b.State(arithmetic.CacheType))]);

    /// <summary>
    /// Runs the blocks over the batch that <see cref="Pass.Begin"/> set: ids [tokens] → hidden [tokens, hidden] after the last norm, taken from the
    /// workspace. The sequences' states hold the tokens afterwards. A block's memory is given back as soon as it is done.
    /// </summary>
    /// <exception cref="ArgumentException">An id is outside the vocabulary.</exception>
    public float* Forward(Pass pass, ReadOnlySpan<int> ids)
    {
        if (ids.Length != pass.Tokens) throw new ArgumentException($"{ids.Length} ids for a batch of {pass.Tokens} tokens", nameof(ids));
        int hidden = Info.Hidden;
        float* x = Embedding.Forward(pass, ids);
        pass.Observe?.Invoke(0, (nint)x);
        for (int b = 0; b < Blocks.Count; b++)
        {
            var mark = pass.Workspace.Here;
            float* y = Blocks[b].Forward(pass, x, hidden);
            new Span<float>(y, checked(pass.Tokens * hidden)).CopyTo(new Span<float>(x, pass.Tokens * hidden));
            pass.Workspace.Release(mark);
            if (b < Blocks.Count - 1) pass.Observe?.Invoke(b + 1, (nint)x);
        }
        float* last = LastNorm.Forward(pass, x, pass.Tokens);
        pass.Observe?.Invoke(Blocks.Count, (nint)last);
        foreach (var s in pass.Sequences) s.State.Advance(s.Start + s.Length);
        return last;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var parameter in parameters) parameter.Dispose();
        source?.Dispose();
    }
}
