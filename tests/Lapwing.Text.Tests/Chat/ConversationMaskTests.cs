using System.Text.Json.Nodes;
using Lapwing.Text.Chat;
using static Lapwing.Text.Tests.Chat.ChatSamples;

namespace Lapwing.Text.Tests.Chat;

/// <summary>What carries loss is the answer and what ends it, by whichever way a template lets it be found.</summary>
public sealed class ConversationMaskTests
{
    private static readonly string[] Talk = ["user:Hi", "assistant:Hello.", "user:Who?", "assistant:Me."];

    [Fact]
    public void Each_answer_and_its_end_mark_carry_loss_and_the_line_break_behind_does_not() =>
        Assert.Equal(["Hello.<|im_end|>", "Me.<|im_end|>"], Template(ChatMl).Learnt(Talk));

    [Fact]
    public void Only_the_last_answer_may_be_asked_for()
    {
        ChatMessage[] messages = [.. Messages(Talk).Select(ChatMessage.FromJson)];
        Assert.Equal(["Me.<|im_end|>"], Learnt(Template(ChatMl).RenderWithMask(messages, LearntAnswers.Last)));
        Assert.Equal(["Hello.<|im_end|>", "Me.<|im_end|>"], Learnt(Template(ChatMl).RenderWithMask(messages)));
        Assert.Equal(["Hello.<|im_end|>"], Learnt(Template(ChatMl).RenderWithMask(Messages(Talk), [false, true, false, false])));
    }

    [Fact]
    public void Without_a_known_end_mark_whatever_closes_the_turn_is_learnt()
    {
        Assert.Equal(["Hello.<|im_end|>", "Me.<|im_end|>"], Template(ChatMl, "<x>").Learnt(Talk));
        Assert.Equal([" Hello.\n", " Me.\n"], Template("{% for m in messages %}{{ m.role + ': ' + m.content + '\n' }}{% endfor %}{% if add_generation_prompt %}{{ 'assistant:' }}{% endif %}", "<x>").Learnt(Talk));
    }

    [Fact]
    public void Generation_blocks_rule_where_there_are_any()
    {
        const string source = "{% for m in messages %}[{{ m.role }}]{% if m.role == 'assistant' %}{% generation %}{{ m.content }}</s>{% endgeneration %}{% else %}{{ m.content }}{% endif %}{% endfor %}";
        Assert.Equal(["Hello.</s>", "Me.</s>"], Template(source).Learnt(Talk));
        Assert.Equal(["Hello.</s>"], Learnt(Template(source).RenderWithMask(Messages(Talk), [false, true, false, false])));
    }

    [Fact]
    public void A_generation_block_that_is_no_answer_s_goes_with_its_neighbour()
    {
        const string source = "{% for m in messages %}[{{ m.role }}]{% if m.role == 'assistant' %}{% generation %}{{ m.content }}{% endgeneration %}{% else %}{{ m.content }}{% endif %}{% endfor %}{% generation %}</s>{% endgeneration %}";
        Assert.Equal(["Me.", "</s>"], Learnt(Template(source).RenderWithMask(Messages(Talk), [false, false, false, true])));
        Assert.Equal(["Hello."], Learnt(Template(source).RenderWithMask(Messages(Talk), [false, true, false, false])));
    }

    [Fact]
    public void A_generation_prompt_that_history_does_not_have_is_no_obstacle() =>
        Assert.Equal(["Hello.<|im_end|>", "Me.<|im_end|>"], Template(Thinking).Learnt(Talk));

    [Fact]
    public void An_answer_is_found_as_the_template_writes_it()
    {
        Assert.Equal(["Hello.<|im_end|>"], Template(Thinking.Replace("m.content", "m.content|trim", StringComparison.Ordinal)).Learnt("user:Hi", "assistant:  Hello. "));
        Assert.Equal(["HELLO.<|im_end|>"], Template(Thinking.Replace("m.content", "m.content|upper", StringComparison.Ordinal)).Learnt("user:Hi", "assistant:Hello."));
    }

