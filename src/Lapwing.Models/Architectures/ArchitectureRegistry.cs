using Lapwing.Formats;
namespace Lapwing.Models;

/// <summary>The families that this version knows. A new one is a file beside this and a line here.</summary>
internal static class ArchitectureRegistry
{
    private static readonly Architecture[] All =
        [new Llama(), new SmolLm3(), new Qwen2(), new Qwen3(), new Qwen3Moe(), new Gemma2(), new Gemma3(), new Phi3(), new Granite(), new Olmo2(), new Gpt2()];

    /// <summary>The family of a GGUF file's <c>general.architecture</c>.</summary>
    /// <exception cref="NotSupportedException">It is not known.</exception>
    public static Architecture OfGguf(string name, string path) => All.FirstOrDefault(a => a.GgufName == name) ?? throw Unknown(name, path, All.Select(a => a.GgufName));

    /// <summary>The family of a <c>config.json</c>'s <c>model_type</c>.</summary>
    /// <exception cref="NotSupportedException">It is not known.</exception>
    public static Architecture OfConfig(string type, string path) => All.FirstOrDefault(a => a.ConfigTypes.Contains(type)) ?? throw Unknown(type, path, All.SelectMany(a => a.ConfigTypes));

    private static NotSupportedException Unknown(string name, string path, IEnumerable<string> known) =>
        new($"{path}: architecture {Wording.Quote(name)} is not supported; these are: {string.Join(", ", known)}");
}
