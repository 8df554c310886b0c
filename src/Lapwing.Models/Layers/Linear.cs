using Lapwing.Tensors;

namespace Lapwing.Models;

/// <summary>
/// y = x·Wᵀ + b, and what adapters add to it. The matrix may be of any stored type; while it is frozen it stays where the file put it.
/// </summary>
/// <param name="name">Its name in the form of Transformers, without <c>.weight</c>: <c>model.layers.0.self_attn.q_proj</c>.</param>
/// <param name="weight">[outputs, inputs].</param>
/// <param name="bias">[outputs], or none.</param>
public sealed unsafe class Linear(string name, Parameter weight, Parameter? bias = null)
{
    private const int MostTogether = 4;
    private readonly List<LinearAdapter> adapters = [];

    /// <summary>Its name in the form of Transformers.</summary>
    public string Name { get; } = name;

    /// <summary>Outputs.</summary>
    public int Outputs => weight.Value.Rows;

    /// <summary>Inputs.</summary>
    public int Inputs => weight.Value.Columns;

    /// <summary>The matrix [outputs, inputs].</summary>
    public Parameter Weight => weight;

    /// <summary>The bias [outputs], if it has one.</summary>
    public Parameter? Bias => bias;

    /// <summary>Its name in a GGUF file, without <c>.weight</c>; null where such a file has no matrix of its own for it (an expert of many).</summary>
    public string? GgufName { get; init; }

    /// <summary>For an expert: the name of the stack that holds all experts' matrices in a GGUF file, without <c>.weight</c>.</summary>
    public string? StackName { get; init; }

    /// <summary>How a GGUF file of this family orders its rows; null for Transformers' order.</summary>
    public RowOrder? GgufRows { get; init; }

    /// <summary>Whether the weights here came from a GGUF file and so stand in its order.</summary>
    public bool InGgufOrder { get; init; }

    /// <summary>The order of the stored rows where it is not Transformers'.</summary>
    public RowOrder? StoredRows => InGgufOrder ? GgufRows : null;

    /// <summary>What is added to its output, in order.</summary>
    public IReadOnlyList<LinearAdapter> Adapters => adapters;

    /// <summary>What it learns, adapters apart.</summary>
    public IEnumerable<Parameter> Parameters => bias is null ? [weight] : [weight, bias];

    /// <summary>Adds an adapter.</summary>
    /// <exception cref="ArgumentException">Its shapes are not this layer's.</exception>
    public void Attach(LinearAdapter adapter)
    {
        if (adapter.Inputs != Inputs || adapter.Outputs != Outputs)
            throw new ArgumentException($"the adapter for {Name} maps {adapter.Inputs} → {adapter.Outputs}, the layer {Inputs} → {Outputs}: it was made for another base");
        adapters.Add(adapter);
    }

    /// <summary>Takes an adapter off again.</summary>
    public void Detach(LinearAdapter adapter) => adapters.Remove(adapter);

    /// <summary>x [tokens, inputs] → y [tokens, outputs], taken from the workspace.</summary>
    public float* Forward(Pass pass, float* x, int tokens)
    {
        float* y = pass.Workspace.Take((long)tokens * Outputs);
        pass.Arithmetic.Linear(weight.Value, x, tokens, y);
        Finish(pass, x, tokens, y);
        return y;
    }

    /// <summary>Several layers on the same x, so that x is prepared for the matrix product once; <paramref name="outputs"/> receives each y.</summary>
    public static void Forward(Pass pass, ReadOnlySpan<Linear> layers, float* x, int tokens, Span<nint> outputs)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(layers.Length, MostTogether);
        var weights = new Matrices();
        for (int m = 0; m < layers.Length; m++)
        {
            weights[m] = layers[m].Weight.Value;
            outputs[m] = (nint)pass.Workspace.Take((long)tokens * layers[m].Outputs);
        }
        pass.Arithmetic.Linear(((ReadOnlySpan<WeightMatrix>)weights)[..layers.Length], x, tokens, outputs[..layers.Length]);
        for (int m = 0; m < layers.Length; m++) layers[m].Finish(pass, x, tokens, (float*)outputs[m]);
    }

    /// <summary>dx += dy·W and through the adapters; gathers dW = dyᵀ·x and db = Σ dy where they are trained.</summary>
    public void Backward(Pass pass, float* dy, int tokens, float* dx)
    {
        if (pass.UseAdapters)
            for (int a = adapters.Count - 1; a >= 0; a--) adapters[a].Backward(pass, dy, tokens, dx);
        float* x = pass.Tape!.Pop();
        if (dx is not null) pass.Arithmetic.LinearBackwardInput(weight.Value, dy, tokens, dx);
        if (weight.IsTrained) pass.Arithmetic.LinearBackwardWeight(dy, x, tokens, Outputs, Inputs, weight.Gradient);
        if (bias?.IsTrained == true)
            for (int t = 0; t < tokens; t++) VectorMath.Axpy(bias.Gradient, 1f, dy + (long)t * Outputs, Outputs);
    }

    private void Finish(Pass pass, float* x, int tokens, float* y)
    {
        if (bias is not null)
            for (int t = 0; t < tokens; t++) VectorMath.Axpy(y + (long)t * Outputs, 1f, bias.Floats, Outputs);
        pass.Tape?.Push(x);
        if (pass.UseAdapters)
            foreach (var adapter in adapters) adapter.Forward(pass, x, tokens, y);
    }

    [System.Runtime.CompilerServices.InlineArray(MostTogether)]
    private struct Matrices
    {
        private WeightMatrix first;
    }
}
