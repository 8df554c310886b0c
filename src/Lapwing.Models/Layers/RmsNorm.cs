using Lapwing.Tensors;

namespace Lapwing.Models;

/// <summary>
/// y = x / √(mean(x²) + ε) · (w + offset) (Zhang and Sennrich, arXiv:1910.07467). Gemma stores w − 1, hence the offset.
/// A row is as wide as the weight, so the same layer normalises whole rows and, with a weight one head wide, each head apart.
/// </summary>
public sealed unsafe class RmsNorm(Parameter weight, float epsilon, float offset = 0) : Norm
{
    /// <inheritdoc/>
    public override int Width => weight.Value.Columns;

    /// <inheritdoc/>
    public override IEnumerable<Parameter> Parameters => [weight];

    /// <inheritdoc/>
    public override float* Forward(Pass pass, float* x, int rows)
    {
        int n = Width;
        float* y = pass.Workspace.Take((long)rows * n), inverse = pass.Workspace.Take(rows);
        new Rows { X = x, Y = y, Inverse = inverse, Weight = weight.Floats, N = n, Epsilon = epsilon, Offset = offset }.ForEach(rows, n);
        pass.Tape?.Push(x);
        pass.Tape?.Push(inverse);
        return y;
    }

    /// <inheritdoc/>
    public override void Backward(Pass pass, float* dy, int rows, float* dx)
    {
        int n = Width;
        float* inverse = pass.Tape!.Pop(), x = pass.Tape.Pop(), w = weight.Floats;
        // With r = 1/√(mean(x²)+ε) and g = dy·(w + offset): dx = r·g − x·r³/n·Σ g·x.
        new BackwardRows { X = x, Dy = dy, Dx = dx, Inverse = inverse, Weight = w, N = n, Offset = offset }.ForEach(rows, n);
        if (!weight.IsTrained) return;
        for (int r = 0; r < rows; r++)
            for (int i = 0; i < n; i++)
                weight.Gradient[i] += dy[(long)r * n + i] * x[(long)r * n + i] * inverse[r];
    }

    private struct Rows : IRowWork
    {
        public float* X, Y, Inverse, Weight;
        public int N;
        public float Epsilon, Offset;

        public readonly void Run(int r)
        {
            float* x = X + (long)r * N, y = Y + (long)r * N;
            float scale = 1f / MathF.Sqrt(VectorMath.SumOfSquares(x, N) / N + Epsilon);
            Inverse[r] = scale;
            if (Offset == 0)
            {
                VectorMath.Scale(x, scale, y, N);
                VectorMath.Multiply(y, Weight, y, N);
            }
            else for (int i = 0; i < N; i++) y[i] = (Weight[i] + Offset) * (x[i] * scale);
        }
    }

    private struct BackwardRows : IRowWork
    {
        public float* X, Dy, Dx, Inverse, Weight;
        public int N;
        public float Offset;

        public readonly void Run(int r)
        {
            float* x = X + (long)r * N, dy = Dy + (long)r * N, dx = Dx + (long)r * N;
            float sum = 0, scale = Inverse[r];
            for (int i = 0; i < N; i++) sum += dy[i] * (Weight[i] + Offset) * x[i];
            float back = scale * scale * scale / N * sum;
            for (int i = 0; i < N; i++) dx[i] += scale * dy[i] * (Weight[i] + Offset) - x[i] * back;
        }
    }
}
