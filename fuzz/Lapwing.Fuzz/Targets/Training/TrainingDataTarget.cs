using System.Text;
using System.Text.RegularExpressions;
using Lapwing.Fuzz.Mutation;
using Lapwing.Text.Chat;
using Lapwing.Text.Templates;
using Lapwing.Text.Tokenizers;
using Lapwing.Training;
using Lapwing.Training.Data;

namespace Lapwing.Fuzz.Targets;

/// <summary>Training data of every form as JSON, JSONL and text, read and made into examples. The first byte chooses the file's name.</summary>
internal sealed partial class TrainingDataTarget : FuzzTarget
{
    private static readonly string[] Extensions = [".jsonl", ".json", ".txt", "", ".md", ".csv"];

    private static readonly string[] Rows =
    [
        """{"instruction":"Hi","input":"there","output":"Hello","system":"Be kind","history":[["a","b"],["c","d"]]}""", """{"instruction":"Who?","context":"Ann runs.","response":"Ann","category":"qa"}""",
        """{"instruction":"Add","instances":[{"input":"1","output":"2"},{"input":"2","output":"3"}]}""", """{"system":"S","conversations":[{"from":"human","value":"q"},{"from":"gpt","value":"a"},{"from":"human","value":"{{name}}"},{"from":"gpt","value":"b"}]}""",
        """{"tools":"[{\"name\":\"f\"}]","conversations":[{"from":"human","value":"q"},{"from":"function_call","value":"{\"name\":\"f\",\"arguments\":{\"x\":1}}"},{"from":"observation","value":"2"},{"from":"gpt","value":"two"}]}""",
        """{"messages":[{"role":"user","content":[{"type":"text","text":"q"},{"type":"text","text":"r"}]},{"role":"assistant","content":"a","weight":0},{"role":"user","content":"more"},{"role":"assistant","content":"b","weight":1}]}""",
        """{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":null,"reasoning_content":"hm","tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"1","content":"2"},{"role":"assistant","content":"two"}],"tools":[{"type":"function","function":{"name":"f"}}]}""",
        """[{"role":"user","content":"q"},{"role":"assistant","content":"a"}]""", """{"prompt":"q","completion":"a"}""", """{"prompt":[{"role":"user","content":"q"}],"completion":[{"role":"assistant","content":"a"}]}""", """{"question":"q","answer":"a"}""",
        """{"text":"the bird sings"}""", """{"input_ids":[1,2,3,0],"labels":[-100,2,3,-100],"attention_mask":[1,1,1,0]}""", """{"input_ids":[4,5]}""", """{"prompt":"q","chosen":"a","rejected":"b"}""",
    ];

    private static readonly string[] Words =
    [
        "instruction", "input", "output", "system", "history", "context", "response", "instances", "conversations", "conversation", "from", "value", "human", "gpt", "function_call", "observation", "messages", "role", "content", "user", "assistant", "tool",
        "tool_calls", "tools", "function", "name", "arguments", "weight", "train", "reasoning_content", "prompt", "completion", "question", "answer", "query", "text", "type", "input_ids", "labels", "attention_mask", "chosen", "rejected", "{{name}}", "{{ other }}",
        "{{", "<|im_start|>", "<|im_end|>", "[{\\\"name\\\":1}]", "{\\\"name\\\":{}}", "[[[", "\\ue0a77391739173917391\\ue0a8", "<|endoftext|>",
    ];

    private const string ChatMl = "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + (m.content or '') + '<|im_end|>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

