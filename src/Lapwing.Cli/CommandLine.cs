using System.CommandLine;

namespace Lapwing.Cli;

/// <summary>The person's door: assembles the commands and runs one.</summary>
internal static class CommandLine
{
    /// <summary>Runs the command that <paramref name="args"/> name and returns the exit code.</summary>
    public static int Run(string[] args)
    {
        var root = new RootCommand("Lapwing: a personal AI on the machine you own, offline.");
        return root.Parse(args).Invoke();
    }
}
