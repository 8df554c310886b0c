using System.Globalization;
using System.Text;

namespace Lapwing.Formats;

/// <summary>Text from files, made fit for a one-line message.</summary>
internal static class Wording
{
    private const int Longest = 100;

    /// <summary>UTF-8 that throws on what is not UTF-8.</summary>
    public static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>
    /// The text in quotes, cut to a readable length, with control characters spelled out: names come from files that strangers
    /// made, and a raw escape sequence would reach the person's terminal.
    /// </summary>
    public static string Quote(string text) => $"'{Clean(text)}'";

    /// <summary>As <see cref="Quote"/>, without the quotes.</summary>
    public static string Clean(string text)
    {
        var builder = new StringBuilder();
        foreach (char c in text.Length > Longest ? text.AsSpan(0, Longest) : text)
        {
            if (char.IsControl(c) || char.IsSurrogate(c) || CharUnicodeInfo.GetUnicodeCategory(c) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
                builder.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture));
            else
                builder.Append(c);
        }
        return text.Length > Longest ? builder.Append('…').ToString() : builder.ToString();
    }
}
