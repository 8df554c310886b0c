using System.Text;
using CsCheck;
using Lapwing.Training.Data;

namespace Lapwing.Training.Tests;

/// <summary>What a person reads who made a slip: file and line, what is wrong in plain words, and what to write instead.</summary>
public sealed class RowMessageTests : IDisposable
{
    private const string Good = """{"prompt":"q","completion":"a"}""";
    private readonly TemporaryFiles files = new();

    public void Dispose() => files.Dispose();

    [Theory]
    // Not JSON.
    [InlineData("nonsense", "character 1: text without quotes: put it between \" and \"")]
    [InlineData("""{'prompt':"q"}""", "character 2: a single quote: JSON takes \"")]
    [InlineData("""{prompt:"q"}""", "character 2: the name of a field without quotes: write \"prompt\"")]
    [InlineData("""{“prompt”:"q"}""", "character 2: a typographic quote: JSON takes \"")]
    [InlineData("""{"prompt":"q","completion":"a",}""", "character 32: a comma before }: take it away")]
    [InlineData("""{"messages":[1,]}""", "character 16: a comma before ]: take it away")]
    [InlineData("""{"prompt":"q" "completion":"a"}""", "character 15: a comma or } is missing")]
    [InlineData("""{"prompt":"say "hi"","completion":"a"}""", "character 17: a comma or } is missing (a quote inside a string is written \\\")")]
    [InlineData("""{"prompt" "q"}""", "character 11: a colon is missing")]
    [InlineData("""{"prompt":,"completion":"a"}""", "character 11: , stands where a value should")]
    [InlineData("""{"prompt":None}""", "character 11: a word of Python's: write null")]
    [InlineData("""{"prompt":True}""", "character 11: a word of Python's: write true")]
    [InlineData("""{"prompt":NaN}""", "character 11: JSON has no such value")]
    [InlineData("""{"prompt":012}""", "character 11: a number that JSON has not")]
    [InlineData("""{"prompt":+1}""", "character 11: a number must begin with a digit or a minus")]
    [InlineData("""{"prompt":"q"} // mine""", "character 16: something follows the end of the row")]
    [InlineData("""{"prompt":"q"}{"prompt":"r"}""", "character 15: something follows the end of the row: a row stands on a line of its own")]
    [InlineData("{\"prompt\":\"a\tb\"}", "character 13: a bare tab in a string: write \\t")]
    [InlineData("{\"prompt\":\"a\u0001b\"}", "character 13: the control character 01 in a string: write \\u0001")]
    [InlineData("""{"prompt":"C:\home"}""", "character 15: a backslash before a letter that it does not go with: a backslash itself is written \\\\")]
    [InlineData("""{"prompt":"\u12"}""", "character 13: \\u without four hexadecimal digits")]
    [InlineData("""{"prompt":"q","prompt":"r"}""", "character 1: the field \"prompt\" stands twice in one object: keep one")]
    [InlineData("""{"prompt":"\ud800","completion":"a"}""", "half a surrogate pair")]
    // Cut off.
    [InlineData("""{"prompt":"q","completion":"and then""", "it ends inside a string: the row is cut off, or a quote is missing")]
    [InlineData("""{"prompt":"q","completion":"a" """, "it ends inside an object: the row is cut off, a } is missing")]
    [InlineData("""{"messages":[{"role":"user","content":"q"}""", "it ends inside a list: the row is cut off, a ] is missing")]
    [InlineData("""{"prompt":""", "it ends where a value should stand: the row is cut off")]
    // Not an object.
    [InlineData("\"hello\"", "it is a string; a row is an object")]
    [InlineData("7", "it is a number; a row is an object")]
    [InlineData("[1,2]", "it is a list; a row is an object")]
    [InlineData("null", "it is null; a row is an object")]
    [InlineData("{}", "it has no fields; known are prompt with completion")]
    [InlineData("""{"prompt":"q"}""", "it has the fields prompt; known are prompt with completion")]
    // Fields of the wrong type.
    [InlineData("""{"prompt":{"a":1},"completion":"a"}""", "\"prompt\" must be a string, and is an object")]
    [InlineData("""{"instruction":["q"],"output":"a"}""", "\"instruction\" must be a string, and is a list")]
    [InlineData("""{"messages":"hi"}""", "\"messages\" must be a list of objects with \"role\" and \"content\", and is a string")]
    [InlineData("""{"messages":["hi"]}""", "message 1 must be an object with \"role\" and \"content\", and is a string")]
    [InlineData("""{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":42}]}""", "the content of message 2 is a number: write it as a string")]
    [InlineData("""{"messages":[{"role":"user","content":{"text":"q"}},{"role":"assistant","content":"a"}]}""", "the content of message 1 is an object: write it as a string")]
    [InlineData("""{"conversations":{"from":"human"}}""", "\"conversations\" must be a list of objects with \"from\" and \"value\", and is an object")]
    [InlineData("""{"instruction":"q","instances":{}}""", "\"instances\" must be a list of objects")]
    [InlineData("""{"input_ids":"1 2"}""", "\"input_ids\" must be a list of integers")]
    // Nothing in it.
    [InlineData("""{"messages":[]}""", "the list of messages is empty")]
    [InlineData("""{"prompt":"q","completion":""}""", "message 2 is the assistant's and holds no text")]
    [InlineData("""{"prompt":"q","completion":null}""", "message 2 is the assistant's and holds no text")]
    [InlineData("""{"messages":[{"role":"user","content":"q"},{"role":"assistant"}]}""", "message 2 is the assistant's and holds no text")]
    // Roles.
    [InlineData("""{"messages":[{"role":"human","content":"q"},{"role":"assistant","content":"a"}]}""", "message 1 has the role \"human\": known are system, developer, user, assistant, tool")]
    [InlineData("""{"messages":[{"role":"User","content":"q"},{"role":"assistant","content":"a"}]}""", "message 1 has the role \"User\": known are")]
    [InlineData("""{"messages":[{"content":"q"}]}""", "message 1 has no \"role\"")]
    [InlineData("""{"messages":[{"role":"user","content":"q"}]}""", "no message of the assistant, so nothing to learn")]
    [InlineData("""{"conversations":[{"from":"cat","value":"q"}]}""", "turn 1 is from \"cat\": known are human, gpt")]
    // Parts and tools.
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{}}]},{"role":"assistant","content":"a"}]}""", "message 1 has a part that is no {\"type\":\"text\",\"text\":…}: only text can be learnt from")]
    [InlineData("""{"messages":[{"role":"user","content":[["q"]]},{"role":"assistant","content":"a"}]}""", "message 1 has a part that is no")]
    [InlineData("""{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":null,"tool_calls":"f"}]}""", "the tool_calls of message 2 must be a list of {\"function\":{\"name\",\"arguments\"}}")]
    [InlineData("""{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":null,"tool_calls":[{"function":{}}]}]}""", "the tool_calls of message 2 must be a list")]
    [InlineData("""{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"a"}],"tools":"[{]"}""", "\"tools\": its text is no JSON, character 3: ] stands where a value should")]
    [InlineData("""{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"a"}],"tools":{"a":1}}""", "\"tools\" must be a list of tool definitions")]
    [InlineData("""{"conversations":[{"from":"human","value":"q"},{"from":"function_call","value":"f(x)"}]}""", "the function call of turn 2: its text is no JSON, character 1: text without quotes")]
    public void A_slip_is_named_in_plain_words(string bad, string words)
    {
        var data = files.Read("rows.jsonl", $"{Good}\n{bad}\n{Good.Replace("q", "r", StringComparison.Ordinal)}\n");
        Assert.Equal(2, data.Rows.Count);
        string problem = Assert.Single(data.Report.Problems());
        Assert.Contains("rows.jsonl:2 (", problem, StringComparison.Ordinal);
        Assert.Contains(words, problem, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', problem);
        foreach (string theirs in new[] { "LineNumber", "BytePositionInLine", "Utf8JsonReader", "JsonException", "Exception" }) Assert.DoesNotContain(theirs, problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_row_that_is_not_UTF8_names_the_byte_and_its_place()
    {
        byte[] bytes = [.. Encoding.UTF8.GetBytes(Good + "\n"), .. "{\"prompt\":\"gr\u00fcn "u8, 0xfc, .. "\",\"completion\":\"a\"}\n"u8];
        var data = DataReader.Read([files.Write("rows.jsonl", bytes)], new());
        Assert.Equal("1 row left out, not UTF-8: rows.jsonl:2 (character 17: byte fc is no UTF-8: save the file as UTF-8)", Assert.Single(data.Report.Problems()));
    }

    [Theory]
    [InlineData("\r\n")]
    [InlineData("\r")]
    [InlineData("\n\uFEFF")]
    [InlineData("\n\n \t\n")]
    public void Line_ends_and_byte_order_marks_of_any_house_are_read(string end)
    {
        var data = files.Read("rows.jsonl", "\uFEFF" + Good + end + Good.Replace("q", "r", StringComparison.Ordinal) + end + "{bad" + end);
        Assert.Equal(2, data.Rows.Count);
        int line = 1 + 2 * end.Split(end.Contains('\n') ? '\n' : '\r').Length - 2;
        Assert.Contains($"rows.jsonl:{line} (character 2", Assert.Single(data.Report.Problems()), StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_without_end_is_refused_by_its_size()
    {
        var data = files.Read("rows.jsonl", Good + "\n{\"prompt\":\"" + new string('x', 17 << 20) + "\",\"completion\":\"a\"}");
        Assert.Equal("1 row left out, malformed: rows.jsonl:2 (17 MiB in one row, and at most 16 are read: is a line end missing?)", Assert.Single(data.Report.Problems()));
    }

    [Theory]
    [InlineData("list.json", "[\n {\"prompt\":\"q\",\n  \"completion\":'a'}]", "list.json:3 is not JSON: character 16: a single quote: JSON takes \"")]
    [InlineData("list.json", "[{\"prompt\":\"q\"}\n {\"prompt\":\"r\"}]", "list.json:2 is not JSON: character 2: a comma or ] is missing")]
    [InlineData("list.json", "[{\"prompt\":\"q\",\"completion\":\"a\"},\n{\"prompt\":\"r", "list.json:2 is not JSON: character 13: it ends inside a string: the row is cut off")]
    [InlineData("list.json", "hello", "list.json is not JSON: it must open with { or [; plain text goes into a file that ends in .txt")]
    public void A_file_that_is_no_JSON_says_where(string name, string content, string words) =>
        Assert.StartsWith(words, Assert.Throws<InvalidDataException>(() => files.Read(name, content)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_list_that_is_not_UTF8_says_where()
    {
        byte[] bytes = [.. "[\n\""u8, 0xff, .. "\"]"u8];
        Assert.Contains("list.json:2 (character 2: byte ff is no UTF-8", Assert.Throws<InvalidDataException>(() => DataReader.Read([files.Write("list.json", bytes)], new())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void UTF16_without_a_mark_is_known_too() =>
        Assert.Contains("UTF-16", Assert.Throws<NotSupportedException>(() => DataReader.Read([files.Write("rows.jsonl", Encoding.Unicode.GetBytes(Good))], new())).Message, StringComparison.Ordinal);

    [Fact]
    public void Numbers_and_truth_values_where_a_script_meant_text_are_taken_as_text()
    {
        var row = (ConversationRow)files.Read("rows.jsonl", """{"prompt":"6 by 7?","completion":42}""").Rows[0];
        Assert.Equal("42", (string?)row.Messages[1]["content"]);
    }

    [Fact]
    public void Parts_of_text_and_calls_of_tools_are_read()
    {
        var row = (ConversationRow)files.Read("rows.jsonl", """{"messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]},{"role":"assistant","content":null,"tool_calls":[{"type":"function","function":{"name":"f","arguments":{}}}]},{"role":"tool","content":"1"},{"role":"assistant","content":"c"}]}""").Rows[0];
        Assert.Equal("ab", (string?)row.Messages[0]["content"]);
        Assert.Equal([false, true, false, true], row.Learn);
    }

    // Whatever the parser refuses has a fault that we find ourselves, at a place inside the row.
    [Fact]
    public void Every_refused_row_has_a_reason_of_ours()
    {
        byte[] row = """{"messages":[{"role":"user","content":"q\n"},{"role":"assistant","content":"a","weight":1.5e3}],"x":[true,null,-0]}"""u8.ToArray();
        Gen.Select(Gen.Int[0, row.Length - 1], Gen.Byte[0, 127], Gen.Int[0, 2]).Sample((place, value, how) =>
        {
            byte[] broken = how switch { 0 => [.. row[..place], value, .. row[(place + 1)..]], 1 => row[..place], _ => [.. row[..place], value, .. row[place..]] };
            if (broken.AsSpan().ContainsAny((byte)'\n', (byte)'\r') || broken.Length == 0) return;
            try
            {
                foreach (string problem in DataReader.Read([files.Write("x.jsonl", [.. Encoding.UTF8.GetBytes(Good + "\n"), .. broken])], new()).Report.Problems())
                    Assert.DoesNotContain("it is no JSON that can be read", problem, StringComparison.Ordinal);
            }
            catch (NotSupportedException)
            {
            }
        }, iter: 3000, threads: 1);
    }
}
