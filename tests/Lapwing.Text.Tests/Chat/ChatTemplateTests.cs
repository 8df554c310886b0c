using System.Text;
using System.Text.Json.Nodes;
using Lapwing.Testing;
using Lapwing.Text.Chat;
using Lapwing.Text.Tokenizers;

namespace Lapwing.Text.Tests.Chat;

/// <summary>What carries loss is the answer and what ends it, by whichever way a template lets it be found.</summary>
public sealed class ChatTemplateTests
{
    private const string ChatMl = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";

    [Fact]
    public void Each_answer_and_its_end_mark_carry_loss()
    {
        var masked = Mask(ChatMl, "user:Hi", "assistant:Hello.", "user:Who?", "assistant:Me.");
        Assert.Equal(["Hello.<|im_end|>", "Me.<|im_end|>"], Learnt(masked));
    }

    [Fact]
    public void Only_the_marked_answers_carry_loss()
    {
        var masked = Template(ChatMl).RenderWithMask(Messages("user:Hi", "assistant:Hello.", "user:Who?", "assistant:Me."), [false, false, false, true]);
        Assert.Equal(["Me.<|im_end|>"], Learnt(masked));
    }

    [Fact]
    public void Generation_blocks_rule_where_there_are_any()
    {
        const string source = "{% for m in messages %}[{{ m.role }}]{% if m.role == 'assistant' %}{% generation %}{{ m.content }}</s>{% endgeneration %}{% else %}{{ m.content }}{% endif %}{% endfor %}";
        Assert.Equal(["Hello.</s>", "Me.</s>"], Learnt(Mask(source, "user:Hi", "assistant:Hello.", "user:Who?", "assistant:Me.")));
    }

    [Fact]
    public void A_generation_prompt_that_history_does_not_have_is_no_obstacle()
    {
        // The prompt opens a thought that earlier turns do not show.
        string source = ChatMl.Replace("<|im_start|>assistant\n{% endif", "<|im_start|>assistant\n<think>\n{% endif");
        Assert.Equal(["Hello.<|im_end|>", "Me.<|im_end|>"], Learnt(Mask(source, "user:Hi", "assistant:Hello.", "user:Who?", "assistant:Me.")));
    }

    [Fact]
    public void An_answer_that_the_template_trims_is_found_as_it_stands()
    {
        string source = ChatMl.Replace("{{ m.content }}", "{{ m.content | trim }}").Replace("<|im_start|>assistant\n{% endif", "<|im_start|>assistant\n<think>\n{% endif");
        Assert.Equal(["Hello.<|im_end|>"], Learnt(Mask(source, "user:Hi", "assistant:  Hello. ")));
    }

    [Fact]
    public void A_template_that_changes_answers_is_an_error_that_names_the_message()
    {
        string source = ChatMl.Replace("{{ m.content }}", "{{ m.content | upper }}").Replace("<|im_start|>assistant\n{% endif", "<|im_start|>assistant\n<think>\n{% endif");
        var error = Assert.Throws<InvalidDataException>(() => Mask(source, "user:Hi", "assistant:Hello."));
        Assert.Contains("message 2", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_answer_that_repeats_the_question_is_not_confused_with_it()
    {
        string source = ChatMl.Replace("<|im_start|>assistant\n{% endif", "<|im_start|>assistant\n<think>\n{% endif");
        var masked = Mask(source, "user:Echo", "assistant:Echo", "user:Echo", "assistant:Echo");
        Assert.Equal(2, masked.Learn.Count);
        Assert.All(masked.Learn, span => Assert.EndsWith("assistant\n", masked.Text[..span.Start], StringComparison.Ordinal));
    }

    [Fact]
    public void A_template_s_own_error_reaches_the_caller() =>
        Assert.Contains("no system", Assert.Throws<InvalidDataException>(() => Mask("{{ raise_exception('no system here') }}", "system:x", "assistant:y")).Message, StringComparison.Ordinal);

    [Fact]
    public void Published_templates_give_masks_that_hold_the_answers()
    {
        string folder = SharedFolder.Path("templates");
        int found = 0;
        foreach (string file in Directory.GetFiles(folder, "*.jinja"))
        {
            MaskedText masked;
            try
            {
                masked = Template(File.ReadAllText(file)).RenderWithMask(Messages("user:What is the capital of France?", "assistant:It is Paris.", "user:And of Spain?", "assistant:Madrid, of course."), [false, true, false, true]);
            }
            catch (InvalidDataException)
            {
                continue;
            }
            string[] learnt = [.. Learnt(masked)];
            Assert.Equal(2, learnt.Length);
            Assert.Contains("It is Paris.", learnt[0], StringComparison.Ordinal);
            Assert.Contains("Madrid, of course.", learnt[1], StringComparison.Ordinal);
            Assert.All(learnt, l => Assert.DoesNotContain("capital", l, StringComparison.Ordinal));
            found++;
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"{found} of {Directory.GetFiles(folder, "*.jinja").Length} templates");
        Assert.InRange(found, 20, 1000);
    }

    private static IEnumerable<string> Learnt(MaskedText masked) => masked.Learn.Select(s => masked.Text[s.Start..s.End]);

    private static MaskedText Mask(string source, params string[] messages) =>
        Template(source).RenderWithMask(Messages(messages), [.. messages.Select(m => m.StartsWith("assistant:", StringComparison.Ordinal))]);

    private static JsonObject[] Messages(params string[] messages) =>
        [.. messages.Select(m => new JsonObject { ["role"] = m[..m.IndexOf(':')], ["content"] = m[(m.IndexOf(':') + 1)..] })];

    private static ChatTemplate Template(string source)
    {
        string[] tokens = ["<unk>", "<s>", "</s>", "a"];
        var tokenizer = TokenizerFactory.FromGguf(new GgufVocabulary
        {
            Model = "llama", Tokens = [.. tokens.Select(t => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(t))], Scores = [0, 0, 0, 0], TokenTypes = [2, 3, 3, 1],
            BosId = 1, EosId = 2, UnknownId = 0,
        });
        return new ChatTemplate(source, tokenizer, "test", new() { Now = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero) });
    }
}
