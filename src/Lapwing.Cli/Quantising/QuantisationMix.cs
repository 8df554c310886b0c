using Lapwing.Tensors;

namespace Lapwing.Cli.Quantising;

/// <summary>
/// A named recipe of types: most weights get <see cref="Base"/>, those that matter more get more bits, by the rules of llama.cpp's
/// <c>llama-quantize</c> (llama-quant.cpp, <c>llama_tensor_get_type</c>).
/// </summary>
/// <param name="Name">Its name there.</param>
/// <param name="Base">What most weights become.</param>
/// <param name="FileType"><c>general.file_type</c> (<c>enum llama_ftype</c>).</param>
internal sealed record QuantisationMix(string Name, ElementType Base, int FileType)
{
    /// <summary>All mixes that can be written.</summary>
    public static readonly QuantisationMix[] All =
    [
        new("F32", ElementType.F32, 0), new("F16", ElementType.F16, 1), new("BF16", ElementType.BF16, 32),
        new("Q8_0", ElementType.Q8_0, 7), new("Q6_K", ElementType.Q6_K, 18),
        new("Q5_K_M", ElementType.Q5_K, 17), new("Q5_K_S", ElementType.Q5_K, 16), new("Q5_1", ElementType.Q5_1, 9), new("Q5_0", ElementType.Q5_0, 8),
        new("Q4_K_M", ElementType.Q4_K, 15), new("Q4_K_S", ElementType.Q4_K, 14), new("Q4_1", ElementType.Q4_1, 3), new("Q4_0", ElementType.Q4_0, 2),
        new("IQ4_NL", ElementType.IQ4_NL, 25), new("IQ4_XS", ElementType.IQ4_XS, 30), new("MXFP4", ElementType.MXFP4, 38),
        new("Q3_K_L", ElementType.Q3_K, 13), new("Q3_K_M", ElementType.Q3_K, 12), new("Q3_K_S", ElementType.Q3_K, 11),
        new("Q2_K", ElementType.Q2_K, 10), new("Q2_K_S", ElementType.Q2_K, 21),
        new("TQ1_0", ElementType.TQ1_0, 36), new("TQ2_0", ElementType.TQ2_0, 37),
    ];

    private static readonly (string Alias, string Name)[] Aliases = [("Q5_K", "Q5_K_M"), ("Q4_K", "Q4_K_M"), ("Q3_K", "Q3_K_M")];

