using System.Net;
using System.Text;
using Lapwing.Text.Templates.Runtime;

namespace Lapwing.Text.Templates.Library;

/// <summary>HTML escaping as MarkupSafe does it.</summary>
internal static class Html
{
    public static Markup Escape(Interpreter rt, object? value)
    {
        if (value is Markup already) return already;
        string text = Repr.Str(rt, value);
        if (text.AsSpan().IndexOfAny("&<>\"'") < 0) return new Markup(text);
        var escaped = new StringBuilder(text.Length + 16);
        foreach (char c in text)
        {
            _ = c switch
            {
                '&' => escaped.Append("&amp;"),
                '<' => escaped.Append("&lt;"),
                '>' => escaped.Append("&gt;"),
                '"' => escaped.Append("&#34;"),
                '\'' => escaped.Append("&#39;"),
                _ => escaped.Append(c),
            };
        }
        rt.ChargeText(escaped.Length);
        return new Markup(escaped.ToString());
    }

    /// <summary>Removes comments and tags, folds white space, resolves entities.</summary>
    public static string StripTags(Interpreter rt, string text)
    {
        text = RemoveAll(rt, text, "<!--", "-->");
        text = RemoveAll(rt, text, "<", ">");
        return WebUtility.HtmlDecode(string.Join(' ', StringMethods.SplitSpace(text, -1)));
    }

    // Closing marks are sought from the opening one on, as the reference does: "<!-->" is a comment that "-->" may overlap.
    private static string RemoveAll(Interpreter rt, string text, string open, string close)
    {
        var kept = new StringBuilder();
        int at = 0;
        for (int start; (start = text.IndexOf(open, at, StringComparison.Ordinal)) >= 0;)
        {
            int end = text.IndexOf(close, start, StringComparison.Ordinal);
            if (end < 0) break;
            kept.Append(text, at, start - at);
            at = end + close.Length;
            rt.Step();
        }
        return kept.Append(text, at, text.Length - at).ToString();
    }
}
