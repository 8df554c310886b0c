using System.Security.Cryptography;
using Lapwing.Cli.Host;
using Lapwing.Cli.Tests.Support;
using Lapwing.Formats.Gguf;
using Lapwing.Tensors;

namespace Lapwing.Cli.Tests;

public sealed class ModelFileTests(TinyModel model) : IDisposable
{
    private static readonly string[][] Commands =
    [
        ["show", "FILE"], ["tokenize", "FILE", "x"], ["detokenize", "FILE", "1"], ["run", "FILE", "x"], ["eval", "FILE", "--perplexity", "TEXT"], ["bench", "FILE"],
        ["quantize", "FILE", "OUT", "--type", "Q8_0"], ["convert", "FILE", "OUT.gguf", "--type", "F16"], ["tune", "FILE", "TEXT", "-o", "OUT"], ["plan", "FILE", "TEXT"],
        ["adapter", "show", "FILE"],
    ];

    private readonly TemporaryFolder folder = new();

    [Fact]
    public void Whatever_is_no_model_is_refused_by_every_command_in_one_line()
    {
        byte[] whole = File.ReadAllBytes(model.Gguf);
        File.WriteAllBytes(folder.At("truncated.gguf"), whole[..(whole.Length / 2)]);
        File.WriteAllBytes(folder.At("head.gguf"), whole[..100]);
        byte[] wrong = [.. whole];
        Array.Fill(wrong, (byte)0xff, 8, 16);
        File.WriteAllBytes(folder.At("counts.gguf"), wrong);
        folder.Write("empty.gguf", "");
        folder.Write("text.gguf", "this is no model");
        Directory.CreateDirectory(folder.At("folder"));
        foreach (string name in new[] { "truncated.gguf", "head.gguf", "counts.gguf", "empty.gguf", "text.gguf", "folder", "missing.gguf" })
        {
            foreach (string[] command in Commands)
            {
                string[] args = [.. command.Select(a => a == "FILE" ? folder.At(name) : a == "TEXT" ? model.Text : a.StartsWith("OUT", StringComparison.Ordinal) ? folder.At(a) : a)];
                var result = Run.Lapwing([.. args, "--quiet"]);
                Assert.True(result.Code is ExitCodes.Failed or ExitCodes.WrongUsage, $"{string.Join(' ', args)}: {result.Code}, {result.Error}");
                result.Fails(result.Code);
                Assert.False(File.Exists(folder.At("OUT")) || File.Exists(folder.At("OUT.gguf")) || Directory.Exists(folder.At("OUT")), string.Join(' ', args));
            }
        }
    }

