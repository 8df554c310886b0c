using System.Runtime.InteropServices;
using System.Text;
using Lapwing.Formats.Huggingface;
using Lapwing.Formats.Safetensors;
using Lapwing.Tensors;

namespace Lapwing.Models.Tests;

/// <summary>A model folder of random weights for any <c>config.json</c>: every tensor's numbers depend on its name and shape alone, so that two configurations differ by what they say.</summary>
internal static class RandomFolder
{
    /// <summary>Writes the folder; <paramref name="keep"/> may leave a tensor out, <paramref name="more"/> are added.</summary>
    public static string Write(string folder, string json, Func<string, bool>? keep = null, params (string Name, long[] Shape)[] more)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "config.json"), json);
        var config = ModelConfig.Parse(Encoding.UTF8.GetBytes(json), "config.json").TextConfig;
        var family = ArchitectureRegistry.OfConfig(config.ModelType, "config.json");
        var spec = family.FromConfig(new ConfigSettings(config, family.GgufName, null, null));
        var writer = new SafetensorsWriter();
        foreach (var (name, shape) in Tensors(family, spec, config.ModelType).Concat(more))
            if (keep?.Invoke(name) ?? true) writer.AddTensor(name, ElementType.F32, shape, MemoryMarshal.AsBytes<float>(Numbers(name, shape, family.NormOffset)).ToArray());
        writer.Write(Path.Combine(folder, "model.safetensors"));
        return folder;
    }

    private static IEnumerable<(string Name, long[] Shape)> Tensors(Architecture family, DecoderSpec spec, string type)
    {
        int hidden = spec.Info.Hidden;
        (string, long[]) Named(string role, int l, string suffix, params long[] shape) => (family.Names.Reference(role, l, 0) + suffix, shape);
        IEnumerable<(string, long[])> Linear(string role, int l, long rows, long columns, Presence bias)
        {
            yield return Named(role, l, ".weight", family.StoresTransposed ? [columns, rows] : [rows, columns]);
            if (bias != Presence.Never) yield return Named(role, l, ".bias", rows);
        }

        IEnumerable<(string, long[])> Norm(string role, int l, int width)
        {
            yield return Named(role, l, ".weight", width);
            if (spec.CentredNorms) yield return Named(role, l, ".bias", width);
        }

        yield return Named("token_embd", 0, ".weight", spec.Info.Vocabulary, hidden);
        if (spec.LearnedPositions) yield return Named("position_embd", 0, ".weight", spec.Info.ContextLength, hidden);
        if (spec.TiedHead != true) yield return Named("output", 0, ".weight", spec.Info.Vocabulary, hidden);
        List<(string, long[])> rest = [.. Norm("output_norm", 0, hidden)];
        for (int l = 0; l < spec.Info.Layers; l++)
        {
            var a = spec.Attention[l];
            int inner = spec.FeedForward[l];
            if (type is "phi3" or "gpt2") rest.AddRange(Linear("attn_qkv", l, a.QueryWidth + 2 * a.KeyWidth, hidden, spec.Biases.QueryKeyValue));
            else
                foreach (var (role, width) in new[] { ("attn_q", a.QueryWidth), ("attn_k", a.KeyWidth), ("attn_v", a.KeyWidth) })
                    rest.AddRange(Linear(role, l, width, hidden, spec.Biases.QueryKeyValue));
            rest.AddRange(Linear("attn_output", l, hidden, a.QueryWidth, spec.Biases.Output));
            if (spec.QueryKeyNorms)
            {
                rest.AddRange(Norm("attn_q_norm", l, type == "olmo2" ? a.QueryWidth : a.HeadWidth));
                rest.AddRange(Norm("attn_k_norm", l, type == "olmo2" ? a.KeyWidth : a.HeadWidth));
            }
            foreach (string norm in spec.Norms switch
            {
                NormPlacement.Before => new[] { "attn_norm", "ffn_norm" },
                NormPlacement.After => ["post_attention_norm", "post_ffw_norm"],
                _ => ["attn_norm", "post_attention_norm", "ffn_norm", "post_ffw_norm"],
            })
                rest.AddRange(Norm(norm, l, hidden));
            if (spec.Experts is { } experts && experts.Sparse(l))
            {
                rest.Add(Named("ffn_gate_inp", l, ".weight", experts.Count, hidden));
                for (int e = 0; e < experts.Count; e++)
                    foreach (var (role, rows, columns) in new[] { ("ffn_gate_exps", inner, hidden), ("ffn_up_exps", inner, hidden), ("ffn_down_exps", hidden, inner) })
                        rest.Add((family.Names.Reference(role, l, e) + ".weight", [rows, columns]));
                continue;
            }
            if (type == "phi3") rest.AddRange(Linear("ffn_gate_up", l, 2 * inner, hidden, spec.Biases.Mlp));
            else
            {
                if (spec.Gated) rest.AddRange(Linear("ffn_gate", l, inner, hidden, spec.Biases.Mlp));
                rest.AddRange(Linear("ffn_up", l, inner, hidden, spec.Biases.Mlp));
            }
            rest.AddRange(Linear("ffn_down", l, hidden, inner, spec.Biases.Mlp));
        }
        foreach (var tensor in rest) yield return tensor;
    }

    private static float[] Numbers(string name, long[] shape, float normOffset)
    {
        // A generator that bench/oracles/family_settings.py has as well: congruential, seeded by the name (FNV-1a).
        uint state = name.Aggregate(2166136261u, (h, c) => (h ^ c) * 16777619);
        var values = new float[shape.Aggregate(1L, (a, b) => a * b)];
        bool norm = shape.Length == 1 && !name.EndsWith(".bias", StringComparison.Ordinal);
        float width = shape.Length == 2 ? MathF.Sqrt(shape[1]) : 2;
        for (int i = 0; i < values.Length; i++)
        {
            state = state * 1664525 + 1013904223;
            float x = (state >> 8) / (float)(1 << 23) - 1;
            values[i] = norm ? 1 - normOffset + x / 2 : 2 * x / width;
        }
        return values;
    }
}