    [Fact]
    public void A_template_that_hides_its_answers_is_an_error_that_names_the_message()
    {
        string source = Thinking.Replace("m.content", "m.content|reverse", StringComparison.Ordinal);
        Assert.Contains("message 2", Assert.Throws<InvalidDataException>(() => Template(source).Learnt("user:Hi", "assistant:Hello.")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_answer_that_repeats_the_question_is_not_confused_with_it()
    {
        foreach (string source in new[] { ChatMl, Thinking })
        {
            MaskedText masked = Template(source).RenderWithMask(Messages("user:Echo", "assistant:Echo", "user:Echo", "assistant:Echo"), [false, true, false, true]);
            Assert.Equal(2, masked.Learn.Count);
            Assert.All(masked.Learn, span => Assert.EndsWith("assistant\n", masked.Text[..span.Start], StringComparison.Ordinal));
        }
    }

    [Fact]
    public void A_mark_quoted_in_an_answer_is_not_taken_for_its_end() =>
        Assert.Equal(["Write <|im_end|> to stop.<|im_end|>"], Template(ChatMl).Learnt("user:Hi", "assistant:Write <|im_end|> to stop."));

    [Fact]
    public void Thoughts_that_only_the_last_turn_keeps_are_learnt_there_and_nowhere_else()
    {
        const string source = """
            {% for m in messages %}{{ '<|im_start|>' + m.role + '\n' }}
            {%- if m.reasoning_content is defined and loop.last %}{{ '<think>\n' + m.reasoning_content + '\n</think>\n\n' }}{% endif %}
            {{- m.content + '<|im_end|>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}
            """;
        JsonObject[] messages = Messages(Talk);
        messages[1]["reasoning_content"] = "one";
        messages[3]["reasoning_content"] = "two";
        Assert.Equal(["Hello.<|im_end|>", "<think>\ntwo\n</think>\n\nMe.<|im_end|>"], Template(source).Learnt(messages));
    }

    // As DeepSeek's, Qwen's and others': calls in the assistant's turn, results in a turn of their own.
    private const string Calling = """
        {% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content }}
        {%- for c in m.tool_calls or [] %}{{ '<call>' + c.function.name + c.function.arguments|tojson + '</call>' }}{% endfor %}
        {{- '<|im_end|>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}
        """;

    [Fact]
    public void Calls_of_functions_are_learnt_and_what_the_tools_answer_is_not()
    {
        JsonObject[] messages = [.. Messages("user:Rain?"), Call(), .. Messages("tool:no", "assistant:No.", "user:Sure?", "assistant:Yes.")];
        string[] expected = ["<call>weather{\"city\": \"Paris\"}</call><|im_end|>", "No.<|im_end|>", "Yes.<|im_end|>"];
        Assert.Equal(expected, Template(Calling).Learnt(messages));
        Assert.Equal(expected, Template(Calling.Replace("assistant\n' }}{% endif", "assistant\n<think>\n' }}{% endif", StringComparison.Ordinal)).Learnt(messages));
    }

    [Fact]
    public void A_tool_s_answer_laid_into_the_turn_that_called_it_is_an_error()
    {
        const string source = """
            {% for m in messages if m.role != 'tool' %}{{ '<|im_start|>' + m.role + '\n' }}
            {%- if m.tool_calls %}{{ '<call>' + (messages[loop.index] or {}).content|default('', true) + '</call>' }}{% endif %}
            {{- m.content + '<|im_end|>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}
            """;
        JsonObject[] messages = [.. Messages("user:Rain?"), Call("Looking."), .. Messages("tool:secret", "assistant:No.")];
        Assert.Throws<InvalidDataException>(() => Template(source).Learnt(messages));
    }

    [Fact]
    public void A_turn_that_the_template_leaves_open_at_the_end_is_closed_so_that_stopping_is_learnt()
    {
        // As Apertus does: the end mark comes with the next message.
        const string source = "{% for m in messages %}{% if m.role == 'user' %}{% if not loop.first %}<|im_end|>{% endif %}<u>{{ m.content }}</u>{% else %}{{ m.content }}{% endif %}{% endfor %}";
        MaskedText masked = Template(source).RenderWithMask(Messages(Talk), [false, true, false, true]);
        Assert.Equal(["Hello.<|im_end|>", "Me.<|im_end|>"], Learnt(masked));
        Assert.Equal("<u>Hi</u>Hello.<|im_end|><u>Who?</u>Me.<|im_end|>", masked.Text);
    }

    [Fact]
    public void A_template_that_always_adds_its_prompt_does_not_teach_the_prompt() =>
        Assert.Equal(["Hello.<|im_end|>", "Me.<|im_end|>"], Template(ChatMl.Replace("{% if add_generation_prompt %}", "", StringComparison.Ordinal).Replace("{% endif %}", "", StringComparison.Ordinal)).Learnt(Talk));

    [Fact]
    public void Marks_that_differ_in_the_middle_and_at_the_end_are_told_apart()
    {
        // As gpt-oss does; only the last one stops the model, yet both close their turns.
        const string source = "{% for m in messages %}<|start|>{{ m.role }}<|message|>{{ m.content }}{% if loop.last and m.role == 'assistant' %}<|return|>{% else %}<|end|>{% endif %}{% endfor %}{% if add_generation_prompt %}<|start|>assistant{% endif %}";
        Assert.Equal(["<|message|>Hello.<|end|>", "<|message|>Me.<|return|>"], Template(source, "<|start|>", "<|message|>", "<|end|>", "<|return|>", "<|call|>").Learnt(Talk));
    }

    [Fact]
    public void All_renderings_of_a_conversation_see_the_same_clock()
    {
        var template = new ChatTemplate("{{ strftime_now('%H:%M:%S.%f') }}" + ChatMl, Tokenizer("<|im_end|>"), "test");
        for (int i = 0; i < 20; i++) Assert.Equal(["Hello.<|im_end|>", "Me.<|im_end|>"], template.Learnt(Talk));
    }

    [Fact]
    public void A_greeting_before_any_question_is_learnt_too() =>
        Assert.Equal(["Hello.<|im_end|>"], Template("{% if not messages %}{{ raise_exception('empty') }}{% endif %}" + ChatMl).Learnt("assistant:Hello.", "user:Hi"));

    [Fact]
    public void As_many_marks_as_messages_are_asked_for() =>
        Assert.Throws<ArgumentException>(() => Template(ChatMl).RenderWithMask(Messages(Talk), [true]));
}
