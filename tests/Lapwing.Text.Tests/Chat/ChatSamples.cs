using System.Text;
using System.Text.Json.Nodes;
using Lapwing.Text.Chat;
using Lapwing.Text.Tokenizers;

namespace Lapwing.Text.Tests.Chat;

/// <summary>Templates and conversations of ours, and a vocabulary that knows the usual end marks.</summary>
internal static class ChatSamples
{
    public const string ChatMl = "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

    /// <summary>The same, but its prompt opens a thought that history does not show: beginnings no longer agree.</summary>
    public static readonly string Thinking = ChatMl.Replace("assistant\n' }}", "assistant\n<think>\n' }}", StringComparison.Ordinal);

    public static Tokenizer Tokenizer(params string[] marks)
    {
        string[] tokens = ["<unk>", "<s>", "</s>", "a", .. marks];
        return TokenizerFactory.FromGguf(new GgufVocabulary
        {
            Model = "llama", Tokens = [.. tokens.Select(t => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(t))], Scores = new float[tokens.Length],
            TokenTypes = [.. tokens.Select((_, i) => i switch { 0 => 2, 3 => 1, _ => 3 })], BosId = 1, EosId = 2, UnknownId = 0,
        });
    }

    public static ChatTemplate Template(string source, params string[] marks) =>
        new(source, Tokenizer(marks.Length > 0 ? marks : ["<|im_start|>", "<|im_end|>"]), "test", new() { Now = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero) });

    /// <summary>Messages from "role:content".</summary>
    public static JsonObject[] Messages(params string[] messages) =>
        [.. messages.Select(m => new JsonObject { ["role"] = m[..m.IndexOf(':', StringComparison.Ordinal)], ["content"] = m[(m.IndexOf(':', StringComparison.Ordinal) + 1)..] })];

    public static string[] Learnt(MaskedText masked) => [.. masked.Learn.Select(s => masked.Text[s.Start..s.End])];

    public static string[] Learnt(this ChatTemplate template, params string[] messages) => template.Learnt(Messages(messages));

    public static string[] Learnt(this ChatTemplate template, params JsonObject[] messages) =>
        Learnt(template.RenderWithMask(messages, [.. messages.Select(m => m["role"]!.GetValue<string>() == "assistant")]));

    public static JsonObject Call(string content = "") => new()
    {
        ["role"] = "assistant", ["content"] = content,
        ["tool_calls"] = new JsonArray(new JsonObject { ["id"] = "call00001", ["type"] = "function", ["function"] = new JsonObject { ["name"] = "weather", ["arguments"] = new JsonObject { ["city"] = "Paris" } } }),
    };
}
