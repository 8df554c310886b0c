using System.Text.Json;
using Lapwing.Cli.Host;
using Lapwing.Cli.Tests.Support;

namespace Lapwing.Cli.Tests.Tuning;

public sealed class RowsAndMasksTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Answers_and_the_token_that_ends_them_are_learnt_and_nothing_else()
    {
        string rows = folder.Write("rows.json", """[{"messages":[{"role":"system","content":"sing"},{"role":"user","content":"who?"},{"role":"assistant","content":"a bird"},{"role":"user","content":"what?"},{"role":"assistant","content":"ein Lied für dich 🐦"}]}]""");
        var result = Run.Lapwing("tune", TeachableModel.Write(folder), rows, "--show-masks", "--quiet").Succeeds();
        Assert.Contains("""
            <|im_start|>system
            sing<|im_end|>
            <|im_start|>user
            who?<|im_end|>
            <|im_start|>assistant
            ⟦a bird<|im_end|>⟧
            <|im_start|>user
            what?<|im_end|>
            <|im_start|>assistant
            ⟦ein Lied für dich 🐦<|im_end|>⟧
            """, result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Training_sees_the_ids_that_the_chat_makes()
    {
        string model = TeachableModel.Write(folder), rows = folder.Write("rows.jsonl", """{"prompt":"who are you?","completion":"I am a bird."}""");
        var runs = Run.Lapwing("tune", model, rows, "--show-masks", "--json", "--quiet").Succeeds().Json[0].GetProperty("runs").EnumerateArray().ToList();
        Assert.Equal([false, true, false], runs.Select(r => r.GetProperty("learnt").GetBoolean()));
        string prompt = Run.Lapwing("template", model, "--messages", folder.Write("m.json", """[{"role":"user","content":"who are you?"}]""")).Succeeds().Output;
        var ids = Run.Lapwing("tokenize", model, prompt).Succeeds().Json;
        Assert.True(JsonElement.DeepEquals(ids, runs[0].GetProperty("ids")));
    }

    [Fact]
    public void A_model_without_a_template_learns_completions_as_they_stand()
    {
        string model = TeachableModel.Write(folder, template: null), rows = folder.Write("rows.jsonl", """{"prompt":"who are you?","completion":" I am a bird."}""");
        Assert.Contains("who are you?⟦ I am a bird.</s>⟧", Run.Lapwing("tune", model, rows, "--show-masks", "--quiet").Succeeds().Output, StringComparison.Ordinal);
        string text = folder.Write("song.txt", "I sing a song. I am a bird.");
        Assert.Contains("⟦", Run.Lapwing("tune", model, text, "--show-masks", "--quiet").Succeeds().Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_conversation_for_a_model_without_a_template_says_what_to_do()
    {
        string model = TeachableModel.Write(folder, template: null), rows = folder.Write("rows.jsonl", """{"instruction":"who are you?","output":"I am a bird."}""");
        Run.Lapwing("tune", model, rows, "-o", folder.At("out"), "--quiet").Fails(ExitCodes.Failed, "no chat template", "rows.jsonl:1", "completion");
        Assert.False(Directory.Exists(folder.At("out")));
    }

    [Fact]
    public void Rows_of_another_tokenizer_are_refused()
    {
        string rows = folder.Write("rows.jsonl", """{"input_ids":[1,2,300]}""");
        Run.Lapwing("tune", TeachableModel.Write(folder), rows, "-o", folder.At("out"), "--quiet").Fails(ExitCodes.Failed, "rows.jsonl:1", "300", "vocabulary");
    }

    [Fact]
    public void A_template_that_tells_the_date_tells_training_the_same_one_every_day()
    {
        string model = TeachableModel.Write(folder, "{{ strftime_now('%Y-%m-%d') }}" + TeachableModel.Template), rows = folder.Write("rows.jsonl", """{"prompt":"who?","completion":"I"}""");
        Assert.Contains("2026-01-01<|im_start|>", Run.Lapwing("tune", model, rows, "--show-masks", "--quiet").Succeeds().Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Escape_sequences_in_data_do_not_reach_the_terminal()
    {
        string rows = folder.Write("rows.jsonl", """{"prompt":"\u001b[31mred","completion":"I"}""");
        Assert.DoesNotContain("\u001b[31m", Run.Lapwing("tune", TeachableModel.Write(folder), rows, "--show-masks", "--quiet").Succeeds().Output, StringComparison.Ordinal);
    }
}
