using System.Text;
using Lapwing.Formats.Huggingface;

namespace Lapwing.Formats.Tests.Huggingface;

/// <summary>Access to config.json, of either version.</summary>
public sealed class ModelConfigTests
{
    [Fact]
    public void Getters_give_values_defaults_and_null_for_null()
    {
        var config = Parse("""{"i":7,"f":64.0,"x":1.5,"b":true,"s":"t","n":null,"l":["a","b"],"ints":[1,2],"fs":[1,0.5],"o":{"k":3},"eos_token_id":2,"big":4294967296}""");
        Assert.Equal((7, 64, 7L, 4294967296L), (config.GetInt32("i"), config.GetInt32("f"), config.GetInt64("i"), config.GetInt64("big")));
        Assert.Equal((1.5, 1.5f, 7d), (config.GetDouble("x"), config.GetSingle("x"), config.GetDouble("i")));
        Assert.True(config.GetBool("b"));
        Assert.Equal("t", config.GetString("s"));
        Assert.Equal(["a", "b"], config.GetStrings("l"));
        Assert.Equal([1, 2], config.GetInt32s("ints"));
        Assert.Equal([2], config.GetInt32s("eos_token_id"));
        Assert.Equal([1f, 0.5f], config.GetSingles("fs"));
        Assert.Equal(3, config.GetSection("o").GetInt32("k"));
        Assert.False(config.Has("n"));
        Assert.Equal((5, 5d, 5f, true, "d"), (config.GetInt32OrDefault("n", 5), config.GetDoubleOrDefault("n", 5), config.GetSingleOrDefault("n", 5), config.GetBoolOrDefault("n", true), config.GetStringOrDefault("n", "d")));
        Assert.Null(config.GetInt32OrNull("n"));
        Assert.Null(config.GetDoubleOrNull("n"));
        Assert.Null(config.GetSingleOrNull("n"));
        Assert.Null(config.GetStringsOrNull("n"));
        Assert.Null(config.GetInt32sOrNull("n"));
        Assert.Null(config.GetSinglesOrNull("n"));
        Assert.Null(config.GetSectionOrNull("n"));
        Assert.Equal("f", config.FirstOf("n", "f", "i"));
        Assert.Contains("n", config.Keys);
    }

