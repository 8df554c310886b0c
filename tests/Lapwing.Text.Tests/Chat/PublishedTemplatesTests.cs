using System.Text.Json.Nodes;
using Lapwing.Testing;
using Lapwing.Text.Chat;
using static Lapwing.Text.Tests.Chat.ChatSamples;

namespace Lapwing.Text.Tests.Chat;

/// <summary>Masks of real templates: every answer is learnt to its end mark, and nothing that others said.</summary>
public sealed class PublishedTemplatesTests
{
    private static readonly string[] Marks =
    [
        "<|im_start|>", "<|im_end|>", "<|eot_id|>", "<end_of_turn>", "<|end|>", "<|return|>", "<|start|>", "<|message|>", "<|END_OF_TURN_TOKEN|>", "<|assistant_end|>",
        "<｜end▁of▁sentence｜>", "<|end_of_text|>",
    ];

    // These close turns with marks that their own vocabularies declare as end of generation, which this test's does not.
    private static readonly string[] OwnEnd = ["Apertus", "CohereForAI", "GLM", "Phi-3.5", "gpt-oss"];

    private static IEnumerable<(string Name, ChatTemplate Template)> Templates()
    {
        foreach (string file in Directory.GetFiles(SharedFolder.Path("templates"), "*.jinja").Order(StringComparer.Ordinal))
            yield return (Path.GetFileName(file), Template(File.ReadAllText(file), Marks));
    }

    private static Dictionary<string, string[]> Masks(Func<JsonObject[]> messages)
    {
        var masks = new Dictionary<string, string[]>();
        foreach ((string name, ChatTemplate template) in Templates())
        {
            try
            {
                masks[name] = template.Learnt(messages());
            }
            catch (InvalidDataException e) when (e.InnerException is not null || e.Message.Contains("cannot be told", StringComparison.Ordinal))
            {
                // A refusal of the conversation or of the mask: both are said, neither is silent.
            }
        }
        return masks;
    }

    [Fact]
    public void Plain_conversations()
    {
        Dictionary<string, string[]> masks = Masks(() => Messages("user:What is the capital of France?", "assistant:It is Paris.", "user:And of Spain?", "assistant:Madrid, of course."));
        Assert.True(masks.Count >= 20, $"{masks.Count} templates");
        foreach ((string name, string[] learnt) in masks)
        {
            Assert.Equal(2, learnt.Length);
            Assert.Contains("It is Paris.", learnt[0], StringComparison.Ordinal);
            Assert.Contains("Madrid, of course.", learnt[1], StringComparison.Ordinal);
            Assert.All(learnt, l => Assert.False(l.Contains("capital", StringComparison.Ordinal) || l.Contains("Spain", StringComparison.Ordinal), $"{name} learns {l}"));
            Assert.All(learnt, l => Assert.True(OwnEnd.Any(o => name.Contains(o, StringComparison.Ordinal)) || Marks.Append("</s>").Any(m => l.EndsWith(m, StringComparison.Ordinal)), $"{name} learns {l}"));
        }
    }

    [Fact]
    public void Conversations_with_thoughts_in_the_text()
    {
        Dictionary<string, string[]> masks = Masks(() => Messages("user:Q-one", "assistant:<think>\nR-one\n</think>\n\nAnswer one.", "user:Q-two", "assistant:<think>\nR-two\n</think>\n\nAnswer two."));
        Assert.True(masks.Count >= 19, $"{masks.Count} templates");
        foreach ((string name, string[] learnt) in masks)
        {
            Assert.True(learnt.Length == 2 && learnt[0].Contains("Answer one.", StringComparison.Ordinal) && learnt[1].Contains("Answer two.", StringComparison.Ordinal), name);
            Assert.All(learnt, l => Assert.DoesNotContain("Q-", l, StringComparison.Ordinal));
        }
        Assert.Equal(["Answer one.<|im_end|>", "<think>\nR-two\n</think>\n\nAnswer two.<|im_end|>"], masks["Qwen-Qwen3-0.6B.jinja"]);
    }

    [Fact]
    public void Conversations_with_calls()
    {
        Dictionary<string, string[]> masks = Masks(() => [.. Messages("user:Q-one"), Call(), new() { ["role"] = "tool", ["name"] = "weather", ["tool_call_id"] = "call00001", ["content"] = "T-one" }, .. Messages("assistant:Answer one.", "user:Q-two", "assistant:Answer two.")]);
        Assert.True(masks.Count >= 10, $"{masks.Count} templates");
        foreach ((string name, string[] learnt) in masks)
        {
            string all = string.Concat(learnt);
            Assert.True(all.Contains("Answer one.", StringComparison.Ordinal) && all.Contains("Answer two.", StringComparison.Ordinal), name);
            Assert.False(all.Contains("Q-", StringComparison.Ordinal) || all.Contains("T-one", StringComparison.Ordinal), $"{name} learns {all}");
        }
    }
}
