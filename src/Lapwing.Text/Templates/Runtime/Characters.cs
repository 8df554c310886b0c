using System.Globalization;

namespace Lapwing.Text.Templates.Runtime;

/// <summary>Python's ideas of character classes, which are not .NET's: code points, and a few more kinds of space.</summary>
internal static class Characters
{
    public static bool IsSpace(char c) => c switch
    {
        ' ' or (>= '\t' and <= '\r') or (>= '\x1c' and <= '\x1f') or '\x85' or '\xa0' => true,
        < '\u1680' => false,
        _ => c is '\u1680' or (>= '\u2000' and <= '\u200a') or '\u2028' or '\u2029' or '\u202f' or '\u205f' or '\u3000',
    };

    public static bool IsLineBreak(char c) => c is (>= '\n' and <= '\r') or (>= '\x1c' and <= '\x1e') or '\x85' or '\u2028' or '\u2029';

    /// <summary><c>\w</c>: letters, digits of any kind, underscore.</summary>
    public static bool IsWord(string text, int at)
    {
        char c = text[at];
        if (c < 128) return char.IsAsciiLetterOrDigit(c) || c == '_';
        return IsAlnum(At(text, at));
    }

    public static int At(string text, int at) =>
        char.IsHighSurrogate(text[at]) && at + 1 < text.Length && char.IsLowSurrogate(text[at + 1]) ? char.ConvertToUtf32(text[at], text[at + 1]) : text[at];

    public static bool IsAlpha(int c) => Category(c) is UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
        or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter;

    public static bool IsDecimal(int c) => Category(c) == UnicodeCategory.DecimalDigitNumber;

    /// <summary>Decimal digits and the superscript, circled and such forms that carry a digit's value.</summary>
    public static bool IsDigit(int c) => IsDecimal(c) || c is 0xb2 or 0xb3 or 0xb9 or 0x2070 or (>= 0x2074 and <= 0x2079) or (>= 0x2080 and <= 0x2089)
        or (>= 0x2460 and <= 0x2468) or (>= 0x2474 and <= 0x247c) or (>= 0x2488 and <= 0x2490) or 0x24ea or (>= 0x24f5 and <= 0x24fd) or 0x24ff
        or (>= 0x2776 and <= 0x277e) or (>= 0x2780 and <= 0x2788) or (>= 0x278a and <= 0x2792) or (>= 0x1369 and <= 0x1371);

    public static bool IsLetterNumber(int c) => Category(c) == UnicodeCategory.LetterNumber;

    // Number forms, and the ideographs that stand for numbers.
    public static bool IsNumeric(int c) => IsDigit(c) || Category(c) is UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber || IsIdeographNumber(c);

    public static bool IsAlnum(int c) => IsAlpha(c) || IsNumeric(c);

    public static bool IsUpper(int c) => Category(c) == UnicodeCategory.UppercaseLetter || c is (>= 0x2160 and <= 0x216f) or (>= 0x24b6 and <= 0x24cf) or (>= 0x1f130 and <= 0x1f149);

    public static bool IsLower(int c) => Category(c) == UnicodeCategory.LowercaseLetter || c is 0xaa or 0xba or (>= 0x2170 and <= 0x217f) or (>= 0x24d0 and <= 0x24e9)
        or (>= 0x2b0 and <= 0x2b8) or (>= 0x2e0 and <= 0x2e4) or (>= 0x1d2c and <= 0x1d6a);

    public static bool IsTitle(int c) => Category(c) == UnicodeCategory.TitlecaseLetter;

    /// <summary>Whether <c>repr</c> shows the character as it is.</summary>
    public static bool IsPrintable(int c) => c == ' ' || Category(c) is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate
        or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator);

    private static UnicodeCategory Category(int c) => CharUnicodeInfo.GetUnicodeCategory(c);

    private static bool IsIdeographNumber(int c) => c is >= 0x3007 and <= 0x9fff && "〇一二三四五六七八九十百千万億兆零壹貳叁肆伍陸柒捌玖拾佰仟萬壱弐参廿卅亿".Contains((char)c);
}
