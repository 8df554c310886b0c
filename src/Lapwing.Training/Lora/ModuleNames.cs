using System.Globalization;
using System.Text.RegularExpressions;

namespace Lapwing.Training;

/// <summary>How PEFT (<c>tuners_utils.check_target_module_exists</c>, <c>other.get_pattern_key</c>) finds modules by name.</summary>
internal static class ModuleNames
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private static readonly HashSet<string> Attention =
        ["q_proj", "k_proj", "v_proj", "o_proj", "qkv_proj", "query_key_value", "dense", "out_proj", "W_pack", "wqkv", "Wqkv", "c_attn", "q_a_proj", "q_b_proj", "kv_a_proj_with_mqa", "kv_b_proj"];

    private static readonly HashSet<string> Mlp =
        ["gate_proj", "up_proj", "down_proj", "gate_up_proj", "fc1", "fc2", "c_fc", "dense_h_to_4h", "dense_4h_to_h", "w1", "w2", "w3"];

    /// <summary>Whether <c>--target</c> means the module.</summary>
    /// <exception cref="ArgumentException">A regular expression that is none, or that takes too long.</exception>
    public static bool IsTarget(string name, string target) => target switch
    {
        "all" or "all-linear" => !IsHead(name),
        "attention" => Group(name) == Attention,
        "mlp" => Group(name) == Mlp,
        _ when target.StartsWith("regex:", StringComparison.Ordinal) => Matches($"^(?:{target["regex:".Length..]})$", name, "--target"),
        _ => target.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Any(t => name == t || name.EndsWith("." + t, StringComparison.Ordinal)),
    };

    /// <summary>The value of the first pattern that the end of the name matches.</summary>
    /// <exception cref="ArgumentException">A regular expression that is none, or that takes too long.</exception>
    public static T? FirstMatch<T>(string name, IReadOnlyList<KeyValuePair<string, T>> patterns, string option)
        where T : struct
    {
        foreach (var (pattern, value) in patterns)
        {
            if (Matches($@"^(.*\.)?({pattern})$", name, option)) return value;
        }

        return null;
    }

    /// <summary>The layer's number: that of the last <c>.name.N.</c> in the path; null where there is none.</summary>
    public static int? LayerOf(string name)
    {
        var match = Regex.Match(name, @"^.*\.[^.]*\.(\d+)\.", RegexOptions.CultureInvariant, Patience);
        return match.Success && int.TryParse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture, out int layer) ? layer : null;
    }

    // GPT-2 calls the output of both attention and MLP c_proj; Phi calls its attention output dense: the path tells.
    private static HashSet<string>? Group(string name)
    {
        string last = name[(name.LastIndexOf('.') + 1)..];
        bool inAttention = name.Contains("attn", StringComparison.Ordinal) || name.Contains("attention", StringComparison.Ordinal);
        if (IsHead(name)) return null;
        if (inAttention && (Attention.Contains(last) || last == "c_proj")) return Attention;
        return !inAttention && (Mlp.Contains(last) || last == "c_proj") ? Mlp : null;
    }

    private static bool IsHead(string name) => name is "lm_head" or "output" || name.EndsWith(".lm_head", StringComparison.Ordinal) || name.EndsWith("embed_out", StringComparison.Ordinal);

    private static bool Matches(string pattern, string name, string option)
    {
        try
        {
            return Regex.IsMatch(name, pattern, RegexOptions.CultureInvariant, Patience);
        }
        catch (RegexMatchTimeoutException)
        {
            throw new ArgumentException($"{option}: the regular expression takes too long on {name}: simplify it");
        }
        catch (ArgumentException e)
        {
            throw new ArgumentException($"{option}: not a regular expression: {e.Message}", e);
        }
    }
}
