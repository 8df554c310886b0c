using Lapwing.Tensors;

namespace Lapwing.Models;

/// <summary>y = down(act(gate(x)) · up(x)) (Shazeer, arXiv:2002.05202). Gate and up are two matrices, or one that holds both, gate first.</summary>
public sealed unsafe class GatedMlp(Activation activation, Linear[] inner, Linear down) : FeedForward
{
    /// <inheritdoc/>
    public override IEnumerable<Linear> Linears => [.. inner, down];

    private bool Fused => inner.Length == 1;

    /// <inheritdoc/>
    public override float* Forward(Pass pass, float* x, int tokens)
    {
        Span<nint> parts = stackalloc nint[2];
        Linear.Forward(pass, inner, x, tokens, parts);
        int width = down.Inputs;
        float* gate = (float*)parts[0], up = Fused ? gate + width : (float*)parts[1], h = pass.Workspace.Take((long)tokens * width);
        new Gate { Kind = activation, G = gate, U = up, H = h, Stride = Fused ? 2L * width : width, Width = width }.ForEach(tokens, 8L * width);
        pass.Tape?.Push(gate);
        pass.Tape?.Push(up);
        return down.Forward(pass, h, tokens);
    }

    /// <inheritdoc/>
    public override void Backward(Pass pass, float* dy, int tokens, float* dx)
    {
        int width = down.Inputs;
        float* dh = pass.Workspace.TakeZeroed((long)tokens * width);
        down.Backward(pass, dy, tokens, dh);
        float* up = pass.Tape!.Pop(), gate = pass.Tape.Pop();
        long stride = Fused ? 2L * width : width;
        float* dGate = pass.Workspace.Take(2L * tokens * width), dUp = Fused ? dGate + width : dGate + (long)tokens * width;
        new GateBackward { Kind = activation, G = gate, U = up, Dh = dh, Dg = dGate, Du = dUp, Stride = stride, Width = width }.ForEach(tokens, 8L * width);
        if (!Fused) inner[1].Backward(pass, dUp, tokens, dx);
        inner[0].Backward(pass, dGate, tokens, dx);
    }

    private struct Gate : IRowWork
    {
        public Activation Kind;
        public float* G, U, H;
        public long Stride;
        public int Width;

        public readonly void Run(int t)
        {
            float* h = H + (long)t * Width, u = U + t * Stride;
            Activations.Apply(Kind, G + t * Stride, h, Width);
            VectorMath.Multiply(h, u, h, Width);
        }
    }

    private struct GateBackward : IRowWork
    {
        public Activation Kind;
        public float* G, U, Dh, Dg, Du;
        public long Stride;
        public int Width;

        public readonly void Run(int t)
        {
            float* g = G + t * Stride, u = U + t * Stride, dg = Dg + t * Stride, du = Du + t * Stride, dh = Dh + (long)t * Width;
            // du = dh·act(g); dg = dh·u·act′(g).
            Activations.Apply(Kind, g, du, Width);
            Activations.Slope(Kind, g, dg, Width);
            VectorMath.Multiply(du, dh, du, Width);
            VectorMath.Multiply(dg, dh, dg, Width);
            VectorMath.Multiply(dg, u, dg, Width);
        }
    }
}
