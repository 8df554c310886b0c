using Lapwing.Formats;
using Lapwing.Tensors;

namespace Lapwing.Models;

/// <summary>The non-linearity of an MLP.</summary>
public enum Activation
{
    /// <summary>x · sigmoid(x).</summary>
    Silu,

    /// <summary>GELU by its tanh approximation.</summary>
    GeluTanh,

    /// <summary>GELU by the error function.</summary>
    GeluErf,

    /// <summary>max(x, 0).</summary>
    Relu,
}

/// <summary>Activations and their derivatives over rows.</summary>
internal static unsafe class Activations
{
    /// <summary>The activation that a <c>config.json</c> calls by that name.</summary>
    /// <exception cref="NotSupportedException">The name is unknown.</exception>
    public static Activation Parse(string name) => name switch
    {
        "silu" or "swish" => Activation.Silu,
        "gelu_pytorch_tanh" or "gelu_new" or "gelu_fast" or "gelu_pytorch" or "gelu_accurate" => Activation.GeluTanh,
        "gelu" or "gelu_python" => Activation.GeluErf,
        "relu" => Activation.Relu,
        _ => throw new NotSupportedException($"activation {Wording.Quote(name)} is not supported: silu, gelu, gelu_new, gelu_pytorch_tanh and relu are"),
    };

    /// <summary>y = act(x).</summary>
    public static void Apply(Activation kind, float* x, float* y, int n)
    {
        switch (kind)
        {
            case Activation.Silu: VectorMath.Silu(x, y, n); break;
            case Activation.GeluTanh: VectorMath.GeluTanh(x, y, n); break;
            case Activation.GeluErf: VectorMath.GeluErf(x, y, n); break;
            default: for (int i = 0; i < n; i++) y[i] = Math.Max(x[i], 0); break;
        }
    }

    /// <summary>y = act′(x).</summary>
    public static void Slope(Activation kind, float* x, float* y, int n)
    {
        switch (kind)
        {
            case Activation.Silu: VectorMath.SiluDerivative(x, y, n); break;
            case Activation.GeluTanh: VectorMath.GeluTanhDerivative(x, y, n); break;
            case Activation.GeluErf: VectorMath.GeluErfDerivative(x, y, n); break;
            default: for (int i = 0; i < n; i++) y[i] = x[i] > 0 ? 1 : 0; break;
        }
    }
}
