using Lapwing.Tensors;

namespace Lapwing.Models;

/// <summary>
/// Multi-head attention with its projections: queries, keys and values (three matrices or one that holds all), optional norms on queries and
/// keys (a weight one head wide normalises each head, a wider one the whole row), rotary positions, and the output projection.
/// </summary>
public sealed unsafe class Attention : TokenMixer
{
    private readonly int layer;
    private readonly AttentionOptions options;
    private readonly Linear[] projections;
    private readonly Linear output;
    private readonly Norm? queryNorm, keyNorm;

    /// <summary>Attention of layer <paramref name="layer"/>; <paramref name="projections"/> are q, k, v or one fused matrix with rows in that order.</summary>
    /// <exception cref="InvalidDataException">The projections' sizes are not what the options say.</exception>
    public Attention(int layer, AttentionOptions options, Linear[] projections, Linear output, Norm? queryNorm = null, Norm? keyNorm = null)
    {
        (this.layer, this.options, this.projections, this.output, this.queryNorm, this.keyNorm) = (layer, options, projections, output, queryNorm, keyNorm);
        int[] widths = projections.Length == 1 ? [options.QueryWidth + 2 * options.KeyWidth] : [options.QueryWidth, options.KeyWidth, options.KeyWidth];
        for (int i = 0; i < projections.Length; i++)
            if (projections[i].Outputs != widths[i])
                throw new InvalidDataException($"{projections[i].Name} has {projections[i].Outputs} rows where the head counts ask for {widths[i]}: the file's settings and its tensors do not belong together");
        if (output.Inputs != options.QueryWidth) throw new InvalidDataException($"{output.Name} has {output.Inputs} columns where the head counts ask for {options.QueryWidth}: the file's settings and its tensors do not belong together");
        if (projections.Length == 1 && (queryNorm ?? keyNorm) is not null) throw new NotSupportedException($"norms on queries and keys of a fused projection ({projections[0].Name}) are not supported");
    }

    /// <inheritdoc/>
    public override IEnumerable<Linear> Linears => [.. projections, output];

    /// <inheritdoc/>
    public override IEnumerable<Parameter> OtherParameters => [.. queryNorm?.Parameters ?? [], .. keyNorm?.Parameters ?? []];

    /// <inheritdoc/>
    public override StateShape State(ElementType type) => options.State(type);

    private bool Fused => projections.Length == 1;

    /// <inheritdoc/>
    public override float* Forward(Pass pass, float* x)
    {
        int tokens = pass.Tokens;
        Span<nint> parts = stackalloc nint[3];
        Linear.Forward(pass, projections, x, tokens, parts);
        float* q = (float*)parts[0];
        long qStride = Fused ? options.QueryWidth + 2 * options.KeyWidth : options.QueryWidth, kvStride = Fused ? qStride : options.KeyWidth;
        float* k = Fused ? q + options.QueryWidth : (float*)parts[1], v = Fused ? k + options.KeyWidth : (float*)parts[2];
        if (queryNorm is not null) q = queryNorm.Forward(pass, q, tokens * (options.QueryWidth / queryNorm.Width));
        if (keyNorm is not null) k = keyNorm.Forward(pass, k, tokens * (options.KeyWidth / keyNorm.Width));
        if (options.Rotary is { } rotary)
        {
            Rotary.Apply(pass, rotary, q, qStride, options.Heads, options.HeadWidth, +1);
            Rotary.Apply(pass, rotary, k, kvStride, options.KeyValueHeads, options.HeadWidth, +1);
        }
        float* mixed = pass.Workspace.Take((long)tokens * options.QueryWidth);
        AttentionCore.Forward(pass, options, layer, q, qStride, k, v, kvStride, mixed);
        pass.Tape?.Push(q);
        return output.Forward(pass, mixed, tokens);
    }

    /// <inheritdoc/>
    public override void Backward(Pass pass, float* dy, float* dx)
    {
        int tokens = pass.Tokens, qWidth = options.QueryWidth, kWidth = options.KeyWidth;
        float* dMixed = pass.Workspace.TakeZeroed((long)tokens * qWidth);
        output.Backward(pass, dy, tokens, dMixed);

        float* q = pass.Tape!.Pop();
        long qStride = Fused ? qWidth + 2 * kWidth : qWidth, kvStride = Fused ? qStride : kWidth;
        float* dq = pass.Workspace.Take((long)tokens * (qWidth + 2 * kWidth));
        float* dk = Fused ? dq + qWidth : dq + (long)tokens * qWidth, dv = Fused ? dk + kWidth : dk + (long)tokens * kWidth;
        AttentionCore.Backward(pass, options, layer, q, qStride, dMixed, dq, dk, dv, kvStride);
        if (options.Rotary is { } rotary)
        {
            Rotary.Apply(pass, rotary, dq, qStride, options.Heads, options.HeadWidth, -1);
            Rotary.Apply(pass, rotary, dk, kvStride, options.KeyValueHeads, options.HeadWidth, -1);
        }
        if (keyNorm is not null) dk = Through(pass, keyNorm, dk, tokens * (kWidth / keyNorm.Width));
        if (queryNorm is not null) dq = Through(pass, queryNorm, dq, tokens * (qWidth / queryNorm.Width));
        if (!Fused)
        {
            projections[2].Backward(pass, dv, tokens, dx);
            projections[1].Backward(pass, dk, tokens, dx);
        }
        projections[0].Backward(pass, dq, tokens, dx);
    }

    private static float* Through(Pass pass, Norm norm, float* dy, int rows)
    {
        float* dx = pass.Workspace.TakeZeroed((long)rows * norm.Width);
        norm.Backward(pass, dy, rows, dx);
        return dx;
    }
}
