using Lapwing.Text.Templates.Syntax;

namespace Lapwing.Text.Templates.Runtime;

/// <summary>The variables of one scope and the scope around it.</summary>
internal sealed class Frame(FrameLayout layout, Frame? parent)
{
    public object?[] Slots { get; } = layout.Count == 0 ? [] : new object?[layout.Count];

    public Frame? Parent => parent;

    public Frame Outward(int hops)
    {
        Frame frame = this;
        for (; hops > 0; hops--) frame = frame.Parent!;
        return frame;
    }
}