    [Fact]
    public void Errors_name_key_place_and_file()
    {
        var config = Parse("""{"i":7.5,"big":3e9,"huge":1e300,"x":"1","b":1,"l":[1],"fs":["a"],"o":{"k":"x"},"inf":1e999}""");
        Refused(() => config.GetInt32("i"), "'i' in config.json is '7.5', not a 32-bit integer");
        Refused(() => config.GetInt32("big"), "'big'");
        Refused(() => config.GetInt64("huge"), "'huge'");
        Refused(() => config.GetDouble("x"), "'x'");
        Refused(() => config.GetDouble("inf"), "'inf'");
        Refused(() => config.GetSingle("huge"), "float32");
        Refused(() => config.GetBool("b"), "true or false");
        Refused(() => config.GetString("b"), "a string");
        Refused(() => config.GetStrings("l"), "a list of strings");
        Refused(() => config.GetInt32s("fs"), "a list of integers");
        Refused(() => config.GetSingles("fs"), "a list of numbers");
        Refused(() => config.GetStrings("b"), "a list of strings");
        Refused(() => config.GetSection("l"), "an object");
        Refused(() => config.GetSection("none"), "'none' in config.json is missing");
        Refused(() => config.GetSection("o").GetInt32("k"), "'o.k' in config.json");
        Refused(() => _ = config.ModelType, "'model_type'");
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("7")]
    [InlineData("{")]
    [InlineData("{\"a\":1,\"a\":2}")]
    [InlineData("{\"a\":{\"b\":1,\"b\":2}}")]
    [InlineData("{\"a\":NaN}")]
    [InlineData("{\"\\ud800\":1}")]
    [InlineData("{\"a\":[\"\\udc00\"]}")]
    [InlineData("{} {}")]
    [InlineData("{\"a\n\":}")]
    public void What_is_no_json_object_is_refused(string text)
    {
        var error = Assert.Throws<InvalidDataException>(() => Parse(text));
        Assert.Contains("config.json", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void Json_nested_without_end_is_refused() => Assert.Throws<InvalidDataException>(() => Parse(string.Concat(Enumerable.Repeat("{\"a\":", 100_000))));

    [Fact]
    public void A_byte_order_mark_is_skipped() => Assert.Equal("x", ModelConfig.Parse((byte[])[0xEF, 0xBB, 0xBF, .. "{\"model_type\":\"x\"}"u8], "config.json").ModelType);

    [Fact]
    public void Version_4_rotation_is_translated()
    {
        var plain = Parse("""{"rope_theta":1000000.0,"partial_rotary_factor":0.5}""").RopeParameters()!;
        Assert.Equal(("default", 1e6, 0.5), (plain.GetString("rope_type"), plain.GetDouble("rope_theta"), plain.GetDouble("partial_rotary_factor")));
        var old = Parse("""{"rope_theta":10000,"rope_scaling":{"type":"linear","factor":2.0}}""").RopeParameters()!;
        Assert.Equal(("linear", 2d), (old.GetString("rope_type"), old.GetDouble("factor")));
        var both = Parse("""{"rope_theta":10000,"rope_scaling":{"type":"su","rope_type":"longrope","short_factor":[1.0,2.0]}}""").RopeParameters()!;
        Assert.Equal("longrope", both.GetString("rope_type"));
        Assert.Equal([1f, 2f], both.GetSingles("short_factor"));
        Assert.Null(Parse("{}").RopeParameters());
        Assert.Equal("default", Parse("""{"rope_theta":1,"rope_scaling":null}""").RopeParameters()!.GetString("rope_type"));
        var gemma = Parse("""{"rope_theta":1000000.0,"rope_local_base_freq":10000.0,"rope_scaling":{"factor":8.0,"rope_type":"linear"}}""");
        var (full, local) = (gemma.RopeParameters("full_attention")!, gemma.RopeParameters("sliding_attention")!);
        Assert.Equal(("linear", 1e6), (full.GetString("rope_type"), full.GetDouble("rope_theta")));
        Assert.Equal(("default", 1e4), (local.GetString("rope_type"), local.GetDouble("rope_theta")));
        Refused(() => Parse("""{"rope_scaling":7}""").RopeParameters(), "'rope_scaling'");
    }

    [Fact]
    public void Version_5_rotation_is_taken_as_it_stands_by_layer_type_where_the_file_says_so()
    {
        var plain = Parse("""{"rope_parameters":{"rope_theta":500000.0,"rope_type":"llama3","factor":4.0}}""");
        Assert.Equal(4, plain.RopeParameters()!.GetDouble("factor"));
        Assert.Equal(4, plain.RopeParameters("full_attention")!.GetDouble("factor"));
        var layers = Parse("""{"rope_parameters":{"full_attention":{"rope_theta":1.0},"sliding_attention":null}}""");
        Assert.Equal("default", layers.RopeParameters("full_attention")!.GetString("rope_type"));
        Assert.Null(layers.RopeParameters("sliding_attention"));
        Refused(() => layers.RopeParameters("other"), "'other' is not among them");
        Refused(() => layers.RopeParameters(), "distinguishes layer types");
    }

    [Fact]
    public void Data_type_and_text_config_are_found_under_either_name()
    {
        Assert.Equal("bfloat16", Parse("""{"torch_dtype":"bfloat16"}""").DataType);
        Assert.Equal("float16", Parse("""{"dtype":"torch.float16"}""").DataType);
        Assert.Null(Parse("{}").DataType);
        var vision = Parse("""{"model_type":"llava","text_config":{"model_type":"llama","hidden_size":"x"}}""");
        Assert.Equal("llama", vision.TextConfig.ModelType);
        Refused(() => vision.TextConfig.GetInt32("hidden_size"), "'text_config.hidden_size'");
        Assert.Equal("a", Parse("""{"model_type":"a"}""").TextConfig.ModelType);
        Assert.Empty(Parse("{}").Architectures);
        Assert.Equal(["A"], Parse("""{"architectures":["A"]}""").Architectures);
    }

    [Fact]
    public void A_folder_or_a_file_is_opened()
    {
        using var folder = new TemporaryFolder();
        Assert.Throws<FileNotFoundException>(() => ModelConfig.Open(folder.Path));
        folder.Write("config.json", "{\"model_type\":\"x\"}"u8.ToArray());
        Assert.Equal("x", ModelConfig.Open(folder.Path).ModelType);
        Assert.Equal("x", ModelConfig.Open(folder.File("config.json")).ModelType);
    }

    private static ModelConfig Parse(string text) => ModelConfig.Parse(Encoding.UTF8.GetBytes(text), "config.json");

    private static void Refused(Action action, string words) => Assert.Contains(words, Assert.Throws<InvalidDataException>(action).Message, StringComparison.Ordinal);
}
