using System.Runtime.Intrinsics;

namespace Lapwing.Tensors;

/// <summary>
/// Sixteen 32-bit lanes: one 512-bit register, two of 256 or four of 128. Kernels are written once over this, so a lane sees the same
/// operations in the same order at every instruction level, and IEEE 754 makes the bits the same. Nothing here may round otherwise:
/// no estimates, no reassociation, a multiply-add is fused everywhere.
/// </summary>
/// <remarks>Members named …Bits treat lanes as 32-bit integers; comparisons give all ones or all zeros a lane.</remarks>
internal unsafe interface ILanes<T>
    where T : unmanaged, ILanes<T>
{
    /// <summary>32 registers of 16 lanes: kernels then take their large tiles.</summary>
    static abstract bool IsWide { get; }

    static abstract T operator +(T a, T b);

    static abstract T operator -(T a, T b);

    static abstract T operator *(T a, T b);

    static abstract T operator /(T a, T b);

    static abstract T operator &(T a, T b);

    static abstract T operator |(T a, T b);

    static abstract T operator ^(T a, T b);

    static abstract T Create(float value);

    static abstract T CreateBits(int value);

    /// <summary>Lanes 0 … 7 are <paramref name="low"/>, lanes 8 … 15 <paramref name="high"/>.</summary>
    static abstract T Create(float low, float high);

    static abstract T Load(float* source);

    static abstract void Store(T value, float* target);

    /// <summary>a · b + c, rounded once.</summary>
    static abstract T MultiplyAdd(T a, T b, T c);

    /// <summary>False for NaN.</summary>
    static abstract T GreaterThan(T a, T b);

    static abstract T GreaterThanBits(T a, T b);

    static abstract T Select(T mask, T yes, T no);

    static abstract T AddBits(T a, T b);

    static abstract T SubtractBits(T a, T b);

    static abstract T MaxBits(T a, T b);

    static abstract T ShiftLeftBits(T a, int count);

    static abstract T ShiftRightBits(T a, int count);

    /// <summary>Copies of the sign come in from the left.</summary>
    static abstract T ShiftRightSignedBits(T a, int count);

    /// <summary>Integer lanes to float.</summary>
    static abstract T ToFloat(T bits);

    /// <summary>Sixteen 16-bit integers, sign-extended.</summary>
    static abstract T LoadShorts(ushort* source);

    /// <summary>The low 16 bits of every lane.</summary>
    static abstract void StoreShorts(T bits, ushort* target);

    /// <summary>Both hold 32 signed 16-bit integers; integer lane l is a₂ₗ·b₂ₗ + a₂ₗ₊₁·b₂ₗ₊₁.</summary>
    static abstract T MultiplyAddPairs(T a, T b);

    /// <summary>32 bytes as 16-bit integers.</summary>
    static abstract T LoadBytes(byte* source);

    /// <summary>32 signed bytes as 16-bit integers.</summary>
    static abstract T LoadSignedBytes(byte* source);

    /// <summary>
    /// 16 bytes as 16-bit integers twice, shifted left by counts of <see cref="NibbleShifts"/>: their lower nibbles come to lie at that position
    /// in the first 16, the upper ones in the last; other bits are to be masked away.
    /// </summary>
    static abstract T LoadNibbles(byte* source, T shifts);

    /// <summary>
    /// For the first 16 of 32 shifts to <paramref name="position"/>, for the last 16 shifts by 4 less, in whatever form the level shifts.
    /// </summary>
    static abstract T NibbleShifts(int position);

    /// <summary>32 integers of 16 bits.</summary>
    static abstract T SubtractShorts(T a, T b);

    /// <summary>32 integers of 16 bits.</summary>
    static abstract T ShiftLeftShorts(T a, int count);

    /// <summary>32 products of 16-bit integers as fractions of 2¹⁵: (a·b + 2¹⁴) >> 15. Not for both −2¹⁵.</summary>
    static abstract T MultiplyHighShorts(T a, T b);

    /// <summary>In lanes 0 … 7 the greatest integer of these, in lanes 8 … 15 likewise.</summary>
    static abstract T MaxOfHalves(T bits);

    /// <summary>In all lanes the greatest integer.</summary>
    static abstract T MaxOfAll(T bits);

    /// <summary>Lane l of 0 … 3 is (a[l] + a[l + 8]) + (a[l + 4] + a[l + 12]): the first half of the canonical reduction.</summary>
    static abstract Vector128<float> Fold(T value);
}