    private static readonly JinjaOptions Clock = new() { Now = new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero), MaxSteps = 1_000_000 };

    private readonly string folder = TemporaryFile.NewFolder();
    private readonly DataOptions options = new() { Values = DataOptions.ParseValues(["name=Pip"]) };

    private readonly Lazy<Tokenizer> tokenizer = new(() => TokenizerFactory.FromGguf(BytePairTrainer.Train(
        ["the bird sings in the marsh"], new() { VocabularySize = 290, Style = BytePairStyle.ByteLevel, SpecialTokens = ["<unk>", "<s>", "</s>", "<|im_start|>", "<|im_end|>"], ChatTemplate = ChatMl })));

    public override string Name => "training-data";

    public override long AllowedBytes(int input) => (32 << 20) + (4096L * input);

    public override IEnumerable<byte[]> Seeds()
    {
        yield return [0, .. Encoding.UTF8.GetBytes(string.Join('\n', Rows))];
        yield return [1, .. Encoding.UTF8.GetBytes("[\n" + string.Join(",\n", Rows) + "\n]")];
        yield return [1, .. Encoding.UTF8.GetBytes(string.Join('\n', Rows.Take(4)).Replace(",", ",\n ", StringComparison.Ordinal))];
        yield return [3, .. "\uFEFF"u8, .. Encoding.UTF8.GetBytes(string.Join("\r\n\r\n", Rows.Skip(5)))];
        yield return [2, .. "Once.\nTwice.\n<|endoftext|>\n\nThrice {{name}}.\n<|endoftext|>\n"u8];
        yield return [3, .. "plain text of {{name}} äöü 你好\n"u8];
        foreach (string row in Rows) yield return [0, .. Encoding.UTF8.GetBytes(row)];
    }

    public override byte[] Mutate(byte[] input, Mutator mutator)
    {
        if (input.Length < 2) return mutator.Bytes(input);
        byte[] content = input[1..];
        byte name = mutator.Random.Next(20) == 0 ? (byte)mutator.Random.Next(Extensions.Length) : input[0];
        if (mutator.Random.Next(4) != 0) return [name, .. JsonMutator.Change(content, mutator, Words)];
        // Whole lines dropped, doubled, moved, or taken from another file.
        var lines = Encoding.Latin1.GetString(content).Split('\n').ToList();
        string other = mutator.Pick(Encoding.Latin1.GetString(mutator.Other()).Split('\n'));
        int at = mutator.Random.Next(lines.Count);
        if (mutator.Random.Next(3) == 0) lines.RemoveAt(at);
        else lines.Insert(at, mutator.Random.Next(2) == 0 ? other : lines[mutator.Random.Next(lines.Count)]);
        return [name, .. Encoding.Latin1.GetBytes(string.Join('\n', lines))];
    }

    public override string Run(byte[] input)
    {
        string path = Path.Combine(folder, "rows" + Extensions[input.FirstOrDefault() % Extensions.Length]);
        File.WriteAllBytes(path, input.Length == 0 ? [] : input[1..]);
        var data = DataReader.Read([path], options);
        foreach (string line in data.Report.Problems().Concat(data.Report.Recognised))
            if (line.Any(char.IsControl)) throw new InvalidOperationException($"a line of the report holds a control character: {line}");
        var template = ChatTemplate.For(tokenizer.Value, "T", null, Clock);
        var builder = ExampleBuilder.For(tokenizer.Value, row =>
        {
            var (text, learn) = template.RenderWithMask(row.Messages, row.Learn, row.Tools);
            return new RenderedText(text, learn);
        }, tokenizer.Value.VocabularySize, 64);
        var examples = builder.Build(data);
        foreach (var example in examples)
        {
            if (example.Ids.Length is < 2 or > 64 || example.Labels.Length != example.Ids.Length || example.LossTokens <= 0) throw new InvalidOperationException($"{example.Origin}: {example.Ids.Length} ids, {example.Labels.Length} labels");
            foreach (int id in example.Ids)
                if ((uint)id >= (uint)tokenizer.Value.VocabularySize) throw new InvalidOperationException($"id {id}");
            foreach (int label in example.Labels)
                if (label != Example.NoLoss && (uint)label >= (uint)tokenizer.Value.VocabularySize) throw new InvalidOperationException($"label {label}");
        }
        return Problem(data.Report) ?? string.Join('+', data.Rows.Select(r => r.GetType().Name[..^3]).Distinct().Order());
    }

    // What was wrong with the one bad row, without the names and numbers in it.
    private static string? Problem(DataReport report) => report.Counts.Values.Sum() switch
    {
        0 => null,
        1 => Quoted().Replace(report.Problems().Single(), "*"),
        _ => "several",
    };

    [GeneratedRegex("\"[^\"]*\"|'[^']*'|[0-9]+|rows[^ ]*:[0-9]+|byte .*|fields .*")]
    private static partial Regex Quoted();
}
