using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Lapwing.Tensors;

/// <summary>
/// Quadruples of bytes by AVX512-VNNI's <c>vpdpbusd</c>: unsigned weights (128 is added) times signed activations, 64 products an instruction.
/// .NET exposes no intrinsic for it: <see cref="BytePanelCode"/> writes the kernel.
/// </summary>
internal sealed unsafe class BytePanels : PanelKernels
{
    public static readonly BytePanels Shared = new();

    // By group length (16, 32), minima (no, yes) and addition (no, yes); written at the first call.
    private readonly nint[] code = new nint[8];

    /// <summary>Whether processor and system let it run.</summary>
    public static bool IsSupported =>
        RuntimeInformation.ProcessArchitecture == Architecture.X64 && Avx512BW.IsSupported && Avx512F.IsSupported && HasVnni() && MachineCode.Allowed;

    public override int Tokens => BytePanelCode.Tokens;

    public override int ValueBytes => 1;

    public override int Offset => 128;

    /// <summary>16 rows × 64 columns at a time, narrowed to bytes and transposed as 16 × 16 words.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization), SkipLocalsInit]
    public override void Pack(short* values, nint stride, int columns, int group, byte* panel, int panelBytes)
    {
        var offset = Vector512.Create((short)Offset);
        var w = stackalloc Vector512<int>[16];
        for (int half = 0; half < 2; half++)
        {
            short* rows = values + half * 16 * stride;
            byte* target = panel + half * 64;
            for (int start = 0; start < columns; start += 64)
            {
                bool whole = start + 64 <= columns; // else 32
                for (int r = 0; r < 16; r++)
                {
                    short* source = rows + r * stride + start;
                    var low = Avx512BW.ConvertToVector256Byte((Vector512.Load(source) + offset).AsUInt16());
                    w[r] = Vector512.Create(low, whole ? Avx512BW.ConvertToVector256Byte((Vector512.Load(source + 32) + offset).AsUInt16()) : default).AsInt32();
                }
                Transpose(w);
                for (int word = 0; word < (whole ? 16 : 8); word++)
                {
                    int column = start + 4 * word;
                    w[word].Store((int*)(target + (long)(column / group) * panelBytes + column % group / 4 * 128));
                }
            }
        }
    }

    public override void Place(sbyte* values, int group, byte* target) => Buffer.MemoryCopy(values, target, group, group);

    public override void Multiply(byte* panel, byte* tile, int groups, int group, bool minima, bool added, float* y, nint stride)
    {
        ref nint kernel = ref code[(group == 32 ? 4 : 0) + (minima ? 2 : 0) + (added ? 1 : 0)];
        if (kernel == 0) Volatile.Write(ref kernel, Write(group, minima, added));
        BytePanelCall call;
        call.Panel = panel;
        call.Tile = tile;
        call.Groups = groups;
        call.Y = y;
        call.YStride = stride * sizeof(float);
        ((delegate* unmanaged[SuppressGCTransition]<BytePanelCall*, void>)kernel)(&call);
    }

    private nint Write(int group, bool minima, bool added)
    {
        byte[] bytes = BytePanelCode.Assemble(group, PanelBytes(group, minima), TileBytes(group), minima, added, OperatingSystem.IsWindows());
        void* place = MachineCode.Place(bytes);
        return place is not null ? (nint)place : throw new InvalidOperationException(
            $"the system refuses executable memory that it gave before: set {InstructionLevels.Variable}=avx512");
    }

    // CPUID leaf 7: ECX bit 11 (Intel SDM, volume 2A).
    private static bool HasVnni() => X86Base.IsSupported && X86Base.CpuId(0, 0).Eax >= 7 && (X86Base.CpuId(7, 0).Ecx >> 11 & 1) != 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose(Vector512<int>* w)
    {
        // Within the four 128-bit parts of a register first: w[4q + j] comes to hold word 4p + j of rows 4q … 4q + 3 in part p.
        for (int i = 0; i < 16; i += 4)
        {
            Vector512<int> a = Avx512F.UnpackLow(w[i], w[i + 1]), b = Avx512F.UnpackHigh(w[i], w[i + 1]);
            Vector512<int> c = Avx512F.UnpackLow(w[i + 2], w[i + 3]), d = Avx512F.UnpackHigh(w[i + 2], w[i + 3]);
            w[i] = Avx512F.UnpackLow(a.AsInt64(), c.AsInt64()).AsInt32();
            w[i + 1] = Avx512F.UnpackHigh(a.AsInt64(), c.AsInt64()).AsInt32();
            w[i + 2] = Avx512F.UnpackLow(b.AsInt64(), d.AsInt64()).AsInt32();
            w[i + 3] = Avx512F.UnpackHigh(b.AsInt64(), d.AsInt64()).AsInt32();
        }
        // Then the parts are exchanged between the four q: w[4p + j] is word 4p + j of all rows.
        for (int j = 0; j < 4; j++)
        {
            Vector512<int> a = w[j], b = w[4 + j], c = w[8 + j], d = w[12 + j];
            var ab02 = Avx512F.Shuffle4x128(a, b, 0b10_00_10_00);
            var ab13 = Avx512F.Shuffle4x128(a, b, 0b11_01_11_01);
            var cd02 = Avx512F.Shuffle4x128(c, d, 0b10_00_10_00);
            var cd13 = Avx512F.Shuffle4x128(c, d, 0b11_01_11_01);
            w[j] = Avx512F.Shuffle4x128(ab02, cd02, 0b10_00_10_00);
            w[8 + j] = Avx512F.Shuffle4x128(ab02, cd02, 0b11_01_11_01);
            w[4 + j] = Avx512F.Shuffle4x128(ab13, cd13, 0b10_00_10_00);
            w[12 + j] = Avx512F.Shuffle4x128(ab13, cd13, 0b11_01_11_01);
        }
    }
}
