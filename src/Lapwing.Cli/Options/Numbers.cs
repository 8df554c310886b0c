using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;

namespace Lapwing.Cli.Options;

/// <summary>
/// Options with a number in a range. What is out of it, not finite or not a number is wrong usage, with a message that says what would
/// be right. Without the option the value is null, so that each command's defaults stand in one place.
/// </summary>
internal static class Numbers
{
    /// <summary>A whole number.</summary>
    public static Option<int?> Whole(string name, string description, int least, int most = int.MaxValue, params string[] aliases) => new(name, aliases)
    {
        Description = description,
        HelpName = "N",
        CustomParser = result => Parse(result, name, least, most, "whole number", (string s, out int v) => int.TryParse(s, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out v)),
    };

    /// <summary>A whole number of 64 bits.</summary>
    public static Option<long?> Long(string name, string description, long least, long most = long.MaxValue, params string[] aliases) => new(name, aliases)
    {
        Description = description,
        HelpName = "N",
        CustomParser = result => Parse(result, name, least, most, "whole number", (string s, out long v) => long.TryParse(s, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out v)),
    };

    /// <summary>A finite number.</summary>
    public static Option<double?> Real(string name, string description, double least, double most = double.MaxValue, params string[] aliases) => new(name, aliases)
    {
        Description = description,
        HelpName = "X",
        CustomParser = result => Parse(result, name, least, most, "number", (string s, out double v) => double.TryParse(s, NumberStyles.Float, CultureInfo.InvariantCulture, out v)),
    };

    private delegate bool TryParse<T>(string text, out T value);

    private static T? Parse<T>(ArgumentResult result, string name, T least, T most, string kind, TryParse<T> parse)
        where T : struct, IComparable<T>, IMinMaxValue<T>
    {
        if (result.Tokens.Count == 0) return null;
        string text = result.Tokens[^1].Value;
        // NaN compares below everything, so the range refuses it.
        if (parse(text, out T value) && value.CompareTo(least) >= 0 && value.CompareTo(most) <= 0) return value;
        string range = (least.CompareTo(T.MinValue) == 0, most.CompareTo(T.MaxValue) == 0) switch
        {
            (true, true) => "",
            (true, false) => $" up to {most}",
            (false, true) => $" from {least} on",
            _ => $" from {least} to {most}",
        };
        result.AddError($"{name} takes a {kind}{range}, not '{text}'");
        return null;
    }
}
