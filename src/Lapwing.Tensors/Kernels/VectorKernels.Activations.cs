using System.Runtime.CompilerServices;

namespace Lapwing.Tensors;

/// <content>Activation functions and their derivatives.</content>
internal sealed unsafe partial class VectorKernels<L>
{
    // √(2/π), the cubic term of the tanh form (Hendrycks and Gimpel 2016), 1/√2 and 1/√(2π).
    private const float RootTwoOverPi = 0.7978845608028654f, Cubic = 0.044715f, RootHalf = 0.7071067811865476f, RootInverseTwoPi = 0.3989422804014327f;

    public override void Exp(float* x, float* y, long n) => Map<ExpOperation>(x, y, n);

    public override void Tanh(float* x, float* y, long n) => Map<TanhOperation>(x, y, n);

    public override void Erf(float* x, float* y, long n) => Map<ErfOperation>(x, y, n);

    public override void Sigmoid(float* x, float* y, long n) => Map<SigmoidOperation>(x, y, n);

    public override void Silu(float* x, float* y, long n) => Map<SiluOperation>(x, y, n);

    public override void SiluDerivative(float* x, float* y, long n) => Map<SiluDerivativeOperation>(x, y, n);

    public override void GeluTanh(float* x, float* y, long n) => Map<GeluTanhOperation>(x, y, n);

    public override void GeluTanhDerivative(float* x, float* y, long n) => Map<GeluTanhDerivativeOperation>(x, y, n);

    public override void GeluErf(float* x, float* y, long n) => Map<GeluErfOperation>(x, y, n);

    public override void GeluErfDerivative(float* x, float* y, long n) => Map<GeluErfDerivativeOperation>(x, y, n);

    private readonly struct ExpOperation : IUnary
    {
        public static L Apply(L x) => LaneFunctions<L>.Exp(x);
    }

    private readonly struct TanhOperation : IUnary
    {
        public static L Apply(L x) => LaneFunctions<L>.Tanh(x);
    }

    private readonly struct ErfOperation : IUnary
    {
        public static L Apply(L x) => LaneFunctions<L>.Erf(x);
    }

    private readonly struct SigmoidOperation : IUnary
    {
        public static L Apply(L x) => LaneFunctions<L>.Sigmoid(x);
    }

    private readonly struct SiluOperation : IUnary
    {
        public static L Apply(L x) => x * LaneFunctions<L>.Sigmoid(x);
    }

    private readonly struct SiluDerivativeOperation : IUnary
    {
        public static L Apply(L x)
        {
            var (s, rest) = LaneFunctions<L>.Logistic(x);
            return s * L.MultiplyAdd(x, rest, L.Create(1f));
        }
    }

    /// <summary>½x(1 + tanh u) = x · sigmoid(2u), without the cancellation of 1 + tanh where u is very negative.</summary>
    private readonly struct GeluTanhOperation : IUnary
    {
        public static L Apply(L x) => x * LaneFunctions<L>.Sigmoid(TwiceInner(x));
    }

    private readonly struct GeluTanhDerivativeOperation : IUnary
    {
        public static L Apply(L x)
        {
            // Beyond 20 the second term is 0, and its cubic would overflow.
            x = L.Select(L.GreaterThan(x, L.Create(20f)), L.Create(20f), x);
            x = L.Select(L.GreaterThan(L.Create(-20f), x), L.Create(-20f), x);
            var (s, rest) = LaneFunctions<L>.Logistic(TwiceInner(x));
            var slope = L.MultiplyAdd(x * x, L.Create(6 * RootTwoOverPi * Cubic), L.Create(2 * RootTwoOverPi));
            return L.MultiplyAdd(x * slope, s * rest, s);
        }
    }

    private readonly struct GeluErfOperation : IUnary
    {
        public static L Apply(L x) => x * Normal(x);
    }

    private readonly struct GeluErfDerivativeOperation : IUnary
    {
        public static L Apply(L x) => L.MultiplyAdd(x, L.Create(RootInverseTwoPi) * LaneFunctions<L>.Exp(L.Create(-0.5f) * x * x), Normal(x));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static L TwiceInner(L x) => x * L.MultiplyAdd(x * x, L.Create(2 * RootTwoOverPi * Cubic), L.Create(2 * RootTwoOverPi));

    /// <summary>The standard normal distribution function.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static L Normal(L x) => L.MultiplyAdd(LaneFunctions<L>.Erf(x * L.Create(RootHalf)), L.Create(0.5f), L.Create(0.5f));
}
