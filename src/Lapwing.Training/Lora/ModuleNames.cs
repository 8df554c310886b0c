using System.Globalization;
using System.Text.RegularExpressions;

namespace Lapwing.Training;

/// <summary>What the modules of a transformer are called, whichever family: attention, MLP, head, and the layer that a module is in.</summary>
internal static partial class ModuleNames
{
    private static readonly HashSet<string> Attention =
        ["q_proj", "k_proj", "v_proj", "o_proj", "qkv_proj", "query_key_value", "dense", "out_proj", "W_pack", "wqkv", "Wqkv", "c_attn", "q_a_proj", "q_b_proj", "kv_a_proj_with_mqa", "kv_b_proj"];

    private static readonly HashSet<string> Mlp =
        ["gate_proj", "up_proj", "down_proj", "gate_up_proj", "fc1", "fc2", "c_fc", "dense_h_to_4h", "dense_4h_to_h", "w1", "w2", "w3"];

    /// <summary>The last part of the path.</summary>
    public static string Last(string name) => name[(name.LastIndexOf('.') + 1)..];

    /// <summary>Whether the module turns hidden states into logits.</summary>
    public static bool IsHead(string name) => Last(name) is "lm_head" or "embed_out" || name == "output";

    // GPT-2 calls the output of both attention and MLP c_proj; Phi calls its attention output dense: the path tells.

    /// <summary>Whether the module is one of attention's linear layers.</summary>
    public static bool IsAttention(string name) => InAttention(name) && (Attention.Contains(Last(name)) || Last(name) == "c_proj");

    /// <summary>Whether the module is one of the MLP's (or of an expert's) linear layers.</summary>
    public static bool IsMlp(string name) => !InAttention(name) && (Mlp.Contains(Last(name)) || Last(name) == "c_proj");

    /// <summary>
    /// The layer that the module is in and the list that counts it: those of the first <c>.list.N.</c> in the path (a second one counts experts);
    /// null where there is none.
    /// </summary>
    public static (string List, int Layer)? LayerOf(string name) =>
        Layer().Match(name) is { Success: true } match && int.TryParse(match.Groups[2].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out int layer) ? (match.Groups[1].Value, layer) : null;

    private static bool InAttention(string name) => name.Contains("attn", StringComparison.Ordinal) || name.Contains("attention", StringComparison.Ordinal);

    [GeneratedRegex(@"\.([^.]+)\.([0-9]+)\.", RegexOptions.CultureInvariant)]
    private static partial Regex Layer();
}
