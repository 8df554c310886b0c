using Lapwing.Tensors;

namespace Lapwing.Models;

/// <summary>y = down(act(up(x))): the MLP of the first transformers.</summary>
public sealed unsafe class PlainMlp(Activation activation, Linear up, Linear down) : FeedForward
{
    /// <inheritdoc/>
    public override IEnumerable<Linear> Linears => [up, down];

    /// <inheritdoc/>
    public override float* Forward(Pass pass, float* x, int tokens)
    {
        float* inner = up.Forward(pass, x, tokens), h = pass.Workspace.Take((long)tokens * up.Outputs);
        new Rows { Kind = activation, X = inner, Y = h, Width = up.Outputs }.ForEach(tokens, 8L * up.Outputs);
        pass.Tape?.Push(inner);
        return down.Forward(pass, h, tokens);
    }

    /// <inheritdoc/>
    public override void Backward(Pass pass, float* dy, int tokens, float* dx)
    {
        float* dh = pass.Workspace.TakeZeroed((long)tokens * up.Outputs);
        down.Backward(pass, dy, tokens, dh);
        float* inner = pass.Tape!.Pop(), slope = pass.Workspace.Take((long)tokens * up.Outputs);
        new Rows { Kind = activation, X = inner, Y = slope, Width = up.Outputs, Back = dh }.ForEach(tokens, 8L * up.Outputs);
        up.Backward(pass, slope, tokens, dx);
    }

    private struct Rows : IRowWork
    {
        public Activation Kind;
        public float* X, Y, Back;
        public int Width;

        public readonly void Run(int t)
        {
            float* x = X + (long)t * Width, y = Y + (long)t * Width;
            if (Back is null)
            {
                Activations.Apply(Kind, x, y, Width);
                return;
            }
            float* back = Back + (long)t * Width;
            Activations.Slope(Kind, x, y, Width);
            VectorMath.Multiply(y, back, y, Width);
        }
    }
}
