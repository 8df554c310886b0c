using System.Text;
using CsCheck;
using Lapwing.Training.Data;

namespace Lapwing.Training.Tests;

public sealed class DataProblemTests : IDisposable
{
    private const string Good = """{"prompt":"q","completion":"a"}""";
    private const string Characters = "{}[]\":,\n -1tfn\\u";
    private static readonly string[] Names = ["x.json", "x.jsonl", "x.txt", "x"];
    private readonly TemporaryFiles files = new();

    public void Dispose() => files.Dispose();

    [Theory]
    [InlineData("""{"prompt":"q","completion":"a" """, RowProblem.Malformed)]
    [InlineData("""{"prompt":"q","prompt":"r","completion":"a"}""", RowProblem.Malformed)]
    [InlineData("""{"prompt":["q"],"completion":"a"}""", RowProblem.Malformed)]
    [InlineData("""{"prompt":"\ud800","completion":"a"}""", RowProblem.Malformed)]
    [InlineData("""{"messages":"hi"}""", RowProblem.Malformed)]
    [InlineData("""{"messages":[]}""", RowProblem.Malformed)]
    [InlineData("""{"messages":[{"content":"q"}]}""", RowProblem.Malformed)]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"image_url"}]},{"role":"assistant","content":"a"}]}""", RowProblem.Malformed)]
    [InlineData("""{"messages":[{"role":"assistant","content":"a","weight":0.5}]}""", RowProblem.Malformed)]
    [InlineData("""{"messages":[{"role":"assistant","content":"a","weight":0}]}""", RowProblem.NothingToLearn)]
    [InlineData("""{"messages":[{"role":"user","content":"q"}]}""", RowProblem.EmptyAnswer)]
    [InlineData("""{"conversations":[{"from":"cat","value":"q"}]}""", RowProblem.Malformed)]
    [InlineData("""{"conversations":[{"from":"function_call","value":"not json"}]}""", RowProblem.Malformed)]
    [InlineData("""{"instruction":"q","output":"  "}""", RowProblem.EmptyAnswer)]
    [InlineData("""{"instruction":"q","history":[[1]],"output":"a"}""", RowProblem.Malformed)]
    [InlineData("""{"input_ids":[1,2],"labels":[1]}""", RowProblem.Malformed)]
    [InlineData("""{"input_ids":[1.5,2]}""", RowProblem.Malformed)]
    [InlineData("""{"input_ids":[1,-2]}""", RowProblem.Malformed)]
    [InlineData("""{"input_ids":[1,2],"labels":[1,-5]}""", RowProblem.Malformed)]
    [InlineData("""{"input_ids":[1]}""", RowProblem.NothingToLearn)]
    [InlineData("""{"input_ids":[1,2,3],"attention_mask":[1,0,1]}""", RowProblem.Malformed)]
    [InlineData("""{"something":"else"}""", RowProblem.UnknownForm)]
    [InlineData("""{"prompt":"q","chosen":"a","rejected":"b"}""", RowProblem.UnknownForm)]
    [InlineData("[1,2]", RowProblem.UnknownForm)]
    [InlineData("7", RowProblem.UnknownForm)]
    [InlineData("""{"text":""}""", RowProblem.NothingToLearn)]
    public void A_bad_row_is_left_out_counted_and_named(string bad, RowProblem problem)
    {
        var data = files.Read("rows.jsonl", $"{Good}\n{bad}\n{Good.Replace("q", "r", StringComparison.Ordinal)}\n");
        Assert.Equal(2, data.Rows.Count);
        Assert.Equal(1, data.Report.Counts[problem]);
        Assert.Contains("rows.jsonl:2", Assert.Single(data.Report.Problems()));
    }

    [Theory]
    [InlineData("rows.json")]
    [InlineData("rows")]
    [InlineData("rows.jsonl")]
    public void A_name_of_half_a_surrogate_pair_leaves_its_row_out(string name)
    {
        var data = files.Read(name, """{"\ud800":1,"a":2}""" + "\n" + Good + "\n");
        Assert.Single(data.Rows);
        Assert.Contains(name + ":1", Assert.Single(data.Report.Problems()));
    }

    [Fact]
    public void A_report_quotes_no_text_of_the_rows_and_stays_on_one_line()
    {
        string problem = Assert.Single(files.Read("rows.jsonl", Good + "\n{\"text\":tree of a private diary\t}").Report.Problems());
        Assert.DoesNotContain("diary", problem);
        Assert.Contains("rows.jsonl:2 (character 9: text without quotes", problem);
        string message = Assert.Throws<InvalidDataException>(() => files.Read("rows.json", "[{\"text\":\n tree\n of\n}]")).Message;
        Assert.DoesNotContain('\n', message);
        Assert.DoesNotContain(" of", message);
    }

    [Fact]
    public void Rows_nested_too_deep_are_left_out()
    {
        string deep = """{"messages":""" + new string('[', 70) + new string(']', 70) + "}";
        Assert.Equal(1, files.Read("rows.jsonl", Good + "\n" + deep).Report.Counts[RowProblem.Malformed]);
    }

    [Fact]
    public void Duplicates_are_kept_and_named()
    {
        var data = files.Read("rows.jsonl", $"{Good}\n{Good}\n");
        Assert.Equal(2, data.Rows.Count);
        Assert.Contains("1 row the same as an earlier one (kept): rows.jsonl:2", data.Report.Problems());
    }

    [Fact]
    public void Many_problems_of_a_kind_are_counted_and_the_first_named()
    {
        var data = files.Read("rows.jsonl", Good + string.Concat(Enumerable.Repeat("\nnonsense", 30)));
        Assert.StartsWith("30 rows left out, malformed: rows.jsonl:2 (", Assert.Single(data.Report.Problems()));
    }

    [Theory]
    [InlineData("list.json", "[\n  {\"prompt\":\"q\",\n \"completion\":\"a\"},\n  {\"bad\":1}]", "list.json:4")]
    [InlineData("pretty.json", "{\n  \"prompt\":\"q\",\n \"completion\":\"a\"}\n{\n \"bad\":1}", "pretty.json:4")]
    [InlineData("lines.json", "\uFEFF{\"prompt\":\"q\",\"completion\":\"a\"}\n\n{\"bad\":1}", "lines.json:3")]
    public void Lists_lines_and_pretty_rows_are_told_apart_and_know_their_lines(string name, string content, string place)
    {
        var data = files.Read(name, content);
        Assert.Single(data.Rows);
        Assert.Contains(place, Assert.Single(data.Report.Problems()));
    }

    [Theory]
    [InlineData("a.json", "", "is empty")]
    [InlineData("a.jsonl", " \n\n", "is empty")]
    [InlineData("a.json", "hello", "is not JSON")]
    [InlineData("a.json", "[{\"prompt\":\"q\"\n,]", "a.json:2 is not JSON")]
    [InlineData("a.json", "[{}] x", "is not JSON")]
    [InlineData("a.json", "[{}] 7", "something follows")]
    [InlineData("a.json", "[]", "no usable row")]
    [InlineData("a.jsonl", "{\"b\":1}", "no usable row; 1 row left out, in no known form: a.jsonl:1 (it has the fields b; known are")]
    public void A_file_without_data_stops_with_a_reason(string name, string content, string reason) =>
        Assert.Contains(reason, Assert.Throws<InvalidDataException>(() => files.Read(name, content)).Message);

    [Theory]
    [InlineData("x.parquet", "PAR1....", "Parquet")]
    [InlineData("x.csv", "a,b", "a table")]
    [InlineData("x.zip", "PK\u0003\u0004", "ZIP")]
    public void Formats_that_are_not_read_are_named(string name, string content, string what) =>
        Assert.Contains(what, Assert.Throws<NotSupportedException>(() => files.Read(name, content)).Message);

    [Fact]
    public void A_missing_file_is_named() => Assert.Contains("nowhere.json", Assert.Throws<FileNotFoundException>(() => DataReader.Read(["nowhere.json"], new())).Message);

    [Fact]
    public void Placeholders_are_filled_once_and_everywhere()
    {
        var options = new DataOptions { Values = DataOptions.ParseValues(["name=Pip", "author=the {{name}} house=x"]) };
        var row = (ConversationRow)files.Read("a.json", """[{"instruction":"Who are {{ name }}?","output":"{{name}} by {{author}}"}]""", options).Rows[0];
        Assert.Equal("Who are Pip?", (string?)row.Messages[0]["content"]);
        Assert.Equal("Pip by the {{name}} house=x", (string?)row.Messages[1]["content"]);
    }

    [Fact]
    public void An_unfilled_placeholder_stops_with_the_option_that_fills_it()
    {
        const string Row = """{"text":"I am {{name}}"}""";
        string message = Assert.Throws<InvalidDataException>(() => files.Read("a.jsonl", Row)).Message;
        Assert.Contains("a.jsonl:1", message);
        Assert.Contains("--set name=VALUE", message);
        Assert.Equal("I am {{name}}", ((TextRow)files.Read("a.jsonl", Row, new() { KeepPlaceholders = true }).Rows[0]).Text);
    }

    [Fact]
    public void A_value_that_nothing_asks_for_is_mentioned() =>
        Assert.Contains("--set nmae: no row has such a placeholder", files.Read("a.jsonl", Good, new() { Values = DataOptions.ParseValues(["nmae=x"]) }).Report.Recognised);

    [Fact]
    public void Files_are_known_by_name_hash_and_rows_only()
    {
        var file = files.Read("a.jsonl", Good + "\n").Files.Single();
        Assert.Equal(new("a.jsonl", 32, Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(Good + "\n"))), 1), file);
    }

    [Fact]
    public void No_bytes_whatever_bring_the_reader_down() =>
        Gen.Select(Gen.Int[0, 3], Gen.OneOf(Gen.Byte, Gen.Int[0, Characters.Length - 1].Select(i => (byte)Characters[i])).Array[0, 60]).Sample((kind, bytes) =>
        {
            try
            {
                DataReader.Read([files.Write(Names[kind], bytes)], new());
            }
            catch (Exception e) when (e is InvalidDataException or NotSupportedException)
            {
            }
        }, iter: 300, threads: 1);

    [Fact]
    public void A_good_row_broken_at_any_byte_never_brings_the_reader_down()
    {
        byte[] row = """{"messages":[{"role":"user","content":[{"type":"text","text":"q"}]},{"role":"assistant","content":"a","weight":1,"tool_calls":[]}],"tools":[{"x":[1,null]}]}"""u8.ToArray();
        Gen.Select(Gen.Int[0, row.Length - 1], Gen.Byte).Sample((at, value) =>
        {
            byte[] broken = [.. row];
            broken[at] = value;
            try
            {
                DataReader.Read([files.Write("x.jsonl", broken)], new());
            }
            catch (InvalidDataException)
            {
            }
        }, iter: 500, threads: 1);
    }
}
