using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Lapwing.Tensors;

/// <summary>Sixteen lanes in two 256-bit registers.</summary>
internal readonly unsafe struct Lanes256(Vector256<float> v0, Vector256<float> v1) : ILanes<Lanes256>
{
    private readonly Vector256<float> x0 = v0;
    private readonly Vector256<float> x1 = v1;

    public static bool IsWide => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 operator +(Lanes256 a, Lanes256 b) => new(a.x0 + b.x0, a.x1 + b.x1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 operator -(Lanes256 a, Lanes256 b) => new(a.x0 - b.x0, a.x1 - b.x1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 operator *(Lanes256 a, Lanes256 b) => new(a.x0 * b.x0, a.x1 * b.x1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 operator /(Lanes256 a, Lanes256 b) => new(a.x0 / b.x0, a.x1 / b.x1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 operator &(Lanes256 a, Lanes256 b) => new(a.x0 & b.x0, a.x1 & b.x1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 operator |(Lanes256 a, Lanes256 b) => new(a.x0 | b.x0, a.x1 | b.x1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 operator ^(Lanes256 a, Lanes256 b) => new(a.x0 ^ b.x0, a.x1 ^ b.x1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Create(float value) => new(Vector256.Create(value), Vector256.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 CreateBits(int value) => new(Vector256.Create(value).AsSingle(), Vector256.Create(value).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Create(float low, float high) => new(Vector256.Create(low), Vector256.Create(high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Load(float* source) => new(Vector256.Load(source), Vector256.Load(source + 8));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Lanes256 value, float* target)
    {
        value.x0.Store(target);
        value.x1.Store(target + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 MultiplyAdd(Lanes256 a, Lanes256 b, Lanes256 c) => new(
        Vector256.FusedMultiplyAdd(a.x0, b.x0, c.x0),
        Vector256.FusedMultiplyAdd(a.x1, b.x1, c.x1));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 GreaterThan(Lanes256 a, Lanes256 b) => new(Vector256.GreaterThan(a.x0, b.x0), Vector256.GreaterThan(a.x1, b.x1));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 GreaterThanBits(Lanes256 a, Lanes256 b) => new(
        Vector256.GreaterThan(a.x0.AsInt32(), b.x0.AsInt32()).AsSingle(),
        Vector256.GreaterThan(a.x1.AsInt32(), b.x1.AsInt32()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Select(Lanes256 mask, Lanes256 yes, Lanes256 no) => new(
        Vector256.ConditionalSelect(mask.x0, yes.x0, no.x0),
        Vector256.ConditionalSelect(mask.x1, yes.x1, no.x1));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 AddBits(Lanes256 a, Lanes256 b) => new(
        (a.x0.AsInt32() + b.x0.AsInt32()).AsSingle(),
        (a.x1.AsInt32() + b.x1.AsInt32()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 SubtractBits(Lanes256 a, Lanes256 b) => new(
        (a.x0.AsInt32() - b.x0.AsInt32()).AsSingle(),
        (a.x1.AsInt32() - b.x1.AsInt32()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 MaxBits(Lanes256 a, Lanes256 b) => new(
        Vector256.Max(a.x0.AsInt32(), b.x0.AsInt32()).AsSingle(),
        Vector256.Max(a.x1.AsInt32(), b.x1.AsInt32()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 ShiftLeftBits(Lanes256 a, int count) => new((a.x0.AsInt32() << count).AsSingle(), (a.x1.AsInt32() << count).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 ShiftRightBits(Lanes256 a, int count) => new((a.x0.AsInt32() >>> count).AsSingle(), (a.x1.AsInt32() >>> count).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 ShiftRightSignedBits(Lanes256 a, int count) => new(
        (a.x0.AsInt32() >> count).AsSingle(),
        (a.x1.AsInt32() >> count).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 ToFloat(Lanes256 bits) => new(Vector256.ConvertToSingle(bits.x0.AsInt32()), Vector256.ConvertToSingle(bits.x1.AsInt32()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 LoadShorts(ushort* source) => new(
        Avx2.ConvertToVector256Int32(Vector128.Load((short*)source)).AsSingle(),
        Avx2.ConvertToVector256Int32(Vector128.Load((short*)source + 8)).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreShorts(Lanes256 bits, ushort* target)
    {
        // Narrowing saturates, so the upper halves go first; it works within 128-bit halves, so the quarters are put in order.
        var mask = Vector256.Create(0xffff);
        var packed = Avx2.PackUnsignedSaturate(bits.x0.AsInt32() & mask, bits.x1.AsInt32() & mask);
        Avx2.Permute4x64(packed.AsUInt64(), 0b11_01_10_00).AsUInt16().Store(target);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 MultiplyAddPairs(Lanes256 a, Lanes256 b) => new(
        Avx2.MultiplyAddAdjacent(a.x0.AsInt16(), b.x0.AsInt16()).AsSingle(),
        Avx2.MultiplyAddAdjacent(a.x1.AsInt16(), b.x1.AsInt16()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 LoadBytes(byte* source) => new(
        Avx2.ConvertToVector256Int16(Vector128.Load(source)).AsSingle(),
        Avx2.ConvertToVector256Int16(Vector128.Load(source + 16)).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 LoadSignedBytes(byte* source) => new(
        Avx2.ConvertToVector256Int16(Vector128.Load((sbyte*)source)).AsSingle(),
        Avx2.ConvertToVector256Int16(Vector128.Load((sbyte*)source + 16)).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 LoadNibbles(byte* source, Lanes256 shifts)
    {
        // No shift by 16-bit counts before AVX-512: the counts come as powers of two.
        var bytes = Avx2.ConvertToVector256Int16(Vector128.Load(source));
        return new((bytes * shifts.x0.AsInt16()).AsSingle(), (bytes * shifts.x1.AsInt16()).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 NibbleShifts(int position) =>
        new(Vector256.Create((short)(1 << position)).AsSingle(), Vector256.Create((short)(1 << (position - 4))).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 SubtractShorts(Lanes256 a, Lanes256 b) => new(
        (a.x0.AsInt16() - b.x0.AsInt16()).AsSingle(),
        (a.x1.AsInt16() - b.x1.AsInt16()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 ShiftLeftShorts(Lanes256 a, int count) => new(
        (a.x0.AsInt16() << count).AsSingle(),
        (a.x1.AsInt16() << count).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 MultiplyHighShorts(Lanes256 a, Lanes256 b) => new(
        Avx2.MultiplyHighRoundScale(a.x0.AsInt16(), b.x0.AsInt16()).AsSingle(),
        Avx2.MultiplyHighRoundScale(a.x1.AsInt16(), b.x1.AsInt16()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 MaxOfHalves(Lanes256 bits) => new(MaxOf(bits.x0.AsInt32()).AsSingle(), MaxOf(bits.x1.AsInt32()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 MaxOfAll(Lanes256 bits)
    {
        var m = MaxOf(Vector256.Max(bits.x0.AsInt32(), bits.x1.AsInt32())).AsSingle();
        return new(m, m);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Fold(Lanes256 value)
    {
        var half = value.x0 + value.x1;
        return half.GetLower() + half.GetUpper();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> MaxOf(Vector256<int> m)
    {
        m = Vector256.Max(m, Avx2.Permute2x128(m, m, 1));
        m = Vector256.Max(m, Avx2.Shuffle(m, 0b01_00_11_10));
        return Vector256.Max(m, Avx2.Shuffle(m, 0b10_11_00_01));
    }
}
