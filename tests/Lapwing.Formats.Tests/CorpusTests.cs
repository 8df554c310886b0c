using System.Runtime.CompilerServices;
using Lapwing.Fuzz;
using Lapwing.Fuzz.Mutation;
using Lapwing.Fuzz.Targets;

namespace Lapwing.Formats.Tests;

/// <summary>The fuzzer's corpus, run once: the smallest input known for every way in which a parser can end.</summary>
public sealed class CorpusTests
{
    private static readonly FuzzTarget[] Targets = [new GgufTarget(), new SafetensorsTarget(), new PeftConfigTarget(), new HuggingfaceConfigTarget()];

    [Theory]
    [InlineData("gguf")]
    [InlineData("safetensors")]
    [InlineData("peft-config")]
    [InlineData("hf-config")]
    public void Every_input_of_the_corpus_ends_well_or_in_one_clear_error(string name)
    {
        var target = Targets.Single(t => t.Name == name);
        string[] files = Directory.GetFiles(Path.Combine(Folder(), name), "*.bin");
        Assert.NotEmpty(files);
        foreach (string file in files) Run(target, File.ReadAllBytes(file), file);
    }

    [Theory]
    [InlineData("gguf")]
    [InlineData("safetensors")]
    [InlineData("peft-config")]
    [InlineData("hf-config")]
    public void A_thousand_fresh_mutations_end_well_or_in_one_clear_error(string name)
    {
        var target = Targets.Single(t => t.Name == name);
        byte[][] pool = [.. target.Seeds(), .. Directory.GetFiles(Path.Combine(Folder(), name), "*.bin").Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];
        var mutator = new Mutator(new Random(20260102), pool);
        for (int i = 0; i < 1000; i++)
        {
            byte[] input = mutator.Pick(pool);
            for (int n = 1 + (i % 4); n > 0; n--) input = target.Mutate(input, mutator);
            Run(target, input, $"mutation {i}");
        }
    }

    private static void Run(FuzzTarget target, byte[] input, string what)
    {
        try
        {
            target.Run(input);
        }
        catch (Exception e) when (target.IsClean(e))
        {
            Assert.DoesNotContain('\n', e.Message);
        }
        catch (Exception e)
        {
            Assert.Fail($"{what}: {e}");
        }
    }

    private static string Folder([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "fuzz", "corpus"));
}
