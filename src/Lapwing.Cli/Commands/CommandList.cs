using System.CommandLine;
using Lapwing.Cli.Host;

namespace Lapwing.Cli.Commands;

/// <summary>A command's name and how to build it.</summary>
internal sealed record CommandEntry(string Name, Func<Surroundings, Command> Create);

/// <summary>All commands in the order of the help.</summary>
internal static class CommandList
{
    public static readonly CommandEntry[] All =
    [
        new("tour", TourCommand.Create),
        new("run", RunCommand.Create),
        new("tokenize", TokenizeCommand.Create),
        new("detokenize", DetokenizeCommand.Create),
        new("template", TemplateCommand.Create),
        new("show", ShowCommand.Create),
        new("bench", BenchCommand.Create),
        new("eval", EvalCommand.Create),
        new("tune", TuneCommand.Create),
        new("plan", PlanCommand.Create),
        new("pretrain", PretrainCommand.Create),
        new("quantize", QuantizeCommand.Create),
        new("convert", ConvertCommand.Create),
        new("adapter", AdapterCommand.Create),
        new("doctor", DoctorCommand.Create),
    ];

    /// <summary>What to add to a message about an unknown command: the one that was probably meant.</summary>
    public static string Guess(string typed) => Guess(typed, All.Select(c => c.Name));

    /// <summary>What to add to a message about an unknown word: the one of <paramref name="known"/> that was probably meant.</summary>
    public static string Guess(string typed, IEnumerable<string> known)
    {
        var (name, distance) = known.Select(k => (Name: k, Distance: Distance(k, typed))).MinBy(k => k.Distance);
        return distance <= 1 + name.Length / 4 ? $" (did you mean '{name}'?)" : "";
    }

    // Insertions, deletions, replacements and swaps of neighbours (optimal string alignment).
    private static int Distance(string a, string b)
    {
        if (b.Length > 32) return int.MaxValue;
        var d = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
        {
            for (int j = 0; j <= b.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    d[i, j] = i + j;
                    continue;
                }
                d[i, j] = Math.Min(Math.Min(d[i - 1, j], d[i, j - 1]) + 1, d[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
            }
        }
        return d[a.Length, b.Length];
    }
}
