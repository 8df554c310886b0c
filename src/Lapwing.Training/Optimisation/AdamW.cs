using System.Numerics;
using Lapwing.Tensors;

namespace Lapwing.Training;

/// <summary>Settings of <see cref="AdamW"/>; the defaults are PyTorch's, but for the weight decay (none).</summary>
public sealed record AdamWOptions
{
    /// <summary>Decay of the running mean of gradients.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Decay of the running mean of squared gradients.</summary>
    public double Beta2 { get; init; } = 0.999;

    /// <summary>Added to the root of the second moment, so that a tiny gradient makes no huge step.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Decoupled weight decay: every step multiplies the values by 1 − rate·decay.</summary>
    public double WeightDecay { get; init; }
}

/// <summary>
/// AdamW (Loshchilov and Hutter, arXiv 1711.05101) in the order of operations of <c>torch.optim.AdamW</c>: decay, both moments in float32,
/// then value −= rate/(1−β₁ᵗ) · m / (√v/√(1−β₂ᵗ) + ε). Element by element, so threads cannot change a bit.
/// </summary>
public sealed unsafe class AdamW : IDisposable
{
    private readonly IReadOnlyList<TrainableTensor> tensors;
    private readonly AdamWOptions options;
    private readonly NativeBuffer[] moments;

    /// <summary>An optimiser of these tensors with empty moments: 8 bytes an element.</summary>
    /// <exception cref="ArgumentException">An option out of its range; the message names it.</exception>
    public AdamW(IReadOnlyList<TrainableTensor> tensors, AdamWOptions options)
    {
        if (options.Beta1 is not (>= 0 and < 1)) throw new ArgumentException($"beta1 {options.Beta1}: must lie in [0, 1)");
        if (options.Beta2 is not (>= 0 and < 1)) throw new ArgumentException($"beta2 {options.Beta2}: must lie in [0, 1)");
        if (!(options.Epsilon > 0)) throw new ArgumentException($"epsilon {options.Epsilon}: must be positive");
        if (!(options.WeightDecay >= 0) || double.IsInfinity(options.WeightDecay)) throw new ArgumentException($"--weight-decay {options.WeightDecay}: must be 0 or a positive number");
        this.tensors = tensors;
        this.options = options;
        moments = [.. tensors.Select(t => new NativeBuffer(8L * t.Length))];
    }

    /// <summary>Steps taken so far; set when a run is resumed.</summary>
    public int Steps { get; set; }

    /// <summary>The running mean of gradients of tensor <paramref name="index"/>: part of what a resumed run needs.</summary>
    public Span<float> FirstMoment(int index) => new(moments[index].Floats, tensors[index].Length);

    /// <summary>The running mean of squared gradients of tensor <paramref name="index"/>.</summary>
    public Span<float> SecondMoment(int index) => new(moments[index].Floats + tensors[index].Length, tensors[index].Length);

    /// <summary>One step with the gradients as they stand, at <paramref name="rate"/>. Gradients are left as they are.</summary>
    public void Step(double rate)
    {
        Steps++;
        double correction1 = 1 - Math.Pow(options.Beta1, Steps);
        double correction2 = Math.Sqrt(1 - Math.Pow(options.Beta2, Steps));
        var k = new Coefficients(
            Keep: (float)(1 - rate * options.WeightDecay),
            Toward1: (float)(1 - options.Beta1),
            Keep2: (float)options.Beta2,
            Toward2: (float)(1 - options.Beta2),
            RootCorrection: (float)correction2,
            Epsilon: (float)options.Epsilon,
            Step: (float)(rate / correction1));
        for (int i = 0; i < tensors.Count; i++) Update(tensors[i].Value, tensors[i].Gradient, FirstMoment(i), SecondMoment(i), k);
    }

    /// <summary>Frees the moments.</summary>
    public void Dispose()
    {
        foreach (var buffer in moments) buffer.Dispose();
    }

    private static void Update(Span<float> value, ReadOnlySpan<float> gradient, Span<float> mean, Span<float> square, in Coefficients k)
    {
        int i = 0;
        var root = new Vector<float>(k.RootCorrection);
        var epsilon = new Vector<float>(k.Epsilon);
        for (; i <= value.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            var g = new Vector<float>(gradient[i..]);
            var m = new Vector<float>(mean[i..]);
            m += k.Toward1 * (g - m);
            var v = new Vector<float>(square[i..]) * k.Keep2 + g * g * k.Toward2;
            m.CopyTo(mean[i..]);
            v.CopyTo(square[i..]);
            var denominator = Vector.SquareRoot(v) / root + epsilon;
            (new Vector<float>(value[i..]) * k.Keep - k.Step * (m / denominator)).CopyTo(value[i..]);
        }

        for (; i < value.Length; i++)
        {
            float g = gradient[i];
            float m = mean[i] += k.Toward1 * (g - mean[i]);
            float v = square[i] = square[i] * k.Keep2 + g * g * k.Toward2;
            value[i] = value[i] * k.Keep - k.Step * (m / (MathF.Sqrt(v) / k.RootCorrection + k.Epsilon));
        }
    }

    private readonly record struct Coefficients(float Keep, float Toward1, float Keep2, float Toward2, float RootCorrection, float Epsilon, float Step);
}
