using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Lapwing.Tensors;

/// <summary>
/// Sixteen lanes in four 128-bit registers: what every 64-bit processor has. Without a fused multiply-add the runtime emulates it: right, and slow.
/// </summary>
internal readonly unsafe struct Lanes128(Vector128<float> v0, Vector128<float> v1, Vector128<float> v2, Vector128<float> v3) : ILanes<Lanes128>
{
    private readonly Vector128<float> x0 = v0;
    private readonly Vector128<float> x1 = v1;
    private readonly Vector128<float> x2 = v2;
    private readonly Vector128<float> x3 = v3;

    public static bool IsWide => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 operator +(Lanes128 a, Lanes128 b) => new(a.x0 + b.x0, a.x1 + b.x1, a.x2 + b.x2, a.x3 + b.x3);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 operator -(Lanes128 a, Lanes128 b) => new(a.x0 - b.x0, a.x1 - b.x1, a.x2 - b.x2, a.x3 - b.x3);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 operator *(Lanes128 a, Lanes128 b) => new(a.x0 * b.x0, a.x1 * b.x1, a.x2 * b.x2, a.x3 * b.x3);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 operator /(Lanes128 a, Lanes128 b) => new(a.x0 / b.x0, a.x1 / b.x1, a.x2 / b.x2, a.x3 / b.x3);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 operator &(Lanes128 a, Lanes128 b) => new(a.x0 & b.x0, a.x1 & b.x1, a.x2 & b.x2, a.x3 & b.x3);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 operator |(Lanes128 a, Lanes128 b) => new(a.x0 | b.x0, a.x1 | b.x1, a.x2 | b.x2, a.x3 | b.x3);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 operator ^(Lanes128 a, Lanes128 b) => new(a.x0 ^ b.x0, a.x1 ^ b.x1, a.x2 ^ b.x2, a.x3 ^ b.x3);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Create(float value) => new(
        Vector128.Create(value),
        Vector128.Create(value),
        Vector128.Create(value),
        Vector128.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 CreateBits(int value) => new(
        Vector128.Create(value).AsSingle(),
        Vector128.Create(value).AsSingle(),
        Vector128.Create(value).AsSingle(),
        Vector128.Create(value).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Create(float low, float high) => new(
        Vector128.Create(low),
        Vector128.Create(low),
        Vector128.Create(high),
        Vector128.Create(high));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Load(float* source) => new(
        Vector128.Load(source),
        Vector128.Load(source + 4),
        Vector128.Load(source + 8),
        Vector128.Load(source + 12));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Lanes128 value, float* target)
    {
        value.x0.Store(target);
        value.x1.Store(target + 4);
        value.x2.Store(target + 8);
        value.x3.Store(target + 12);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 MultiplyAdd(Lanes128 a, Lanes128 b, Lanes128 c) => new(
        Vector128.FusedMultiplyAdd(a.x0, b.x0, c.x0),
        Vector128.FusedMultiplyAdd(a.x1, b.x1, c.x1),
        Vector128.FusedMultiplyAdd(a.x2, b.x2, c.x2),
        Vector128.FusedMultiplyAdd(a.x3, b.x3, c.x3));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 GreaterThan(Lanes128 a, Lanes128 b) => new(
        Vector128.GreaterThan(a.x0, b.x0),
        Vector128.GreaterThan(a.x1, b.x1),
        Vector128.GreaterThan(a.x2, b.x2),
        Vector128.GreaterThan(a.x3, b.x3));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 GreaterThanBits(Lanes128 a, Lanes128 b) => new(
        Vector128.GreaterThan(a.x0.AsInt32(), b.x0.AsInt32()).AsSingle(),
        Vector128.GreaterThan(a.x1.AsInt32(), b.x1.AsInt32()).AsSingle(),
        Vector128.GreaterThan(a.x2.AsInt32(), b.x2.AsInt32()).AsSingle(),
        Vector128.GreaterThan(a.x3.AsInt32(), b.x3.AsInt32()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Select(Lanes128 mask, Lanes128 yes, Lanes128 no) => new(
        Vector128.ConditionalSelect(mask.x0, yes.x0, no.x0),
        Vector128.ConditionalSelect(mask.x1, yes.x1, no.x1),
        Vector128.ConditionalSelect(mask.x2, yes.x2, no.x2),
        Vector128.ConditionalSelect(mask.x3, yes.x3, no.x3));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 AddBits(Lanes128 a, Lanes128 b) => new(
        (a.x0.AsInt32() + b.x0.AsInt32()).AsSingle(),
        (a.x1.AsInt32() + b.x1.AsInt32()).AsSingle(),
        (a.x2.AsInt32() + b.x2.AsInt32()).AsSingle(),
        (a.x3.AsInt32() + b.x3.AsInt32()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 SubtractBits(Lanes128 a, Lanes128 b) => new(
        (a.x0.AsInt32() - b.x0.AsInt32()).AsSingle(),
        (a.x1.AsInt32() - b.x1.AsInt32()).AsSingle(),
        (a.x2.AsInt32() - b.x2.AsInt32()).AsSingle(),
        (a.x3.AsInt32() - b.x3.AsInt32()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 MaxBits(Lanes128 a, Lanes128 b) => new(
        Vector128.Max(a.x0.AsInt32(), b.x0.AsInt32()).AsSingle(),
        Vector128.Max(a.x1.AsInt32(), b.x1.AsInt32()).AsSingle(),
        Vector128.Max(a.x2.AsInt32(), b.x2.AsInt32()).AsSingle(),
        Vector128.Max(a.x3.AsInt32(), b.x3.AsInt32()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 ShiftLeftBits(Lanes128 a, int count) => new(
        (a.x0.AsInt32() << count).AsSingle(),
        (a.x1.AsInt32() << count).AsSingle(),
        (a.x2.AsInt32() << count).AsSingle(),
        (a.x3.AsInt32() << count).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 ShiftRightBits(Lanes128 a, int count) => new(
        (a.x0.AsInt32() >>> count).AsSingle(),
        (a.x1.AsInt32() >>> count).AsSingle(),
        (a.x2.AsInt32() >>> count).AsSingle(),
        (a.x3.AsInt32() >>> count).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 ShiftRightSignedBits(Lanes128 a, int count) => new(
        (a.x0.AsInt32() >> count).AsSingle(),
        (a.x1.AsInt32() >> count).AsSingle(),
        (a.x2.AsInt32() >> count).AsSingle(),
        (a.x3.AsInt32() >> count).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 ToFloat(Lanes128 bits) => new(
        Vector128.ConvertToSingle(bits.x0.AsInt32()),
        Vector128.ConvertToSingle(bits.x1.AsInt32()),
        Vector128.ConvertToSingle(bits.x2.AsInt32()),
        Vector128.ConvertToSingle(bits.x3.AsInt32()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 LoadShorts(ushort* source)
    {
        var (a, b) = Vector128.Widen(Vector128.Load((short*)source));
        var (c, d) = Vector128.Widen(Vector128.Load((short*)source + 8));
        return new(a.AsSingle(), b.AsSingle(), c.AsSingle(), d.AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreShorts(Lanes128 bits, ushort* target)
    {
        Vector128.Narrow(bits.x0.AsUInt32(), bits.x1.AsUInt32()).Store(target);
        Vector128.Narrow(bits.x2.AsUInt32(), bits.x3.AsUInt32()).Store(target + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 MultiplyAddPairs(Lanes128 a, Lanes128 b) => new(
        Pairs(a.x0, b.x0),
        Pairs(a.x1, b.x1),
        Pairs(a.x2, b.x2),
        Pairs(a.x3, b.x3));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 LoadBytes(byte* source)
    {
        var (a, b) = Vector128.Widen(Vector128.Load(source));
        var (c, d) = Vector128.Widen(Vector128.Load(source + 16));
        return new(a.AsSingle(), b.AsSingle(), c.AsSingle(), d.AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 LoadSignedBytes(byte* source)
    {
        var (a, b) = Vector128.Widen(Vector128.Load((sbyte*)source));
        var (c, d) = Vector128.Widen(Vector128.Load((sbyte*)source + 16));
        return new(a.AsSingle(), b.AsSingle(), c.AsSingle(), d.AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 LoadNibbles(byte* source, Lanes128 shifts)
    {
        var (a, b) = Vector128.Widen(Vector128.Load(source));
        return new(
            (a * shifts.x0.AsUInt16()).AsSingle(),
            (b * shifts.x1.AsUInt16()).AsSingle(),
            (a * shifts.x2.AsUInt16()).AsSingle(),
            (b * shifts.x3.AsUInt16()).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 NibbleShifts(int position)
    {
        var (low, high) = (Vector128.Create((ushort)(1 << position)).AsSingle(), Vector128.Create((ushort)(1 << (position - 4))).AsSingle());
        return new(low, low, high, high);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 SubtractShorts(Lanes128 a, Lanes128 b) => new(
        (a.x0.AsInt16() - b.x0.AsInt16()).AsSingle(),
        (a.x1.AsInt16() - b.x1.AsInt16()).AsSingle(),
        (a.x2.AsInt16() - b.x2.AsInt16()).AsSingle(),
        (a.x3.AsInt16() - b.x3.AsInt16()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 ShiftLeftShorts(Lanes128 a, int count) => new(
        (a.x0.AsInt16() << count).AsSingle(),
        (a.x1.AsInt16() << count).AsSingle(),
        (a.x2.AsInt16() << count).AsSingle(),
        (a.x3.AsInt16() << count).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 MultiplyHighShorts(Lanes128 a, Lanes128 b) => new(
        HighShorts(a.x0.AsInt16(), b.x0.AsInt16()).AsSingle(),
        HighShorts(a.x1.AsInt16(), b.x1.AsInt16()).AsSingle(),
        HighShorts(a.x2.AsInt16(), b.x2.AsInt16()).AsSingle(),
        HighShorts(a.x3.AsInt16(), b.x3.AsInt16()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 MaxOfHalves(Lanes128 bits)
    {
        var low = MaxOf(Vector128.Max(bits.x0.AsInt32(), bits.x1.AsInt32())).AsSingle();
        var high = MaxOf(Vector128.Max(bits.x2.AsInt32(), bits.x3.AsInt32())).AsSingle();
        return new(low, low, high, high);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 MaxOfAll(Lanes128 bits)
    {
        var m = MaxOfHalves(bits);
        var all = Vector128.Max(m.x0.AsInt32(), m.x2.AsInt32()).AsSingle();
        return new(all, all, all, all);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Fold(Lanes128 value) => (value.x0 + value.x2) + (value.x1 + value.x3);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<int> MaxOf(Vector128<int> m)
    {
        m = Vector128.Max(m, Vector128.Shuffle(m, Vector128.Create(2, 3, 0, 1)));
        return Vector128.Max(m, Vector128.Shuffle(m, Vector128.Create(1, 0, 3, 2)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<short> HighShorts(Vector128<short> a, Vector128<short> b)
    {
        if (Ssse3.IsSupported) return Ssse3.MultiplyHighRoundScale(a, b);
        if (AdvSimd.IsSupported) return AdvSimd.MultiplyRoundedDoublingSaturateHigh(a, b);
        var (a0, a1) = Vector128.Widen(a);
        var (b0, b1) = Vector128.Widen(b);
        var half = Vector128.Create(1 << 14);
        return Vector128.Narrow((a0 * b0 + half) >> 15, (a1 * b1 + half) >> 15);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Pairs(Vector128<float> a, Vector128<float> b)
    {
        var (x, y) = (a.AsInt16(), b.AsInt16());
        if (Sse2.IsSupported) return Sse2.MultiplyAddAdjacent(x, y).AsSingle();
        if (AdvSimd.Arm64.IsSupported)
        {
            var low = AdvSimd.MultiplyWideningLower(x.GetLower(), y.GetLower());
            return AdvSimd.Arm64.AddPairwise(low, AdvSimd.MultiplyWideningUpper(x, y)).AsSingle();
        }
        var (x0, x1) = Vector128.Widen(x);
        var (y0, y1) = Vector128.Widen(y);
        var (p, q) = (x0 * y0, x1 * y1);
        return Vector128.Create(p[0] + p[1], p[2] + p[3], q[0] + q[1], q[2] + q[3]).AsSingle();
    }
}
