using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

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

    /// <summary>16 or 32 floats from as many 16-bit integers: scale · value, rounded once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Expand(short* values, Vector256<float> scale, float* destination)
    {
        var v = Vector256.Load(values);
        (Vector256.ConvertToSingle(Vector256.WidenLower(v)) * scale).Store(destination);
        (Vector256.ConvertToSingle(Vector256.WidenUpper(v)) * scale).Store(destination + 8);
    }

    /// <summary>scale · value + minimum, rounded twice as the reference does (no fused multiply-add).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Expand(short* values, Vector256<float> scale, Vector256<float> minimum, float* destination)
    {
        var v = Vector256.Load(values);
        (Vector256.ConvertToSingle(Vector256.WidenLower(v)) * scale + minimum).Store(destination);
        (Vector256.ConvertToSingle(Vector256.WidenUpper(v)) * scale + minimum).Store(destination + 8);
    }
}
