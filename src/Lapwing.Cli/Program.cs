return Lapwing.Cli.CommandLine.Run(args);
