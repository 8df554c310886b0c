using Lapwing.Training.Data;

namespace Lapwing.Training.Tests;

public sealed class ExampleBuilderTests : IDisposable
{
    private const int Bos = 1, End = 2;
    private readonly TemporaryFiles files = new();

    public void Dispose() => files.Dispose();

    [Fact]
    public void Loss_falls_on_answers_and_their_end_mark_only()
    {
        var example = Build("""{"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"yo"},{"role":"user","content":"q"},{"role":"assistant","content":"a"}]}""").Single();
        Assert.Equal("<U:hi><A:yo><U:q><A:a>", Text(example.Ids));
        Assert.Equal("yo>|a>", string.Join('|', example.Runs().Where(r => r.CarriesLoss).Select(r => Text(r.Ids))));
        Assert.Equal(5, example.LossTokens);
    }

    [Fact]
    public void An_answer_of_weight_0_carries_no_loss()
    {
        var example = Build("""{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"bad","weight":0},{"role":"assistant","content":"ok"}]}""").Single();
        Assert.Equal("ok>", string.Join('|', example.Runs().Where(r => r.CarriesLoss).Select(r => Text(r.Ids))));
    }

    [Theory]
    [InlineData(4, 8, 2)]
    [InlineData(3, 8, 3)]
    [InlineData(5, 6, 0)]
    public void A_token_across_an_edge_belongs_to_the_side_of_its_first_character(int from, int to, int expected)
    {
        // Tokens of three characters on a text of nine.
        var builder = new ExampleBuilder(_ => new("abcdefghi", [(from, to)]), t => new([11, 12, 13], [0, 3, 6]), t => [], new() { Vocabulary = 100 });
        var data = files.Read("r.jsonl", """{"prompt":"q","completion":"a"}""");
        if (expected == 0) Assert.Contains("no token carries loss", Assert.Throws<InvalidDataException>(() => builder.Build(data)).Message);
        else Assert.Equal(expected == 2 ? [-100, -100, 13] : [-100, 12, 13], builder.Build(data)[0].Labels);
    }

    [Fact]
    public void What_is_longer_is_cut_off_counted_and_named()
    {
        var data = files.Read("r.jsonl", """{"prompt":"q","completion":"abcdefghij"}""" + "\n" + """{"input_ids":[5,6,7,8,9,5,6,7,8,9]}""" + "\n" + """{"prompt":"qqqqqqqqqqqq","completion":"a"}""");
        var examples = Builder(8).Build(data);
        Assert.Equal([5, 6, 7, 8, 9, 5, 6, 7], Assert.Single(examples).Ids);
        Assert.Equal(3, data.Report.Counts[RowProblem.Truncated]);
        Assert.Equal(2, data.Report.Counts[RowProblem.NothingToLearn]);
        Assert.Contains("3 rows cut off at --length: r.jsonl:1 (19 tokens)", string.Join('\n', data.Report.Problems()));
    }

    [Fact]
    public void Plain_text_is_cut_up_and_ends_with_the_end_token()
    {
        var examples = Builder(4).Build(files.Read("t.txt", "abcdef"));
        Assert.Equal(["\u0001abc", "def\u0002"], examples.Select(e => Text(e.Ids)));
        Assert.Equal([3, 3], examples.Select(e => e.LossTokens));
        Assert.Equal(["\u0001abc", "defg"], Builder(4).Build(files.Read("t.txt", "abcdefg")).Select(e => Text(e.Ids)));
    }

    [Theory]
    [InlineData("""{"input_ids":[5,300],"labels":[5,6]}""", "id 300")]
    [InlineData("""{"input_ids":[5,6],"labels":[5,300]}""", "label 300")]
    public void A_token_outside_the_vocabulary_stops_the_run(string row, string what)
    {
        string message = Assert.Throws<InvalidDataException>(() => Build(row)).Message;
        Assert.Contains(what, message);
        Assert.Contains("r.jsonl:1", message);
    }

    [Fact]
    public void Labels_that_are_all_masked_leave_nothing_to_learn() =>
        Assert.Contains("no row has a token that carries loss", Assert.Throws<InvalidDataException>(() => Build("""{"input_ids":[5,6,7],"labels":[5,-100,-100]}""")).Message);

    [Fact]
    public void A_conversation_that_the_template_refuses_is_left_out_and_named()
    {
        var builder = new ExampleBuilder(
            row => (string?)row.Messages[0]["content"] == "q" ? throw new InvalidDataException("roles must alternate") : new("abc", [(1, 3)]), _ => new([4, 5, 6], [0, 1, 2]), _ => [], new() { Vocabulary = 9 });
        var data = files.Read("r.jsonl", """{"prompt":"q","completion":"a"}""" + "\n" + """{"prompt":"r","completion":"a"}""");
        Assert.Single(builder.Build(data));
        Assert.Contains("1 row left out, refused by the model's chat template: r.jsonl:1 (roles must alternate)", data.Report.Problems());
    }

    [Fact]
    public void Targets_are_labels_moved_by_one()
    {
        int[] targets = new int[3];
        new Example([5, 6, 7], [-100, 6, 7], new("x", 1)).CopyTargets(targets);
        Assert.Equal([6, 7, -100], targets);
    }

    // A token a character; the template writes <U:…> and <A:…>, and answers are learnt with their closing mark.
    private static ExampleBuilder Builder(int length) => new(
        row =>
        {
            string text = "";
            var learn = new List<(int, int)>();
            for (int i = 0; i < row.Messages.Count; i++)
            {
                text += (string?)row.Messages[i]["role"] == "user" ? "<U:" : "<A:";
                int start = text.Length;
                text += (string?)row.Messages[i]["content"] + ">";
                if (row.Learn[i]) learn.Add((start, text.Length));
            }

            return new(text, learn);
        },
        text => new([.. text.Select(c => (int)c)], [.. Enumerable.Range(0, text.Length)]),
        text => [Bos, .. text.Select(c => (int)c)],
        new() { Length = length, Vocabulary = 256, EndOfText = End });

    private IReadOnlyList<Example> Build(string row) => Builder(100).Build(files.Read("r.jsonl", row));

    private static string Text(IEnumerable<int> ids) => string.Concat(ids.Select(i => (char)i));
}
