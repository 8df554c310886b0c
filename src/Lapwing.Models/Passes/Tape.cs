namespace Lapwing.Models;

/// <summary>
/// What a forward pass leaves for the backward one: a stack of pointers into the workspace. A layer pushes in its forward and pops, in
/// reverse, in its backward; the two stand side by side, so a mismatch is seen (and found by the gradient checks).
/// </summary>
public sealed unsafe class Tape
{
    private nint[] entries = new nint[256];

    /// <summary>How many pointers are held.</summary>
    public int Count { get; private set; }

    /// <summary>Keeps a pointer.</summary>
    public void Push(void* pointer)
    {
        if (Count == entries.Length) Array.Resize(ref entries, entries.Length * 2);
        entries[Count++] = (nint)pointer;
    }

    /// <summary>The pointer pushed last.</summary>
    /// <exception cref="InvalidOperationException">A backward popped more than its forward pushed.</exception>
    public float* Pop() => Count > 0 ? (float*)entries[--Count] : throw new InvalidOperationException("the tape is empty: a backward pass popped more than its forward pushed");
}
