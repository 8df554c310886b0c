using Lapwing.Formats;
using Lapwing.Tensors;

namespace Lapwing.Models;

/// <summary>What may be a weight.</summary>
internal static class RealNumbers
{
    /// <summary>Refuses integers: they are weights only together with a scale that some quantisation keeps elsewhere, and without it silently wrong.</summary>
    /// <exception cref="NotSupportedException">The tensor holds integers.</exception>
    public static TensorView Require(TensorView view) => view.Type is ElementType.I8 or ElementType.I16 or ElementType.I32 or ElementType.I64
        ? throw new NotSupportedException($"{view.File}: tensor {Wording.Quote(view.Name)} holds integers ({view.StoredAs}), which are no weights by themselves; take the model in a float type or as GGUF")
        : view;
}
