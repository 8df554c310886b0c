using System.Text.Json.Nodes;
using Lapwing.Text.Chat;
using static Lapwing.Text.Tests.Chat.ChatSamples;

namespace Lapwing.Text.Tests.Chat;

public sealed class ChatTemplateTests
{
    private static readonly JsonArray Tools = [new JsonObject { ["type"] = "function", ["function"] = new JsonObject { ["name"] = "weather" } }];

    [Fact]
    public void Messages_become_a_prompt_that_ends_where_the_answer_begins()
    {
        ChatMessage[] messages = [new("system", "Be brief."), new("user", "Hi")];
        Assert.Equal("<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n", Template(ChatMl).Render(messages));
        Assert.Equal("<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n", Template(ChatMl).Render(messages, generationPrompt: false));
    }

    [Fact]
    public void Special_tokens_and_further_variables_reach_the_template()
    {
        ChatTemplate template = Template("{{ bos_token }}|{{ eos_token }}|{{ unk_token }}|{{ pad_token is defined }}|{{ enable_thinking }}|{{ tools is none }}");
        Assert.Equal("<s>|</s>|<unk>|False|False|True", template.Render([new ChatMessage("user", "x")], extra: new Dictionary<string, object?> { ["enable_thinking"] = false }));
    }

    [Fact]
    public void With_tools_the_template_for_tools_serves()
    {
        var template = new ChatTemplate(new Dictionary<string, string> { ["default"] = "plain", ["tool_use"] = "tools", ["broken"] = "{% if" }, Tokenizer(), "m");
        ChatMessage[] messages = [new("user", "x")];
        Assert.Equal("plain", template.Render(messages));
        Assert.Equal("plain", template.Render(messages, []));
        Assert.Equal("tools", template.Render(messages, (JsonArray)Tools.DeepClone()));
        Assert.Equal("plain", template.Source);
    }

    [Fact]
    public void Several_templates_without_a_default_are_an_error_that_names_them()
    {
        var template = new ChatTemplate(new Dictionary<string, string> { ["rag"] = "a", ["search"] = "b" }, Tokenizer(), "m");
        Assert.Contains("rag, search", Assert.Throws<InvalidDataException>(() => template.Render([new ChatMessage("user", "x")])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_without_template_falls_back_to_ChatML_only_if_its_vocabulary_has_the_marks()
    {
        Assert.Equal("<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n", ChatTemplate.For(Tokenizer("<|im_start|>", "<|im_end|>"), "m").Render([new ChatMessage("user", "Hi")]));
        string message = Assert.Throws<InvalidDataException>(() => ChatTemplate.For(Tokenizer("<|im_end|>"), "m")).Message;
        Assert.Contains("m has no chat template", message, StringComparison.Ordinal);
        Assert.Contains("base model", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Arguments_of_calls_are_objects_unless_the_template_wants_text()
    {
        var call = ChatMessage.FromJson(Call());
        var text = call with { ToolCalls = [new JsonObject { ["function"] = new JsonObject { ["name"] = "weather", ["arguments"] = "{\"city\": \"Paris\"}" } }] };
        const string wantsObject = "{% for k, v in messages[0].tool_calls[0].function.arguments.items() %}{{ k }}={{ v }}{% endfor %}";
        const string wantsText = "{{ 'call ' + messages[0].tool_calls[0].function.arguments }}";
        foreach (ChatMessage message in new[] { call, text })
        {
            Assert.Equal("city=Paris", Template(wantsObject).Render([message]));
            Assert.Equal("call {\"city\":\"Paris\"}", Template(wantsText).Render([message]).Replace(": ", ":", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Messages_are_read_from_OpenAI_json()
    {
        var message = ChatMessage.FromJson((JsonObject)JsonNode.Parse("""{"role": "tool", "content": [{"type": "text", "text": "a"}], "tool_call_id": "1", "name": "f", "reasoning": "r", "other": 1}""")!);
        Assert.Equal(("tool", "1", "f", "r"), (message.Role, message.ToolCallId, message.Name, message.ReasoningContent));
        Assert.Equal("a", message.ToJson()["content"]![0]!["text"]!.GetValue<string>());
        Assert.Throws<InvalidDataException>(() => ChatMessage.FromJson((JsonObject)JsonNode.Parse("""{"content": "a"}""")!));
        Assert.Throws<InvalidDataException>(() => ChatMessage.FromJson((JsonObject)JsonNode.Parse("""{"role": "user", "content": 5}""")!));
    }

    [Fact]
    public void A_template_s_own_refusal_reaches_the_caller() =>
        Assert.Contains("no system here", Assert.Throws<InvalidDataException>(() => Template("{{ raise_exception('no system here') }}").Render([new ChatMessage("system", "x")])).Message, StringComparison.Ordinal);
}