    /// <summary>The mix of that name, ignoring case; Q4_K means Q4_K_M, as it does in llama.cpp.</summary>
    public static QuantisationMix? Find(string name)
    {
        string full = Aliases.FirstOrDefault(a => a.Alias.Equals(name, StringComparison.OrdinalIgnoreCase)).Name ?? name;
        return All.FirstOrDefault(m => m.Name.Equals(full, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Whether it is a mix of plain floating-point types.</summary>
    public bool IsPlain => !Base.IsQuantised();

    /// <summary>The type that the rules give a tensor, before it is known whether its rows divide into blocks.</summary>
    public ElementType TypeOf(in TensorPlace place, in ModelShape shape)
    {
        if (IsPlain) return Base;
        return place.Role switch
        {
            "output" => Output(),
            // Without a head of its own the embedding is the head.
            "token_embd" => shape.HasOutput ? Base is ElementType.TQ1_0 or ElementType.TQ2_0 ? ElementType.Q4_K : Base : Output(),
            "attn_v" => Values(place.Index, place.Count, shape),
            "attn_k" => shape.Experts == 8 ? ElementType.Q8_0 : Base,
            "ffn_down" or "ffn_down_exps" => Down(place.Index, place.Count, shape),
            "attn_output" => AttentionOutput(shape),
            "attn_qkv" => Name switch
            {
                "Q3_K_M" or "Q3_K_L" => ElementType.Q4_K,
                "Q4_K_M" => ElementType.Q5_K,
                "Q5_K_M" => ElementType.Q6_K,
                _ => Base,
            },
            _ => Base,
        };
    }

    // The first and last eighth of the layers, and every third between.
    private static bool UseMoreBits(int layer, int layers) => layer < layers / 8 || layer >= 7 * layers / 8 || (layer - layers / 8) % 3 == 2;

    private ElementType Output() => Base == ElementType.MXFP4 ? ElementType.Q8_0 : Base == ElementType.Q8_0 ? Base : ElementType.Q6_K;

    private ElementType Values(int index, int count, ModelShape shape)
    {
        var type = Name switch
        {
            "Q2_K" => shape.QueriesPerKey >= 4 ? ElementType.Q4_K : ElementType.Q3_K,
            "Q2_K_S" when shape.QueriesPerKey >= 4 => ElementType.Q4_K,
            "Q3_K_M" => index < 2 ? ElementType.Q5_K : ElementType.Q4_K,
            "Q3_K_L" => ElementType.Q5_K,
            "IQ4_NL" or "IQ4_XS" when shape.QueriesPerKey >= 4 => ElementType.Q5_K,
            "Q4_K_M" or "Q5_K_M" when UseMoreBits(index, count) => ElementType.Q6_K,
            "Q4_K_S" when index < 4 => ElementType.Q5_K,
            _ => Base,
        };
        // Llama 2 and 3 with 70 billion parameters: eight queries share each value, so more bits cost next to nothing.
        if (shape is { Layers: 80, QueriesPerKey: 8 } && type is ElementType.Q3_K or ElementType.Q4_K) type = ElementType.Q5_K;
        return shape.Experts == 8 ? ElementType.Q8_0 : type;
    }

    private ElementType Down(int layer, int layers, ModelShape shape) => Name switch
    {
        "Q2_K" => ElementType.Q3_K,
        "Q2_K_S" when layer < layers / 8 => ElementType.Q4_K,
        "Q3_K_M" => layer < layers / 16 ? ElementType.Q5_K : ElementType.Q4_K,
        "Q3_K_L" => ElementType.Q5_K,
        "Q4_K_M" or "Q5_K_M" when UseMoreBits(layer, layers) => ElementType.Q6_K,
        "IQ4_NL" or "IQ4_XS" when layer < layers / 8 && !shape.HasImportance => ElementType.Q5_K,
        "Q4_K_S" when layer < layers / 8 => ElementType.Q5_K,
        "Q4_0" when shape.HasImportance && layer < layers / 8 => ElementType.Q4_1,
        "Q5_0" when shape.HasImportance && layer < layers / 8 => ElementType.Q5_1,
        _ => Base,
    };

    private ElementType AttentionOutput(ModelShape shape)
    {
        if (shape.Experts == 8) return Name is "Q2_K" or "Q3_K_S" or "Q3_K_M" or "IQ4_NL" or "Q4_K_S" or "Q4_K_M" or "IQ4_XS" ? ElementType.Q5_K : Base;
        return Name switch
        {
            "Q2_K" => ElementType.Q3_K,
            "Q3_K_M" => ElementType.Q4_K,
            "Q3_K_L" => ElementType.Q5_K,
            _ => Base,
        };
    }
}

/// <summary>What the rules ask of a model.</summary>
/// <param name="Layers">Blocks.</param>
/// <param name="QueriesPerKey">Query heads that share a key/value head.</param>
/// <param name="Experts">Experts; 0 for a dense model.</param>
/// <param name="HasOutput">Whether the head has a matrix of its own.</param>
/// <param name="HasImportance">Whether an importance matrix is at hand.</param>
internal readonly record struct ModelShape(int Layers, int QueriesPerKey, int Experts, bool HasOutput, bool HasImportance);

/// <summary>Where a tensor stands: the last part of its name (<c>attn_v</c>), and which of how many of its kind it is.</summary>
internal readonly record struct TensorPlace(string Role, int Index, int Count);
