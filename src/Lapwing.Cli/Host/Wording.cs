namespace Lapwing.Cli.Host;

/// <summary>Numbers as people read them, and texts of strangers made harmless.</summary>
internal static class Wording
{
    private static readonly string[] ByteUnits = ["bytes", "kB", "MB", "GB", "TB", "PB", "EB"];
    private static readonly string[] CountUnits = ["", " thousand", " million", " billion", " trillion"];

    /// <summary><c>98.4 MB</c>: powers of 1000, as disks are sold.</summary>
    public static string Bytes(double bytes) => Scaled(bytes, ByteUnits, " ");

    /// <summary><c>134.5 million</c>.</summary>
    public static string Count(double count) => Scaled(count, CountUnits, "");

    /// <summary>The text on one line, with control characters spelled out.</summary>
    public static string Printable(string text) => Failure.OneLine(text);

    private static string Scaled(double value, string[] units, string space)
    {
        int unit = 0;
        for (; value >= 999.95 && unit < units.Length - 1; unit++) value /= 1000;
        return unit == 0 ? $"{value:0}{space}{units[0]}".TrimEnd() : $"{value:0.0}{space}{units[unit]}";
    }
}
