using System.Runtime.InteropServices;

namespace Lapwing.Tensors;

/// <summary>The one argument of the code that <see cref="BytePanelCode"/> writes, so that it is the same under every calling convention.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct BytePanelCall
{
    public byte* Panel;

    public byte* Tile;

    public nint Groups;

    public float* Y;

    /// <summary>Bytes.</summary>
    public nint YStride;

    /// <summary>Where the code keeps what Windows wants back: the lower halves of registers 6 … 15. A leaf must not touch the stack.</summary>
    public fixed byte Saved[160];
}
