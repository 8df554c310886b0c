using System.CommandLine;
using System.CommandLine.Help;
using Lapwing.Cli.Commands;
using Lapwing.Cli.Host;

namespace Lapwing.Cli;

/// <summary>The person's door: assembles the commands and runs one.</summary>
internal static class CommandLine
{
    // Prompts may begin with '@' (which would name a response file) and hold anything else.
    private static readonly ParserConfiguration Parser = new() { ResponseFileTokenReplacer = null, EnablePosixBundling = false };

    /// <summary>Runs the command that <paramref name="args"/> name and returns the exit code.</summary>
    public static int Run(string[] args, Surroundings surroundings)
    {
        try
        {
            int code = Invoke(args, surroundings);
            surroundings.Flush();
            return code;
        }
        catch (Exception error)
        {
            try
            {
                // What was computed before the failure is the person's.
                surroundings.Flush();
            }
            catch (IOException)
            {
            }
            return Failure.Report(error, surroundings);
        }
    }

    private static int Invoke(string[] args, Surroundings surroundings)
    {
        var json = new Option<bool>("--json") { Description = "print one JSON document on standard output", Recursive = true };
        var quiet = new Option<bool>("--quiet", "-q") { Description = "no messages and no progress", Recursive = true };
        var root = new RootCommand("Lapwing: a personal AI on the machine you own, offline.\nMODEL is a .gguf file, a folder with safetensors, or the name of a stored model ('chick' ships inside).");
        root.Directives.Clear();
        for (int i = root.Options.Count - 1; i >= 0; i--)
            if (root.Options[i] is HelpOption) root.Options.RemoveAt(i);
        root.Options.Add(new HelpOption("--help", "-h"));
        root.Options.Add(json);
        root.Options.Add(quiet);
        // Building every command takes longer than running a small one: build the one that is named, and all for help and typos.
        var chosen = args.Length > 0 ? CommandList.All.FirstOrDefault(c => c.Name == args[0]) : null;
        foreach (var entry in CommandList.All)
            if (chosen is null || entry == chosen) root.Subcommands.Add(entry.Create(surroundings));

        if (args.Length == 0) args = ["--help"];
        if (chosen is null && args[0].Length > 0 && args[0][0] != '-') throw new UsageException($"there is no command '{args[0]}'{CommandList.Guess(args[0])}; see lapwing --help");
        if (chosen is not null) RefuseUnknownOptions(args, root, root.Subcommands.Single(c => c.Name == chosen.Name));
        var parsed = root.Parse(args, Parser);
        if (parsed.Errors.Count > 0 && parsed.Action is not HelpAction)
        {
            string command = parsed.CommandResult.Command == root ? "lapwing" : $"lapwing {chosen?.Name}";
            throw new UsageException($"{parsed.Errors[0].Message.TrimEnd('.')}; see {command} --help");
        }
        surroundings.Json = parsed.GetValue(json);
        surroundings.Quiet = parsed.GetValue(quiet);
        return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null, Output = surroundings.Out, Error = surroundings.Error });
    }

    // The parser takes a misspelt option for a prompt or a file, and its complaint, if any, names the wrong word.
    private static void RefuseUnknownOptions(string[] args, RootCommand root, Command command)
    {
        IEnumerable<Command> all = [root, command, .. command.Subcommands];
        var known = all.SelectMany(c => c.Options).SelectMany(o => o.Aliases.Append(o.Name).Select(name => (name, o))).GroupBy(o => o.name).ToDictionary(g => g.Key, g => g.First().o);
        for (int i = 1; i < args.Length && args[i] != "--"; i++)
        {
            string name = args[i].Split('=')[0];
            if (!name.StartsWith("--", StringComparison.Ordinal) || known.ContainsKey(name) || name.Any(char.IsWhiteSpace)) continue;
            // What follows an option that takes a value is that value.
            if (known.TryGetValue(args[i - 1], out var before) && before.Arity.MinimumNumberOfValues > 0) continue;
            throw new UsageException($"there is no option '{name}'{CommandList.Guess(name, known.Keys)}; see lapwing {command.Name} --help (a prompt or file that begins with '--' goes behind a '--' of its own)");
        }
    }
}
