using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Lapwing.Tensors;

/// <summary>Sixteen lanes in one AVX-512 register.</summary>
internal readonly unsafe struct Lanes512(Vector512<float> value) : ILanes<Lanes512>
{
    private readonly Vector512<float> v = value;

    public static bool IsWide => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Lanes512 operator +(Lanes512 a, Lanes512 b) => new(a.v + b.v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Lanes512 operator -(Lanes512 a, Lanes512 b) => new(a.v - b.v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Lanes512 operator *(Lanes512 a, Lanes512 b) => new(a.v * b.v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Lanes512 operator /(Lanes512 a, Lanes512 b) => new(a.v / b.v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Lanes512 operator &(Lanes512 a, Lanes512 b) => new(a.v & b.v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Lanes512 operator |(Lanes512 a, Lanes512 b) => new(a.v | b.v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Lanes512 operator ^(Lanes512 a, Lanes512 b) => new(a.v ^ b.v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Lanes512 Create(float value) => new(Vector512.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Lanes512 CreateBits(int value) => new(Vector512.Create(value).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Create(float low, float high) => new(Vector512.Create(Vector256.Create(low), Vector256.Create(high)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Lanes512 Load(float* source) => new(Vector512.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static void Store(Lanes512 value, float* target) => value.v.Store(target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 MultiplyAdd(Lanes512 a, Lanes512 b, Lanes512 c) => new(Avx512F.FusedMultiplyAdd(a.v, b.v, c.v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 GreaterThan(Lanes512 a, Lanes512 b) => new(Vector512.GreaterThan(a.v, b.v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 GreaterThanBits(Lanes512 a, Lanes512 b) => new(Vector512.GreaterThan(a.v.AsInt32(), b.v.AsInt32()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Select(Lanes512 mask, Lanes512 yes, Lanes512 no) => new(Vector512.ConditionalSelect(mask.v, yes.v, no.v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 AddBits(Lanes512 a, Lanes512 b) => new((a.v.AsInt32() + b.v.AsInt32()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 SubtractBits(Lanes512 a, Lanes512 b) => new((a.v.AsInt32() - b.v.AsInt32()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 MaxBits(Lanes512 a, Lanes512 b) => new(Vector512.Max(a.v.AsInt32(), b.v.AsInt32()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 ShiftLeftBits(Lanes512 a, int count) => new((a.v.AsInt32() << count).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 ShiftRightBits(Lanes512 a, int count) => new((a.v.AsInt32() >>> count).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 ShiftRightSignedBits(Lanes512 a, int count) => new((a.v.AsInt32() >> count).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)] public static Lanes512 ToFloat(Lanes512 bits) => new(Vector512.ConvertToSingle(bits.v.AsInt32()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 LoadShorts(ushort* source) => new(Avx512F.ConvertToVector512Int32(Vector256.Load((short*)source)).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreShorts(Lanes512 bits, ushort* target) => Avx512F.ConvertToVector256UInt16(bits.v.AsUInt32()).Store(target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 MultiplyAddPairs(Lanes512 a, Lanes512 b) => new(Avx512BW.MultiplyAddAdjacent(a.v.AsInt16(), b.v.AsInt16()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 LoadBytes(byte* source) => new(Avx512BW.ConvertToVector512Int16(Vector256.Load(source)).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 LoadSignedBytes(byte* source) => new(Avx512BW.ConvertToVector512Int16(Vector256.Load((sbyte*)source)).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 LoadNibbles(byte* source, Lanes512 shifts)
    {
        var twice = Avx512BW.ConvertToVector512UInt16(Avx2.BroadcastVector128ToVector256(source));
        return new(Avx512BW.ShiftLeftLogicalVariable(twice, shifts.v.AsUInt16()).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 NibbleShifts(int position) =>
        new(Vector512.Create(Vector256.Create((ushort)position), Vector256.Create((ushort)(position - 4))).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 SubtractShorts(Lanes512 a, Lanes512 b) => new((a.v.AsInt16() - b.v.AsInt16()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 ShiftLeftShorts(Lanes512 a, int count) => new((a.v.AsInt16() << count).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 MultiplyHighShorts(Lanes512 a, Lanes512 b) => new(Avx512BW.MultiplyHighRoundScale(a.v.AsInt16(), b.v.AsInt16()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 MaxOfHalves(Lanes512 bits)
    {
        var m = bits.v.AsInt32();
        m = Vector512.Max(m, Avx512F.Shuffle4x128(m, m, 0b10_11_00_01));
        m = Vector512.Max(m, Avx512F.Shuffle(m, 0b01_00_11_10));
        return new(Vector512.Max(m, Avx512F.Shuffle(m, 0b10_11_00_01)).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 MaxOfAll(Lanes512 bits)
    {
        var m = MaxOfHalves(bits).v.AsInt32();
        return new(Vector512.Max(m, Avx512F.Shuffle4x128(m, m, 0b01_00_11_10)).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Fold(Lanes512 value)
    {
        var half = value.v.GetLower() + value.v.GetUpper();
        return half.GetLower() + half.GetUpper();
    }
}
