using Lapwing.Cli;
using Lapwing.Cli.Host;

using var surroundings = Surroundings.OfProcess();
return CommandLine.Run(args, surroundings);
