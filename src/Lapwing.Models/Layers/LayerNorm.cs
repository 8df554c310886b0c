namespace Lapwing.Models;

/// <summary>y = (x − mean) / √(variance + ε) · w + b (Ba, Kiros and Hinton, arXiv:1607.06450). The bias may be absent.</summary>
public sealed unsafe class LayerNorm(Parameter weight, Parameter? bias, float epsilon) : Norm
{
    /// <inheritdoc/>
    public override int Width => weight.Value.Columns;

    /// <inheritdoc/>
    public override IEnumerable<Parameter> Parameters => bias is null ? [weight] : [weight, bias];

    /// <inheritdoc/>
    public override float* Forward(Pass pass, float* x, int rows)
    {
        int n = Width;
        float* y = pass.Workspace.Take((long)rows * n), statistics = pass.Workspace.Take(2L * rows);
        new Rows { X = x, Y = y, Statistics = statistics, Weight = weight.Floats, Bias = bias is null ? null : bias.Floats, N = n, Epsilon = epsilon }.ForEach(rows, n);
        pass.Tape?.Push(x);
        pass.Tape?.Push(statistics);
        return y;
    }

    /// <inheritdoc/>
    public override void Backward(Pass pass, float* dy, int rows, float* dx)
    {
        int n = Width;
        float* statistics = pass.Tape!.Pop(), x = pass.Tape.Pop();
        // With x̂ = (x − m)·r and g = dy·w: dx = r·(g − mean(g) − x̂·mean(g·x̂)).
        new BackwardRows { X = x, Dy = dy, Dx = dx, Statistics = statistics, Weight = weight.Floats, N = n }.ForEach(rows, n);
        if (!weight.IsTrained && bias?.IsTrained != true) return;
        for (int r = 0; r < rows; r++)
        {
            float mean = statistics[2 * r], inverse = statistics[2 * r + 1];
            float* xr = x + (long)r * n, dr = dy + (long)r * n;
            if (weight.IsTrained) for (int i = 0; i < n; i++) weight.Gradient[i] += dr[i] * (xr[i] - mean) * inverse;
            if (bias?.IsTrained == true) for (int i = 0; i < n; i++) bias.Gradient[i] += dr[i];
        }
    }

    private struct Rows : IRowWork
    {
        public float* X, Y, Statistics, Weight, Bias;
        public int N;
        public float Epsilon;

        public readonly void Run(int r)
        {
            float* x = X + (long)r * N, y = Y + (long)r * N;
            float sum = 0, squares = 0;
            for (int i = 0; i < N; i++) sum += x[i];
            float mean = sum / N;
            for (int i = 0; i < N; i++) squares += (x[i] - mean) * (x[i] - mean);
            float inverse = 1f / MathF.Sqrt(squares / N + Epsilon);
            (Statistics[2 * r], Statistics[2 * r + 1]) = (mean, inverse);
            for (int i = 0; i < N; i++) y[i] = (x[i] - mean) * inverse * Weight[i] + (Bias is null ? 0 : Bias[i]);
        }
    }

    private struct BackwardRows : IRowWork
    {
        public float* X, Dy, Dx, Statistics, Weight;
        public int N;

        public readonly void Run(int r)
        {
            float* x = X + (long)r * N, dy = Dy + (long)r * N, dx = Dx + (long)r * N;
            float mean = Statistics[2 * r], inverse = Statistics[2 * r + 1], sum = 0, along = 0;
            for (int i = 0; i < N; i++)
            {
                float g = dy[i] * Weight[i];
                sum += g;
                along += g * (x[i] - mean) * inverse;
            }
            sum /= N;
            along /= N;
            for (int i = 0; i < N; i++) dx[i] += inverse * (dy[i] * Weight[i] - sum - (x[i] - mean) * inverse * along);
        }
    }
}
