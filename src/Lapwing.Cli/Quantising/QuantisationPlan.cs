using System.Globalization;
using System.Text.RegularExpressions;
using Lapwing.Formats;
using Lapwing.Tensors;

namespace Lapwing.Cli.Quantising;

/// <summary>What becomes of one tensor.</summary>
/// <param name="Tensor">The tensor.</param>
/// <param name="Type">What it will be stored as.</param>
/// <param name="Wanted">What the mix wanted, where its rows do not divide into that type's blocks; else null.</param>
internal sealed record PlannedTensor(TensorView Tensor, ElementType Type, ElementType? Wanted)
{
    /// <summary>Its size in the new file.</summary>
    public long Bytes => Tensor.Shape.Count == 0 ? Type.RowBytes(1) : Tensor.Shape[^1] == 0 ? 0 : Type.RowBytes(Tensor.Shape[^1]) * (Tensor.Count / Tensor.Shape[^1]);
}

/// <summary>Decides every tensor's type.</summary>
internal static partial class QuantisationPlan
{
    /// <summary>The plan for a GGUF model's tensors.</summary>
    /// <param name="tensors">In the file's order.</param>
    /// <param name="mix">The recipe.</param>
    /// <param name="shape">The model.</param>
    /// <param name="pure">Give every matrix the mix's base type.</param>
    public static IReadOnlyList<PlannedTensor> Make(IReadOnlyCollection<TensorView> tensors, QuantisationMix mix, ModelShape shape, bool pure)
    {
        // Rules count by the tensor's own layer; the number of a kind is that of the layers that have it.
        var counts = tensors.Where(IsMatrix).GroupBy(t => Role(t.Name)).ToDictionary(g => g.Key, g => g.Select(t => Layer(t.Name)).Distinct().Count());
        var seen = new Dictionary<string, List<int>>();
        var plan = new List<PlannedTensor>();
        foreach (var tensor in tensors)
        {
            if (!IsMatrix(tensor))
            {
                plan.Add(new PlannedTensor(tensor, tensor.Type, null));
                continue;
            }
            string role = Role(tensor.Name);
            if (!seen.TryGetValue(role, out var layers)) seen[role] = layers = [];
            int layer = Layer(tensor.Name), index = layers.IndexOf(layer);
            if (index < 0)
            {
                index = layers.Count;
                layers.Add(layer);
            }
            // The feed-forward rules count layers of the model, those of the values count values (both are the same in a plain decoder).
            var place = role.StartsWith("ffn_down", StringComparison.Ordinal) ? new TensorPlace(role, layer, shape.Layers) : new TensorPlace(role, index, counts[role]);
            var wanted = pure ? mix.Base : mix.TypeOf(place, shape);
            var type = Fitting(wanted, tensor.Shape[^1]);
            plan.Add(new PlannedTensor(tensor, type, type == wanted ? null : wanted));
        }
        return plan;
    }

    /// <summary>
    /// Whether a tensor is quantised at all: norms and biases are small and sensitive, routers decide where everything goes, positions are looked up
    /// row by row.
    /// </summary>
    public static bool IsMatrix(TensorView tensor) =>
        tensor.Shape.Count >= 2 && tensor.Shape[^1] > 1 && tensor.Name.EndsWith(".weight", StringComparison.Ordinal) && !tensor.Name.EndsWith("_norm.weight", StringComparison.Ordinal)
        && Role(tensor.Name) is not ("ffn_gate_inp" or "position_embd" or "token_types") && tensor.Type is not (ElementType.I8 or ElementType.I16 or ElementType.I32 or ElementType.I64);

    // What llama.cpp falls back to where rows are no multiple of 256, and then of 32.
    private static ElementType Fitting(ElementType wanted, long columns)
    {
        if (columns % wanted.BlockLength() == 0) return wanted;
        var smaller = wanted switch
        {
            ElementType.TQ1_0 or ElementType.TQ2_0 => ElementType.Q4_0,
            ElementType.Q2_K or ElementType.Q3_K or ElementType.IQ4_XS => ElementType.IQ4_NL,
            ElementType.Q4_K => ElementType.Q5_0,
            ElementType.Q5_K => ElementType.Q5_1,
            ElementType.Q6_K => ElementType.Q8_0,
            _ => ElementType.F16,
        };
        return columns % smaller.BlockLength() == 0 ? smaller : ElementType.F16;
    }

    // blk.12.attn_v.weight → attn_v; output.weight → output
    private static string Role(string name) => name.Split('.') is [.., var role, _] ? role : name;

    private static int Layer(string name) => LayerNumber().Match(name) is { Success: true } m && int.TryParse(m.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out int layer) ? layer : 0;

    [GeneratedRegex(@"^blk\.(\d{1,6})\.", RegexOptions.CultureInvariant)]
    private static partial Regex LayerNumber();
}
