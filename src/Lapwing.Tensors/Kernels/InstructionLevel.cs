namespace Lapwing.Tensors;

/// <summary>Which vector instructions the kernels use. Every level computes the same bits; they differ in speed only.</summary>
public enum InstructionLevel
{
    /// <summary>128-bit vectors, whatever the processor calls them (SSE2, AdvSimd).</summary>
    Portable,

    /// <summary>x86-64 with AVX2 and FMA: 256-bit vectors.</summary>
    Avx2,

    /// <summary>x86-64 with AVX-512 F, BW, DQ and VL: 512-bit vectors.</summary>
    Avx512,

    /// <summary>The same with VNNI, by machine code written at run time where .NET has no intrinsic.</summary>
    Avx512Vnni,
}
