using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Lapwing.Tensors.Blocks;

/// <summary>
/// The few vector idioms that all unpackers share, in terms of the portable <see cref="Vector256"/>: one AVX2 instruction each where the
/// machine has it, two 128-bit ones elsewhere, the same bits everywhere.
/// </summary>
internal static unsafe class Lanes
{
    /// <summary>16 unsigned bytes as 16-bit integers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<short> ZeroExtend(byte* source) => ZeroExtend(Vector128.Load(source));

    /// <inheritdoc cref="ZeroExtend(byte*)"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<short> ZeroExtend(Vector128<byte> bytes) => Vector256.WidenLower(bytes.ToVector256Unsafe()).AsInt16();

    /// <summary>16 signed bytes as 16-bit integers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<short> SignExtend(Vector128<sbyte> bytes) => Vector256.WidenLower(bytes.ToVector256Unsafe());

    /// <summary>16 signed bytes as 16-bit integers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<short> SignExtend(byte* source) => SignExtend(Vector128.Load((sbyte*)source));

    /// <summary>table[index] for 16 indices below 16, as 16-bit integers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<short> LookUp(Vector128<sbyte> table, Vector128<byte> index) =>
        SignExtend(Vector128.ShuffleNative(table, index.AsSByte()));

    /// <summary>Looks up 16 lower nibbles, then the 16 upper ones, into 32 values.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LookUpNibbles(Vector128<sbyte> table, Vector128<byte> nibbles, short* values)
    {
        var mask = Vector128.Create((byte)15);
        LookUp(table, nibbles & mask).Store(values);
        LookUp(table, (nibbles.AsUInt16() >>> 4).AsByte() & mask).Store(values + 16);
    }

    /// <summary>Lane j holds bit j: a word broadcast and compared with it spreads its bits over 16 lanes.</summary>
    public static Vector256<short> Bits
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector256.Create(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, short.MinValue);
    }

    /// <summary>Each lane shifted by its own count.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<uint> ShiftRight(Vector256<uint> value, Vector256<uint> count)
    {
        if (Avx2.IsSupported) return Avx2.ShiftRightLogicalVariable(value, count);
        var result = Vector256<uint>.Zero;
        for (int i = 0; i < Vector256<uint>.Count; i++) result = result.WithElement(i, value[i] >> (int)count[i]);
        return result;
    }

    /// <summary>factor · integers[i] for 16 integers: the scales of a super-block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Scale(Vector256<short> integers, float factor, float* destination)
    {
        var f = Vector256.Create(factor);
        (Vector256.ConvertToSingle(Vector256.WidenLower(integers)) * f).Store(destination);
        (Vector256.ConvertToSingle(Vector256.WidenUpper(integers)) * f).Store(destination + 8);
    }

    /// <summary>16 floats from as many 16-bit integers: scale · value, rounded once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Expand(short* values, Vector256<float> scale, float* destination)
    {
        var v = Vector256.Load(values);
        (Vector256.ConvertToSingle(Vector256.WidenLower(v)) * scale).Store(destination);
        (Vector256.ConvertToSingle(Vector256.WidenUpper(v)) * scale).Store(destination + 8);
    }

    /// <summary>16 floats scale · value + minimum, rounded twice as the reference does (no fused multiply-add).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Expand(short* values, Vector256<float> scale, Vector256<float> minimum, float* destination)
    {
        var v = Vector256.Load(values);
        (Vector256.ConvertToSingle(Vector256.WidenLower(v)) * scale + minimum).Store(destination);
        (Vector256.ConvertToSingle(Vector256.WidenUpper(v)) * scale + minimum).Store(destination + 8);
    }
}
