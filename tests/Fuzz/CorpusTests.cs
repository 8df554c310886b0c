using System.Reflection;
using System.Runtime.CompilerServices;
using Lapwing.Fuzz;
using Lapwing.Fuzz.Mutation;

namespace Lapwing.Testing;

/// <summary>
/// The fuzzer's corpus, run once: the smallest input known for every way in which a parser can end. Compiled into every test project that links
/// targets of the fuzzer in.
/// </summary>
public sealed class CorpusTests
{
    public static TheoryData<string> Targets() => [.. All().Select(t => t.Name)];

    [Theory]
    [MemberData(nameof(Targets))]
    public void Every_input_of_the_corpus_ends_well_or_in_one_clear_error(string name)
    {
        var target = All().Single(t => t.Name == name);
        string[] files = Directory.GetFiles(Path.Combine(Folder(), name), "*.bin");
        Assert.NotEmpty(files);
        foreach (byte[] seed in target.Seeds()) Run(target, seed, "a seed");
        foreach (string file in files) Run(target, File.ReadAllBytes(file), file);
    }

    [Theory]
    [MemberData(nameof(Targets))]
    public void A_thousand_fresh_mutations_end_well_or_in_one_clear_error(string name)
    {
        var target = All().Single(t => t.Name == name);
        byte[][] pool = [.. target.Seeds(), .. Directory.GetFiles(Path.Combine(Folder(), name), "*.bin").Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];
        var mutator = new Mutator(new Random(20260102), pool);
        for (int i = 0; i < 1000; i++)
        {
            byte[] input = mutator.Pick(pool);
            for (int n = 1 + (i % 4); n > 0; n--) input = target.Mutate(input, mutator);
            if (input.Length <= Mutator.LargestInput) Run(target, input, $"mutation {i}");
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

    private static IEnumerable<FuzzTarget> All() => Assembly.GetExecutingAssembly().GetTypes().Where(t => t.IsSubclassOf(typeof(FuzzTarget)) && !t.IsAbstract)
        .Select(t => (FuzzTarget)Activator.CreateInstance(t)!).OrderBy(t => t.Name, StringComparer.Ordinal);

    private static string Folder([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "fuzz", "corpus"));
}
