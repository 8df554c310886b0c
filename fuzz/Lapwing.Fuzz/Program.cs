using System.CommandLine;
using System.Runtime.CompilerServices;
using Lapwing.Fuzz;

var targets = typeof(FuzzTarget).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(FuzzTarget)) && !t.IsAbstract)
    .Select(t => (FuzzTarget)Activator.CreateInstance(t)!).OrderBy(t => t.Name, StringComparer.Ordinal).ToList();

var target = new Option<string>("--target") { Description = $"all, or one of {string.Join(", ", targets.Select(t => t.Name))}", DefaultValueFactory = _ => "all" };
var seconds = new Option<int>("--seconds") { Description = "how long to run each target", DefaultValueFactory = _ => 10 };
var seed = new Option<int>("--seed") { Description = "same seed, same inputs", DefaultValueFactory = _ => 1 };
var corpus = new Option<string>("--corpus") { Description = "folder with one folder a target", DefaultValueFactory = _ => Repository("corpus") };
var keep = new Option<bool>("--keep") { Description = "write the smallest input of each outcome into the corpus, and prune it" };
var crashes = new Option<string>("--crashes") { Description = "folder for inputs that break something", DefaultValueFactory = _ => Path.Combine(Directory.GetCurrentDirectory(), "fuzz-crashes") };
var outcomes = new Option<bool>("--outcomes") { Description = "list the outcomes seen" };
var replay = new Option<string?>("--replay") { Description = "run this one file and let its exception through" };
var coverage = new Option<string[]>("--coverage") { Description = "print the branches of each parser that these Cobertura reports saw taken", AllowMultipleArgumentsPerToken = true };
var root = new RootCommand("Mutates valid inputs and watches the parsers: nothing but clean errors may come.") { target, seconds, seed, corpus, keep, crashes, outcomes, replay, coverage };
root.SetAction(arguments =>
{
    string wanted = arguments.GetValue(target)!;
    var chosen = targets.Where(t => wanted == "all" || t.Name == wanted).ToList();
    if (chosen.Count == 0)
    {
        Console.Error.WriteLine($"error: there is no target {wanted}; there are {string.Join(", ", targets.Select(t => t.Name))}");
        return 2;
    }
    if (arguments.GetValue(coverage) is { Length: > 0 } reports)
    {
        BranchCoverage.Write(reports, Console.Out);
        return 0;
    }
    if (arguments.GetValue(replay) is { } file)
    {
        foreach (var one in chosen)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            Console.WriteLine($"{one.Name}: {one.Run(File.ReadAllBytes(file))}; {GC.GetAllocatedBytesForCurrentThread() - before:N0} bytes allocated");
        }
        return 0;
    }
    long broken = 0;
    foreach (var one in chosen)
    {
        var inputs = new Corpus(Path.Combine(arguments.GetValue(corpus)!, one.Name), arguments.GetValue(keep));
        using var log = new CrashLog(arguments.GetValue(crashes)!, one.Name);
        var fuzzer = new Fuzzer(one, arguments.GetValue(seed), inputs, log);
        fuzzer.Run(TimeSpan.FromSeconds(arguments.GetValue(seconds)));
        inputs.Prune();
        Console.WriteLine($"{one.Name}: {fuzzer.Executions} executions, {fuzzer.Outcomes} distinct outcomes, {fuzzer.Crashes} unexpected");
        if (arguments.GetValue(outcomes)) foreach (string example in inputs.Examples) Console.WriteLine("  " + example);
        broken += fuzzer.Crashes;
    }
    return broken == 0 ? 0 : 1;
});
return root.Parse(args).Invoke();

static string Repository(string folder, [CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", folder));
