using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Lapwing.Tensors;

/// <summary>
/// Writes the kernel of <see cref="BytePanels"/>: 32 rows × 6 tokens. 12 registers hold float sums, 12 integer sums, 4 weights, 4 activations; 8
/// loads for 12 multiplications, where the processor does one of each a cycle.
/// </summary>
internal static class BytePanelCode
{
    public const int Tokens = 6;

    private const int Integers = 12, Weights = 24, Activations = 28, FirstSaved = 6, LastSaved = 15;

    // Offsets in BytePanelCall.
    private const int Panel = 0, Tile = 8, Groups = 16, Y = 24, YStride = 32, Saved = 40;

    /// <summary>The code, independent of its place.</summary>
    /// <param name="group">Columns of a group: 16 or 32.</param>
    /// <param name="panelBytes">Bytes of a panel's group.</param>
    /// <param name="tileBytes">Bytes of a tile's group.</param>
    /// <param name="minima">Whether minima follow the scales.</param>
    /// <param name="added">Whether the sums go on from y.</param>
    /// <param name="windows">Whether the caller follows Windows' calling convention, else System V's.</param>
    public static byte[] Assemble(int group, int panelBytes, int tileBytes, bool minima, bool added, bool windows)
    {
        var c = new Assembler(64);
        c.mov(rax, windows ? rcx : rdi);
        for (int i = FirstSaved; i <= LastSaved && windows; i++) c.vmovups(__xmmword_ptr[rax + Saved + 16 * (i - FirstSaved)], X(i));
        c.mov(r8, __qword_ptr[rax + Panel]);
        c.mov(r9, __qword_ptr[rax + Tile]);
        c.mov(r10, __qword_ptr[rax + Groups]);
        c.mov(rdx, __qword_ptr[rax + Y]);
        c.mov(rcx, __qword_ptr[rax + YStride]);
        if (added) c.mov(r11, rdx);
        for (int t = 0; t < Tokens; t++)
        {
            for (int half = 0; half < 2; half++)
            {
                var sum = Z(2 * t + half);
                if (added) c.vmovups(sum, __zmmword_ptr[r11 + 64 * half]);
                else c.vpxord(sum, sum, sum);
            }
            if (added && t + 1 < Tokens) c.add(r11, rcx);
        }

        var next = c.CreateLabel();
        c.Label(ref next);
        int corrections = Tokens * group, scales = corrections + 4 * Tokens, sums = scales + 4 * Tokens, weightScales = PanelKernels.Rows * group;
        for (int t = 0; t < Tokens; t++)
        {
            c.vpbroadcastd(Z(Integers + 2 * t), __dword_ptr[r9 + corrections + 4 * t]);
            c.vmovdqa64(Z(Integers + 2 * t + 1), Z(Integers + 2 * t));
        }
        for (int word = 0, load = 0; word < group / 4; word++)
        {
            int w = Weights + word % 2 * 2;
            c.vmovdqa64(Z(w), __zmmword_ptr[r8 + 128 * word]);
            c.vmovdqa64(Z(w + 1), __zmmword_ptr[r8 + 128 * word + 64]);
            for (int t = 0; t < Tokens; t++, load++)
            {
                var x = Z(Activations + load % 4);
                c.vpbroadcastd(x, __dword_ptr[r9 + group * t + 4 * word]);
                c.vpdpbusd(Z(Integers + 2 * t), Z(w), x);
                c.vpdpbusd(Z(Integers + 2 * t + 1), Z(w + 1), x);
            }
        }
        for (int half = 0; half < 2; half++) c.vmovaps(Z(Weights + half), __zmmword_ptr[r8 + weightScales + 64 * half]);
        for (int t = 0; t < Tokens; t++)
            for (int half = 0; half < 2; half++)
            {
                var i = Z(Integers + 2 * t + half);
                c.vcvtdq2ps(i, i);
                c.vmulps(i, i, Z(Weights + half));
                c.vfmadd231ps(Z(2 * t + half), i, __dword_bcst[r9 + scales + 4 * t]);
            }
        if (minima)
        {
            for (int half = 0; half < 2; half++) c.vmovaps(Z(Weights + 2 + half), __zmmword_ptr[r8 + weightScales + 128 + 64 * half]);
            for (int t = 0; t < Tokens; t++)
                for (int half = 0; half < 2; half++) c.vfmadd231ps(Z(2 * t + half), Z(Weights + 2 + half), __dword_bcst[r9 + sums + 4 * t]);
        }
        c.add(r8, panelBytes);
        c.add(r9, tileBytes);
        c.dec(r10);
        c.jnz(next);

        for (int t = 0; t < Tokens; t++)
        {
            c.vmovups(__zmmword_ptr[rdx], Z(2 * t));
            c.vmovups(__zmmword_ptr[rdx + 64], Z(2 * t + 1));
            if (t + 1 < Tokens) c.add(rdx, rcx);
        }
        c.vzeroupper();
        for (int i = FirstSaved; i <= LastSaved && windows; i++) c.vmovups(X(i), __xmmword_ptr[rax + Saved + 16 * (i - FirstSaved)]);
        c.ret();

        using var code = new MemoryStream();
        c.Assemble(new StreamCodeWriter(code), 0);
        return code.ToArray();
    }

    private static AssemblerRegisterZMM Z(int index) => new(Register.ZMM0 + index);

    private static AssemblerRegisterXMM X(int index) => new(Register.XMM0 + index);
}
