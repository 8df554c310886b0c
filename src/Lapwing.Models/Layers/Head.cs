using Lapwing.Tensors;

namespace Lapwing.Models;

/// <summary>
/// From hidden states to logits, and to the cross-entropy of the right tokens. logits = cap · tanh(multiplier · W·h / cap), where there is a cap.
/// Logits exist only for rows that someone asked for, a few at a time: at 49,152 words a batch of them would be larger than the model.
/// </summary>
/// <param name="output">[vocabulary, hidden]; may share its matrix with the embedding.</param>
/// <param name="multiplier">What logits are multiplied by.</param>
/// <param name="softCap">0 for none.</param>
public sealed unsafe class Head(Linear output, float multiplier = 1, float softCap = 0)
{
    // 4 M logits at a time: 16 MB, within reach of the outer caches of small machines.
    private const int MostLogits = 4 << 20;

    /// <summary>A label that carries no loss.</summary>
    public const int NoLoss = -100;

    /// <summary>The matrix.</summary>
    public Linear Output => output;

    /// <summary>Words.</summary>
    public int Vocabulary => output.Outputs;

    /// <summary>h [rows, hidden] → logits [rows, vocabulary], taken from the workspace.</summary>
    public float* Logits(Pass pass, float* h, int rows)
    {
        float* logits = output.Forward(pass, h, rows);
        if (multiplier != 1) VectorMath.Scale(logits, multiplier, logits, rows * Vocabulary);
        if (softCap > 0) new Cap { Logits = logits, SoftCap = softCap, Width = Vocabulary }.ForEach(rows, 8L * Vocabulary);
        return logits;
    }

    /// <summary>
    /// Σ over rows with a label of −ln p(label | row), each row's share in <paramref name="losses"/> (0 where there is none).
    /// Where <paramref name="dHidden"/> is given, it receives (+=) <paramref name="weight"/> times the gradient, and the matrix gathers its own where it is trained.
    /// </summary>
    /// <param name="pass">The pass; its tape must not be needed for the rows' logits.</param>
    /// <param name="hidden">[labels.Length, hidden], after the last norm.</param>
    /// <param name="labels">The token that should follow each row, or <see cref="NoLoss"/>.</param>
    /// <param name="losses">[labels.Length].</param>
    /// <param name="weight">What one row's loss counts, usually 1 / (rows with loss in the whole batch).</param>
    /// <param name="dHidden">[labels.Length, hidden] or null.</param>
    public double Loss(Pass pass, float* hidden, ReadOnlySpan<int> labels, Span<float> losses, float weight = 1, float* dHidden = null)
    {
        losses[..labels.Length].Clear();
        int width = output.Inputs, most = Math.Max(1, MostLogits / Vocabulary);
        Span<int> chosen = most <= 1024 ? stackalloc int[most] : new int[most];
        double sum = 0;
        var outerTape = pass.Tape;
        pass.Tape = dHidden is null ? null : outerTape ?? new Tape();
        for (int from = 0; from < labels.Length;)
        {
            int rows = 0;
            for (; from < labels.Length && rows < most; from++)
                if (labels[from] != NoLoss) chosen[rows++] = from;
            if (rows == 0) break;
            sum += Chunk(pass, hidden, labels, chosen[..rows], losses, weight, dHidden, width);
        }
        pass.Tape = outerTape;
        return sum;
    }

    private double Chunk(Pass pass, float* hidden, ReadOnlySpan<int> labels, ReadOnlySpan<int> chosen, Span<float> losses, float weight, float* dHidden, int width)
    {
        var mark = pass.Workspace.Here;
        int rows = chosen.Length;
        float* h = pass.Workspace.Take((long)rows * width);
        int* targets = (int*)pass.Workspace.Take(rows);
        for (int r = 0; r < rows; r++)
        {
            new Span<float>(hidden + (long)chosen[r] * width, width).CopyTo(new Span<float>(h + (long)r * width, width));
            targets[r] = labels[chosen[r]];
            if ((uint)targets[r] >= (uint)Vocabulary) throw new ArgumentException($"label {targets[r]} is outside the vocabulary of {Vocabulary}");
        }
        float* logits = Logits(pass, h, rows), rowLosses = pass.Workspace.Take(rows);
        new CrossEntropy { Logits = logits, Losses = rowLosses, Targets = targets, Width = Vocabulary, Weight = weight, SoftCap = softCap, Multiplier = multiplier, Slope = dHidden is not null }
            .ForEach(rows, 8L * Vocabulary);
        double sum = 0;
        for (int r = 0; r < rows; r++)
        {
            losses[chosen[r]] = rowLosses[r];
            sum += rowLosses[r];
        }
        if (dHidden is not null)
        {
            float* dh = pass.Workspace.TakeZeroed((long)rows * width);
            output.Backward(pass, logits, rows, dh);
            for (int r = 0; r < rows; r++) VectorMath.Axpy(dHidden + (long)chosen[r] * width, 1f, dh + (long)r * width, width);
        }
        pass.Workspace.Release(mark);
        return sum;
    }

    private struct Cap : IRowWork
    {
        public float* Logits;
        public float SoftCap;
        public int Width;

        public readonly void Run(int r)
        {
            float* l = Logits + (long)r * Width;
            VectorMath.Scale(l, 1 / SoftCap, l, Width);
            VectorMath.Tanh(l, l, Width);
            VectorMath.Scale(l, SoftCap, l, Width);
        }
    }

    // Loss of each row and, in place of the logits, the gradient of the raw product: weight · (p − 1[label]) · multiplier · (1 − (l / cap)²).
    private struct CrossEntropy : IRowWork
    {
        public float* Logits, Losses;
        public int* Targets;
        public int Width;
        public float Weight, SoftCap, Multiplier;
        public bool Slope;

        public readonly void Run(int r)
        {
            float* l = Logits + (long)r * Width;
            int target = Targets[r];
            double logSum = VectorMath.LogSumExp(l, Width), loss = logSum - l[target];
            Losses[r] = (float)loss;
            if (!Slope) return;
            float shift = (float)logSum, weight = Weight * Multiplier;
            double right = -weight * (1 - Math.Exp(-loss)) * (SoftCap > 0 ? CapSlope(l[target]) : 1);
            // ln Σ is near 20, where float32 has steps of 2e-6: rounding it would make every probability wrong by as much, all in one direction.
            // What the rounding took away goes into the weight.
            float scale = (float)(weight * Math.Exp(shift - logSum));
            if (SoftCap > 0) Capped(l, shift, scale);
            else
            {
                for (int i = 0; i < Width; i++) l[i] -= shift;
                VectorMath.Exp(l, l, Width);
                VectorMath.Scale(l, scale, l, Width);
            }
            // p − 1 of a word that is nearly certain: from its loss, because p itself has no digits left for it.
            l[target] = (float)right;
        }

        private readonly void Capped(float* l, float shift, float scale)
        {
            const int width = 256;
            float* slopes = stackalloc float[width];
            for (int from = 0; from < Width; from += width, l += width)
            {
                int n = Math.Min(width, Width - from);
                for (int i = 0; i < n; i++) slopes[i] = CapSlope(l[i]) * scale;
                for (int i = 0; i < n; i++) l[i] -= shift;
                VectorMath.Exp(l, l, n);
                VectorMath.Multiply(l, slopes, l, n);
            }
        }

        private readonly float CapSlope(float logit) => 1 - logit / SoftCap * (logit / SoftCap);
    }
}
