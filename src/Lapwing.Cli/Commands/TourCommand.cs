using System.CommandLine;
using Lapwing.Cli.Engine;
using Lapwing.Cli.Host;
using Lapwing.Cli.Touring;

namespace Lapwing.Cli.Commands;

/// <summary><c>tour</c>: the whole story on what ships inside.</summary>
internal static class TourCommand
{
    public static Command Create(Surroundings surroundings)
    {
        var command = new Command("tour", "See it all in under three minutes: the model that ships inside speaks, learns, and proves it");
        var output = new Option<string?>("--output", "-o") { Description = "keep the adapter here (default: a temporary folder, deleted at the end)", HelpName = "OUT" };
        command.Options.Add(output);
        var engine = new EngineOptions().AddTo(command, withModel: false, withAdapters: false);
        command.SetAction(parsed =>
        {
            engine.UseThreads(parsed);
            return new Tour(engine.Arithmetic(parsed), surroundings).Run(parsed.GetValue(output));
        });
        return command;
    }
}
