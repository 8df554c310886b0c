using Lapwing.Training.Data;

namespace Lapwing.Training.Tests;

public sealed class DataFormTests : IDisposable
{
    private readonly TemporaryFiles files = new();

    public void Dispose() => files.Dispose();

    [Theory]
    [InlineData("""{"instruction":"Add","input":"1 2","output":"3"}""", "user: Add\n1 2|assistant: 3", "Alpaca")]
    [InlineData("""{"instruction":"Hi","input":"","output":"Hello","system":"Be kind","history":[["a","b"]]}""", "system: Be kind|user: a|assistant: b|user: Hi|assistant: Hello", "Alpaca")]
    [InlineData("""{"instruction":"Who?","context":"Ann runs.","response":"Ann","category":"qa"}""", "user: Who?\nAnn runs.|assistant: Ann", "Dolly")]
    [InlineData("""{"conversations":[{"from":"system","value":"S"},{"from":"human","value":"q"},{"from":"gpt","value":"a"}]}""", "system: S|user: q|assistant: a", "ShareGPT")]
    [InlineData("""{"system":"S","conversations":[{"from":"user","value":"q"},{"from":"assistant","value":"a"}]}""", "system: S|user: q|assistant: a", "ShareGPT")]
    [InlineData("""{"conversations":[{"from":"human","value":"q"},{"from":"function_call","value":"{\"name\":\"f\",\"arguments\":{\"x\":1}}"},{"from":"observation","value":"2"},{"from":"gpt","value":"two"}]}""", "user: q|assistant: |tool: 2|assistant: two", "ShareGPT")]
    [InlineData("""{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"a"}]}""", "user: q|assistant: a", "OpenAI chat")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"text","text":"q"},{"type":"text","text":"r"}]},{"role":"assistant","content":"a"}]}""", "user: qr|assistant: a", "OpenAI chat")]
    [InlineData("""{"prompt":"q","completion":"a"}""", "user: q|assistant: a", "prompt and completion")]
    [InlineData("""{"question":"q","answer":"a"}""", "user: q|assistant: a", "prompt and completion")]
    [InlineData("""{"prompt":[{"role":"user","content":"q"}],"completion":[{"role":"assistant","content":"a"}]}""", "user: q|assistant: a", "prompt and completion")]
    public void A_row_is_recognised_by_its_fields(string json, string expected, string form)
    {
        var data = files.Read("rows.jsonl", json + "\n");
        var row = Assert.IsType<ConversationRow>(Assert.Single(data.Rows));
        Assert.Equal(expected, string.Join('|', row.Messages.Select(m => $"{m["role"]}: {m["content"]}")));
        Assert.Contains("1 row in the form " + form, Assert.Single(data.Report.Recognised));
        Assert.Equal(row.Messages.Select(m => (string?)m["role"] == "assistant"), row.Learn);
    }

    [Fact]
    public void Tool_calls_tools_and_reasoning_reach_the_template_as_they_stand()
    {
        var row = Conversation("""
            {"messages":[{"role":"user","content":"q"},
             {"role":"assistant","content":null,"reasoning_content":"hm","tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{}"}}]},
             {"role":"tool","tool_call_id":"1","content":"2"},{"role":"assistant","content":"two"}],
             "tools":[{"type":"function","function":{"name":"f"}}]}
            """.ReplaceLineEndings(" "));
        Assert.Equal("hm", (string?)row.Messages[1]["reasoning_content"]);
        Assert.Equal("f", (string?)row.Messages[1]["tool_calls"]![0]!["function"]!["name"]);
        Assert.Equal("f", (string?)row.Tools![0]!["function"]!["name"]);
    }

    [Fact]
    public void A_function_call_of_ShareGPT_becomes_a_tool_call()
    {
        var row = Conversation("""{"tools":"[{\"name\":\"f\"}]","conversations":[{"from":"human","value":"q"},{"from":"function_call","value":"{\"name\":\"f\",\"arguments\":{\"x\":1}}"}]}""");
        Assert.Equal("""{"name":"f","arguments":{"x":1}}""", row.Messages[1]["tool_calls"]![0]!["function"]!.ToJsonString());
        Assert.Equal("f", (string?)row.Tools![0]!["name"]);
    }

    [Fact]
    public void Answers_of_weight_0_carry_no_loss_and_the_weight_never_reaches_the_template()
    {
        var row = Conversation("""{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"bad","weight":0},{"role":"user","content":"r"},{"role":"assistant","content":"good","weight":1}]}""");
        Assert.Equal([false, false, false, true], row.Learn);
        Assert.All(row.Messages, m => Assert.False(m.ContainsKey("weight")));
    }

    [Fact]
    public void Messages_of_a_prompt_carry_no_loss()
    {
        var row = Conversation("""{"prompt":[{"role":"user","content":"q"},{"role":"assistant","content":"old"},{"role":"user","content":"r"}],"completion":[{"role":"assistant","content":"new"}]}""");
        Assert.Equal([false, false, false, true], row.Learn);
    }

    [Fact]
    public void Self_Instruct_gives_one_row_for_each_instance()
    {
        var data = files.Read("seed.jsonl", """{"instruction":"Add","instances":[{"input":"1","output":"2"},{"input":"2","output":"3"}]}""");
        Assert.Equal(2, data.Rows.Count);
    }

    [Fact]
    public void Token_rows_keep_ids_and_labels()
    {
        var row = Assert.IsType<TokenRow>(files.Read("t.jsonl", """{"input_ids":[1,2,3],"labels":[-100,2,3]}""").Rows[0]);
        Assert.Equal([1, 2, 3], row.Ids);
        Assert.Equal([-100, 2, 3], row.Labels);
        row = Assert.IsType<TokenRow>(files.Read("t.jsonl", """{"input_ids":[0,1,2,3,0],"labels":[-100,1,2,3,-100],"attention_mask":[0,1,1,1,0]}""").Rows[0]);
        Assert.Equal([1, 2, 3], row.Ids);
        row = Assert.IsType<TokenRow>(files.Read("t.jsonl", """{"input_ids":[4,5]}""").Rows[0]);
        Assert.Equal([4, 5], row.Labels);
    }

    [Fact]
    public void Plain_text_is_parted_at_its_end_marks()
    {
        var data = files.Read("stories.txt", "Once.\nTwice.\n<|endoftext|>\n\nThrice.\n<|endoftext|>\n");
        Assert.Equal(["Once.\nTwice.", "Thrice."], data.Rows.Cast<TextRow>().Select(r => r.Text));
        Assert.Equal([1, 3], data.Rows.Select(r => r.Origin.Line));
        Assert.Equal("{a} plain\n", Assert.IsType<TextRow>(files.Read("one.txt", "{a} plain\n").Rows[0]).Text);
        Assert.Equal("row", Assert.IsType<TextRow>(files.Read("t.jsonl", """{"text":"row"}""").Rows[0]).Text);
    }

    [Theory]
    [InlineData("identity/identity.json", 91, "Alpaca")]
    [InlineData("dolly/dolly_pairs_nocontext.jsonl", 6397, "Dolly")]
    [InlineData("alpaca/alpaca_en_demo.json", 999, "Alpaca")]
    [InlineData("gsm8k/train.jsonl", 7473, "prompt and completion")]
    public void Real_sets_are_read_to_the_last_row(string file, int rows, string form)
    {
        var data = DataReader.Read([Testing.SharedFolder.Path("data/" + file)], new() { Values = DataOptions.ParseValues(["name=Pip", "author=the Lapwing house"]) });
        Assert.Equal(rows, data.Rows.Count + data.Report.LeftOut());
        Assert.True(data.Report.LeftOut() < 30, string.Join("\n", data.Report.Problems()));
        Assert.Contains(form, data.Report.Recognised[0]);
    }

    private ConversationRow Conversation(string json) => Assert.IsType<ConversationRow>(Assert.Single(files.Read("rows.jsonl", json).Rows));
}
