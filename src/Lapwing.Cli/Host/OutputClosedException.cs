namespace Lapwing.Cli.Host;

/// <summary>Whoever read standard output has gone (<c>lapwing … | head</c>): no failure, and nobody is left to tell.</summary>
internal sealed class OutputClosedException() : IOException("nobody reads the output any more");
