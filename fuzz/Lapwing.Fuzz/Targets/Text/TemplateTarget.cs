using System.Reflection;
using System.Text;
using System.Text.Json.Nodes;
using Lapwing.Fuzz.Mutation;
using Lapwing.Text.Chat;
using Lapwing.Text.Templates;
using Lapwing.Text.Tokenizers;

namespace Lapwing.Fuzz.Targets;

/// <summary>
/// Chat templates: parsed, rendered twice with a conversation that has tools, calls, parts and thoughts, and asked where its answers stand.
/// Bounds are small, so that what goes past them shows.
/// </summary>
internal sealed class TemplateTarget : FuzzTarget
{
    private static readonly JinjaOptions Bounds = new() { MaxSteps = 100_000, MaxOutput = 1 << 16, Now = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero) };

    private const string Conversation = """
        [{"role":"system","content":"Be kind"},{"role":"user","content":[{"type":"text","text":"What is 1 < 2?"},{"type":"image"}]},
         {"role":"assistant","content":"<think>\nhm\n</think>\n\nTrue","tool_calls":[{"id":"call00001","type":"function","function":{"name":"weather","arguments":{"city":"Paris","days":2}}}]},
         {"role":"tool","name":"weather","tool_call_id":"call00001","content":"{\"t\": 21.5}"},{"role":"assistant","content":"Warm é🐦","reasoning_content":"it is"},{"role":"user","content":"Thanks"},{"role":"assistant","content":"You are welcome"}]
        """;

    private static readonly Lazy<JsonObject> Context = new(ReadContext);
    private static readonly Lazy<Tokenizer> Vocabulary = new(() => TokenizerFactory.FromGguf(new GgufVocabulary
    {
        Model = "llama", Tokens = GgufVocabulary.Spellings(["<unk>", "<s>", "</s>", "a", "<|im_start|>", "<|im_end|>", "<|eot_id|>"]), Scores = new float[7], TokenTypes = [2, 3, 3, 1, 3, 3, 3], BosId = 1, EosId = 2, UnknownId = 0,
    }));

    public override string Name => "template";

    public override int Frames => 2;

    // Strings on the way may each be as long as the result, and every step may make something small.
    public override long AllowedBytes(int input) => 512L << 20;

    public override IEnumerable<byte[]> Seeds()
    {
        var assembly = Assembly.GetExecutingAssembly();
        foreach (string name in assembly.GetManifestResourceNames().Where(n => n.EndsWith(".jinja", StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            using var stream = assembly.GetManifestResourceStream(name)!;
            byte[] bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            yield return bytes;
        }
        foreach (var group in Vectors()["groups"]!.AsArray())
            foreach (var one in group!["cases"]!.AsArray()) yield return Encoding.UTF8.GetBytes(one![0]!.GetValue<string>());
    }

    public override byte[] Mutate(byte[] input, Mutator mutator) => TemplateMutator.Change(input, mutator);

    public override string Run(byte[] input)
    {
        string source = Encoding.UTF8.GetString(input);
        var template = JinjaTemplate.Parse(source, "T");
        string first = template.Render(Context.Value, Bounds);
        if (first.Length > Bounds.MaxOutput) throw new InvalidOperationException($"{first.Length} characters where {Bounds.MaxOutput} are the most");
        if (template.Render(Context.Value, Bounds) != first) throw new InvalidOperationException("rendered again it differs");
        return (first.Length == 0 ? "empty" : "text") + ", " + Masked(source);
    }

    // A mask is right or an error: in order, within the text, and no learnt stretch empty.
    private static string Masked(string source)
    {
        JsonObject[] messages = [.. JsonNode.Parse(Conversation)!.AsArray().Select(m => (JsonObject)m!.DeepClone())];
        MaskedText masked;
        try
        {
            masked = new ChatTemplate(source, Vocabulary.Value, "T", Bounds).RenderWithMask(messages, [.. messages.Select(m => m["role"]!.GetValue<string>() == "assistant")]);
        }
        catch (InvalidDataException)
        {
            return "no mask";
        }
        int at = 0;
        foreach (var (start, end) in masked.Learn)
        {
            if (start < at || end <= start || end > masked.Text.Length) throw new InvalidOperationException($"learnt {start}..{end} behind {at} of {masked.Text.Length}");
            at = end;
        }
        return $"{Math.Min(masked.Learn.Count, 4)} answers";
    }

    private static JsonNode Vectors()
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("jinja-vectors.json")!;
        return JsonNode.Parse(stream)!;
    }

    private static JsonObject ReadContext()
    {
        var context = new JsonObject();
        foreach (var group in Vectors()["groups"]!.AsArray())
            foreach (var (name, value) in group!["context"]!.AsObject()) context[name] = value?.DeepClone();
        context["messages"] = JsonNode.Parse(Conversation);
        context["add_generation_prompt"] = true;
        context["bos_token"] = "<s>";
        context["eos_token"] = "</s>";
        return context;
    }
}