    [Fact]
    public void Show_tells_what_is_in_the_file()
    {
        var json = Run.Lapwing("show", model.Gguf, "--json", "--hash", "--verify", "--tensors", "--quiet").Succeeds().Json;
        Assert.Equal(("llama", 2, 32, 4, 2, 330), (json.GetProperty("architecture").GetString(), json.GetProperty("layers").GetInt32(), json.GetProperty("hidden").GetInt32(), json.GetProperty("heads").GetInt32(), json.GetProperty("kv_heads").GetInt32(), json.GetProperty("vocabulary").GetInt32()));
        Assert.Equal("F32", json.GetProperty("quantisation").GetProperty("type").GetString());
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(model.Gguf))), json.GetProperty("sha256").GetProperty("tiny.gguf").GetString());
        Assert.Equal(0, json.GetProperty("damage").GetArrayLength());
        Assert.Contains(json.GetProperty("tensors").EnumerateArray(), t => t.GetProperty("name").GetString() == "blk.1.attn_k.weight" && t.GetProperty("shape").ToString() == "[16,32]");
        string text = Run.Lapwing("show", model.Gguf, "--tensors").Succeeds().Output;
        Assert.Contains("blk.1.attn_k.weight", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_weight_that_is_no_number_is_found_and_named()
    {
        byte[] bytes = File.ReadAllBytes(model.Gguf);
        // The last bytes of the file belong to the last tensor.
        BitConverter.TryWriteBytes(bytes.AsSpan(bytes.Length - 64), float.NaN);
        File.WriteAllBytes(folder.At("nan.gguf"), bytes);
        var result = Run.Lapwing("show", folder.At("nan.gguf"), "--verify", "--json", "--quiet");
        Assert.Equal(ExitCodes.CheckFailed, result.Code);
        Assert.Equal(1, result.Json.GetProperty("damage").GetArrayLength());
    }

    [Theory]
    [InlineData(0x7E00)]
    [InlineData(0x7C00)]
    [InlineData(0xFC00)]
    public void A_block_whose_scale_is_no_number_is_found_and_never_quantised(int scale)
    {
        string small = folder.At("q8.gguf"), bad = folder.At("bad.gguf");
        Run.Lapwing("quantize", model.Gguf, small, "--type", "Q8_0", "--quiet").Succeeds();
        byte[] bytes = File.ReadAllBytes(small);
        using (var file = GgufFile.Open(small))
        {
            var tensor = file.Tensors.Values.First(t => t.Type == ElementType.Q8_0);
            BitConverter.TryWriteBytes(bytes.AsSpan(bytes.AsSpan().IndexOf(tensor.Span)), (ushort)scale);
        }
        File.WriteAllBytes(bad, bytes);
        Assert.Equal(ExitCodes.CheckFailed, Run.Lapwing("show", bad, "--verify", "--json", "--quiet").Code);
        Run.Lapwing("quantize", bad, folder.At("OUT"), "--type", "Q4_0", "--quiet").FailsAfterOutput();
        Assert.False(File.Exists(folder.At("OUT")));
    }

    [Fact]
    public void A_vocabulary_larger_than_the_embedding_is_an_error_and_never_read_beyond_it()
    {
        string cut = folder.At("cut.gguf");
        using (var file = GgufFile.Open(model.Gguf))
        {
            var writer = new GgufWriter().SetAll(file.Metadata);
            foreach (var (name, tensor) in file.Tensors)
            {
                if (name is "token_embd.weight" or "output.weight") writer.AddTensor(name, ElementType.F32, [6, 32], tensor.Span[..(6 * 32 * 4)].ToArray());
                else writer.AddTensor(tensor);
            }
            writer.Write(cut);
        }
        string rows = folder.Write("rows.jsonl", """{"prompt":"the bird","completion":"sings"}""");
        foreach (string[] command in new string[][] { ["run", cut, "the bird"], ["eval", cut, "--perplexity", model.Text, "--ctx", "32"], ["eval", cut, "--bits", model.Text], ["tune", cut, rows, "-o", folder.At("OUT")] })
            Run.Lapwing([.. command, "--quiet"]).Fails(ExitCodes.Failed);
        Assert.False(Directory.Exists(folder.At("OUT")));
    }

    [Fact]
    public void A_model_in_the_store_goes_by_its_name()
    {
        Directory.CreateDirectory(folder.At("models"));
        File.Copy(model.Gguf, folder.At("models/pip.gguf"));
        var world = new Run.World { Variables = { ["LAPWING_HOME"] = folder.Path } };
        Assert.Equal(0, Run.With(world, "tokenize", "pip", "x").Code);
    }

    [Fact]
    public void The_model_that_ships_inside_speaks() =>
        Assert.NotEqual("", Run.Lapwing("run", "chick", "Once upon a time", "-n", "5", "--temp", "0", "--json", "--quiet").Succeeds().Json.GetProperty("text").GetString());

    [Theory]
    [InlineData("Q8_0")]
    [InlineData("q4_k_m")]
    [InlineData("Q4_0")]
    [InlineData("F16")]
    public void A_quantised_model_is_smaller_and_still_speaks(string type)
    {
        string target = folder.At("out.gguf");
        var json = Run.Lapwing("quantize", model.Gguf, target, "--type", type, "--json", "--quiet").Succeeds().Json;
        Assert.True(new FileInfo(target).Length < new FileInfo(model.Gguf).Length);
        Assert.Equal(json.GetProperty("bytes").GetInt64(), new FileInfo(target).Length);
        // Rows of 32 and 64 divide into no block of 256, which Q4_0 wants for the head.
        Assert.Equal(type is "q4_k_m" or "Q4_0", json.GetProperty("fallbacks").GetArrayLength() > 0);
        Run.Lapwing("run", target, "the bird", "-n", "4", "--quiet").Succeeds();
    }

    [Theory]
    [InlineData("Q4_X")]
    [InlineData("IQ2_XXS")]
    [InlineData("")]
    [InlineData("0")]
    public void A_type_that_cannot_be_written_is_wrong_usage(string type) => Run.Lapwing("quantize", model.Gguf, folder.At("o.gguf"), "--type", type).Fails(ExitCodes.WrongUsage);

    [Fact]
    public void A_file_is_not_quantised_onto_itself()
    {
        byte[] before = File.ReadAllBytes(model.Gguf);
        Run.Lapwing("quantize", model.Gguf, model.Gguf, "--type", "Q8_0").Fails(ExitCodes.WrongUsage);
        Assert.Equal(before, File.ReadAllBytes(model.Gguf));
    }

    [Fact]
    public void What_is_no_importance_matrix_is_refused()
    {
        string imatrix = folder.Write("i.dat", "what is this? no importance matrix at all");
        Run.Lapwing("quantize", model.Gguf, folder.At("o.gguf"), "--type", "Q4_0", "--imatrix", imatrix).Fails(ExitCodes.Failed, "importance matrix");
    }

    [Fact]
    public void Converting_keeps_the_numbers()
    {
        Run.Lapwing("convert", model.Gguf, folder.At("f16.gguf"), "--type", "F16", "--quiet").Succeeds();
        Run.Lapwing("convert", folder.At("f16.gguf"), folder.At("f32.gguf"), "--type", "F32", "--quiet").Succeeds();
        Run.Lapwing("convert", folder.At("f32.gguf"), folder.At("again.gguf"), "--type", "F16", "--quiet").Succeeds();
        Assert.Equal(File.ReadAllBytes(folder.At("f16.gguf")), File.ReadAllBytes(folder.At("again.gguf")));
    }

    [Fact]
    public void A_folder_made_of_a_file_computes_the_same_and_turns_back_into_it()
    {
        string there = folder.At("folder"), back = folder.At("back.gguf"), small = folder.At("small.gguf");
        Run.Lapwing("convert", model.Gguf, there, "--quiet").Succeeds();
        Run.Lapwing("convert", there, back, "--quiet").Succeeds();
        Run.Lapwing("quantize", there, small, "--type", "Q8_0", "--quiet").Succeeds();
        string answer = Tokens(model.Gguf);
        Assert.Equal(answer, Tokens(there));
        Assert.Equal(answer, Tokens(back));
        Assert.True(new FileInfo(small).Length < new FileInfo(back).Length);
        Assert.Equal(["back.gguf", "small.gguf"], Directory.GetFiles(folder.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(TinyModel.Template, Run.Lapwing("show", there, "--template").Succeeds().Output);

        string Tokens(string path) => Run.Lapwing("run", path, "the bird", "-n", "6", "--temp", "0", "--exact", "--ignore-eos", "--json", "--quiet").Succeeds().Json.GetProperty("tokens").ToString();
    }

    [Theory]
    [InlineData("convert", "--type", "F16")]
    [InlineData("quantize", "--type", "Q8_0")]
    public void A_file_that_is_there_is_written_over_only_by_force(params string[] command)
    {
        string target = folder.Write("there.gguf", "dear to me");
        string[] args = [command[0], model.Gguf, target, .. command[1..], "--quiet"];
        Run.Lapwing(args).Fails(ExitCodes.Failed, "there.gguf", "exists already", "--force");
        Assert.Equal("dear to me", File.ReadAllText(target));
        Run.Lapwing([.. args, "--force"]).Succeeds();
        Run.Lapwing("show", target).Succeeds();
    }

    [Fact]
    public void A_folder_that_holds_something_is_not_converted_into()
    {
        Directory.CreateDirectory(folder.At("taken"));
        folder.Write("taken/notes.txt", "dear to me");
        Run.Lapwing("convert", model.Gguf, folder.At("taken"), "--force").Fails(ExitCodes.Failed, "is not empty");
        Assert.Equal(["notes.txt"], Directory.GetFileSystemEntries(folder.At("taken")).Select(Path.GetFileName));
        Directory.CreateDirectory(folder.At("empty"));
        Run.Lapwing("convert", model.Gguf, folder.At("empty"), "--quiet").Succeeds();
        Run.Lapwing("convert", folder.At("empty"), folder.At("empty"), "--force").Fails(ExitCodes.WrongUsage);
        Run.Lapwing("quantize", model.Gguf, folder.At("empty"), "--type", "Q8_0", "--force").Fails(ExitCodes.Failed, "is a folder");
    }

    [Theory]
    [InlineData("convert", "--type", "F16")]
    [InlineData("quantize", "--type", "Q8_0")]
    public void What_is_read_is_never_written_over_by_whatever_name(params string[] command)
    {
        string copy = folder.At("model.gguf");
        File.Copy(model.Gguf, copy);
        File.CreateSymbolicLink(folder.At("link.gguf"), copy);
        Directory.CreateSymbolicLink(folder.At("linked"), folder.Path);
        File.CreateSymbolicLink(folder.At("far.gguf"), folder.At("linked/model.gguf")); // its target's name leads through a link
        byte[] before = File.ReadAllBytes(copy);
        foreach (string name in new[] { copy, folder.At("./model.gguf"), folder.At("link.gguf"), folder.At("linked/model.gguf"), folder.At("linked/link.gguf"), folder.At("far.gguf") })
        {
            Run.Lapwing([command[0], copy, name, .. command[1..], "--force"]).Fails(ExitCodes.WrongUsage, "give OUT another name");
            Run.Lapwing([command[0], name, copy, .. command[1..], "--force"]).Fails(ExitCodes.WrongUsage, "give OUT another name");
        }
        Assert.Equal(before, File.ReadAllBytes(copy));
    }

    [Fact]
    public void No_part_of_a_split_model_that_is_read_is_written_over()
    {
        string ids = folder.Write("ids.json", "[5,6,7]"), other = folder.At("m-00002-of-00002.gguf");
        using (var whole = GgufFile.Open(model.Gguf))
        {
            var writer = new GgufWriter().SetAll(whole.Metadata);
            foreach (var tensor in whole.Tensors.Values) writer.AddTensor(tensor);
            Assert.Equal(2, writer.WriteSplit(folder.At("m"), whole.Tensors.Values.Sum(t => (long)t.Span.Length) * 2 / 3).Count);
        }
        byte[] before = File.ReadAllBytes(other);
        Run.Lapwing("eval", folder.At("m-00001-of-00002.gguf"), "--logits", ids, "-o", other, "--force", "--quiet").Fails(ExitCodes.WrongUsage, "give OUT another name");
        Run.Lapwing("quantize", folder.At("m-00001-of-00002.gguf"), other, "--type", "Q8_0", "--force").Fails(ExitCodes.WrongUsage, "give OUT another name");
        Assert.Equal(before, File.ReadAllBytes(other));
    }

    [Fact]
    public void Of_a_folder_that_is_read_no_file_is_written_over_but_a_gguf()
    {
        string made = folder.At("made"), weights = folder.At("made/model.safetensors"), ids = folder.Write("ids.json", "[5,6,7]");
        Run.Lapwing("convert", model.Gguf, made, "--quiet").Succeeds();
        byte[] before = File.ReadAllBytes(weights);
        Run.Lapwing("quantize", made, weights, "--type", "Q8_0", "--force").Fails(ExitCodes.WrongUsage, "give OUT another name");
        Run.Lapwing("eval", made, "--logits", ids, "-o", weights, "--force", "--quiet").Fails(ExitCodes.WrongUsage, "give OUT another name");
        Assert.Equal(before, File.ReadAllBytes(weights));
        string beside = folder.Write("made/model.gguf", "an earlier one");
        Run.Lapwing("quantize", made, beside, "--type", "Q8_0", "--force", "--quiet").Succeeds();
        Run.Lapwing("show", beside).Succeeds();
    }

    [Theory]
    [InlineData("GGUF", "OUT", "--type", "Q8_0")]
    [InlineData("GGUF", "OUT.gguf")]
    [InlineData("GGUF", "GGUF", "--type", "F16")]
    [InlineData("GGUF", "OUT.gguf", "--type", "Q4_K")]
    public void A_conversion_that_makes_no_sense_is_wrong_usage(params string[] args) =>
        Run.Lapwing(["convert", .. args.Select(a => a == "GGUF" ? model.Gguf : a.StartsWith("OUT", StringComparison.Ordinal) ? folder.At(a) : a)]).Fails(ExitCodes.WrongUsage);

    public void Dispose() => folder.Dispose();
}
