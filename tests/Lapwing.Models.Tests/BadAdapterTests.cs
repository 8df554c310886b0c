using System.Runtime.InteropServices;
using Lapwing.Formats.Peft;
using Lapwing.Formats.Safetensors;
using Lapwing.Fuzz.Targets;
using Lapwing.Tensors;

namespace Lapwing.Models.Tests;

/// <summary>A PEFT folder that does not fit itself or its base ends in one clear error.</summary>
public sealed class BadAdapterTests : IDisposable
{
    private const string Query = "model.layers.0.self_attn.q_proj";
    private readonly string folder = Directory.CreateTempSubdirectory("adapter").FullName;
    private readonly DecoderModel model;

    public BadAdapterTests()
    {
        TinyDecoder.Write(Path.Combine(folder, "base.gguf"));
        model = ModelLoader.Load(Path.Combine(folder, "base.gguf"));
    }

    public void Dispose()
    {
        model.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void A_sound_adapter_loads()
    {
        Write(Config, (A, [2, 8]), (B, [8, 2]));
        using var adapter = Adapter.Load(model, folder);
        Assert.Single(adapter.Parts);
    }

    [Fact]
    public void A_rank_other_than_the_configurations_is_refused() => Refused<InvalidDataException>("rank", Config, (A, [4, 8]), (B, [8, 4]));

    [Fact]
    public void Factors_of_different_ranks_are_refused() => Refused<InvalidDataException>("lora_B", Config, (A, [2, 8]), (B, [8, 3]));

    [Fact]
    public void Another_bases_width_is_refused() => Refused<InvalidDataException>("another base", Config, (A, [2, 16]), (B, [8, 2]));

    [Fact]
    public void A_layer_that_the_base_lacks_is_refused() =>
        Refused<InvalidDataException>("layers.7", Config, ("base_model.model.model.layers.7.self_attn.q_proj.lora_A.weight", [2, 8]), ("base_model.model.model.layers.7.self_attn.q_proj.lora_B.weight", [8, 2]));

    [Fact]
    public void One_factor_without_the_other_is_refused() => Refused<InvalidDataException>("only one of", Config, (A, [2, 8]));

    [Fact]
    public void Whole_modules_are_refused_by_name() => Refused<NotSupportedException>("lm_head", new() { Rank = 2, Alpha = 4, TargetModules = ModulePattern.Of("q_proj"), ModulesToSave = ["lm_head"] }, (A, [2, 8]), (B, [8, 2]));

    [Fact]
    public void A_tensor_that_nothing_would_use_is_refused_by_name() => Refused<NotSupportedException>("rope_freqs", Config, (A, [2, 8]), (B, [8, 2]), ("rope_freqs.weight", [2]));

    [Fact]
    public void Another_method_is_refused_by_name() => Refused<NotSupportedException>("DoRA", new() { Rank = 2, Alpha = 4, TargetModules = ModulePattern.Of("q_proj"), UseDora = true }, (A, [2, 8]), (B, [8, 2]));

    [Fact]
    public void A_value_that_is_no_number_is_refused()
    {
        Write(Config, (A, [2, 8]), (B, [8, 2]));
        byte[] bytes = File.ReadAllBytes(Path.Combine(folder, PeftFolder.WeightsName));
        BitConverter.TryWriteBytes(bytes.AsSpan(bytes.Length - 4), float.NaN);
        File.WriteAllBytes(Path.Combine(folder, PeftFolder.WeightsName), bytes);
        Assert.Contains("no number", Assert.Throws<InvalidDataException>(() => Adapter.Load(model, folder)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("I64", 8)]
    [InlineData("BOOL", 1)]
    public void Factors_of_a_type_that_is_no_real_number_are_refused(string type, int size)
    {
        Write(Config, (A, [2, 8]), (B, [8, 2]));
        string header = $$$"""{"base_model.model.{{{Query}}}.lora_A.weight":{"dtype":"{{{type}}}","shape":[2,8],"data_offsets":[0,{{{16 * size}}}]},"base_model.model.{{{Query}}}.lora_B.weight":{"dtype":"F32","shape":[8,2],"data_offsets":[{{{16 * size}}},{{{(16 * size) + 64}}}]}}""";
        File.WriteAllBytes(Path.Combine(folder, PeftFolder.WeightsName), [.. BitConverter.GetBytes((ulong)header.Length), .. System.Text.Encoding.UTF8.GetBytes(header), .. new byte[(16 * size) + 64]]);
        var error = Record.Exception(() => Adapter.Load(model, folder).Dispose());
        Assert.True(error is InvalidDataException or NotSupportedException, $"{error}");
    }

    private static string A => $"base_model.model.{Query}.lora_A.weight";

    private static string B => $"base_model.model.{Query}.lora_B.weight";

    private static AdapterConfig Config => new() { Rank = 2, Alpha = 4, TargetModules = ModulePattern.Of("q_proj") };

    private void Refused<T>(string words, AdapterConfig config, params (string Name, long[] Shape)[] tensors)
        where T : Exception
    {
        Write(config, tensors);
        string message = Assert.Throws<T>(() => Adapter.Load(model, folder)).Message;
        Assert.Contains(words, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    private void Write(AdapterConfig config, params (string Name, long[] Shape)[] tensors)
    {
        var writer = new SafetensorsWriter();
        foreach (var (name, shape) in tensors)
        {
            float[] values = [.. Enumerable.Range(0, (int)shape.Aggregate(1L, (a, b) => a * b)).Select(i => i * 0.01f)];
            writer.AddTensor(name, ElementType.F32, shape, MemoryMarshal.AsBytes<float>(values).ToArray());
        }
        PeftFolder.Write(folder, config, writer);
    }
}
