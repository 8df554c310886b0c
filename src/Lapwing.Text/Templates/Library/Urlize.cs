using System.Text;
using System.Text.RegularExpressions;
using Lapwing.Text.Templates.Runtime;

namespace Lapwing.Text.Templates.Library;

/// <summary>The <c>urlize</c> filter: makes links of what looks like an address.</summary>
internal static partial class Urlize
{
    public static object? Filter(Interpreter rt, object? value, Arguments arguments)
    {
        object?[] given = arguments.Bind("urlize", 0, "trim_url_limit", "nofollow", "target", "rel", "extra_schemes");
        long? limit = given[0].Or(null) is { } l ? Numbers.Index(l) : null;
        var relations = new SortedSet<string>(StringComparer.Ordinal) { "noopener" };
        if (given[3].Or(null) is { } rel) relations.UnionWith(StringMethods.SplitSpace(Str.Require(rel, "rel"), -1));
        if (Truth.Of(rt, given[1].Or(false))) relations.Add("nofollow");
        string attributes = $" rel=\"{Html.Escape(rt, string.Join(' ', relations)).Text}\"";
        if (given[2].Or(null) is { } target && Truth.Of(rt, target)) attributes += $" target=\"{Html.Escape(rt, target).Text}\"";
        var schemes = new List<string>();
        if (given[4].Or(null) is { } extra)
        {
            foreach (object? scheme in Iteration.Of(rt, extra))
            {
                string name = Str.Require(scheme, "a URI scheme");
                if (!Scheme().IsMatch(name)) throw new JinjaError(ErrorKind.FilterArgumentError, $"{Repr.Quote(name)} is not a valid URI scheme prefix.");
                schemes.Add(name);
            }
        }
        string text = Html.Escape(rt, value).Text;
        rt.Charge(text.Length);
        var result = new StringBuilder();
        foreach (string word in Space().Split(text))
        {
            rt.Step();
            result.Append(Word(word, limit, attributes, schemes));
            rt.CheckSize(result.Length);
        }
        return rt.AutoEscape ? new Markup(result.ToString()) : result.ToString();
    }

    private static string Word(string word, long? limit, string attributes, List<string> schemes)
    {
        string head = Head().Match(word).Value, middle = word[head.Length..], tail = "";
        if (middle.EndsWith(')') || middle.EndsWith('>') || middle.EndsWith('.') || middle.EndsWith(',') || middle.EndsWith('\n') || middle.EndsWith("&gt;", StringComparison.Ordinal))
        {
            Match match = Tail().Match(middle);
            (middle, tail) = (middle[..match.Index], match.Value);
        }
        foreach ((string open, string close) in new[] { ("(", ")"), ("<", ">"), ("&lt;", "&gt;") })
        {
            int opened = middle.AsSpan().Count(open);
            if (opened <= middle.AsSpan().Count(close)) continue;
            for (int n = Math.Min(opened, tail.AsSpan().Count(close)); n > 0; n--)
            {
                int end = tail.IndexOf(close, StringComparison.Ordinal) + close.Length;
                middle += tail[..end];
                tail = tail[end..];
            }
        }
        string shown = limit is { } most && CodePoints.Length(middle) > most ? CodePoints.Slice(middle, 0, (int)Math.Max(0, most)) + "..." : middle;
        if (Http().IsMatch(middle))
        {
            string address = middle.StartsWith("https://", StringComparison.Ordinal) || middle.StartsWith("http://", StringComparison.Ordinal) ? middle : "https://" + middle;
            middle = $"<a href=\"{address}\"{attributes}>{shown}</a>";
        }
        else if (middle.StartsWith("mailto:", StringComparison.Ordinal) && Mail().IsMatch(middle[7..]))
        {
            middle = $"<a href=\"{middle}\">{middle[7..]}</a>";
        }
        else if (middle.Contains('@') && !middle.StartsWith("www.", StringComparison.Ordinal) && !middle.StartsWith('@') && !middle.Contains(':') && Mail().IsMatch(middle))
        {
            middle = $"<a href=\"mailto:{middle}\">{middle}</a>";
        }
        else
        {
            foreach (string scheme in schemes)
            {
                if (middle != scheme && middle.StartsWith(scheme, StringComparison.Ordinal)) middle = $"<a href=\"{middle}\"{attributes}>{middle}</a>";
            }
        }
        return head + middle + tail;
    }

    [GeneratedRegex(@"(\s+)", RegexOptions.None, 2000)]
    private static partial Regex Space();

    [GeneratedRegex(@"^(?:[(<]|&lt;)*", RegexOptions.None, 2000)]
    private static partial Regex Head();

    [GeneratedRegex(@"(?:[)>.,\n]|&gt;)+$", RegexOptions.None, 2000)]
    private static partial Regex Tail();

    [GeneratedRegex(@"^[\w.+-]{2,}:/{0,2}$", RegexOptions.None, 2000)]
    private static partial Regex Scheme();

    [GeneratedRegex(@"^\S+@\w[\w.-]*\.\w+$", RegexOptions.None, 2000)]
    private static partial Regex Mail();

    // The reference's own notion of an address: a scheme or www and a domain, a domain with a common ending, or a scheme and an IP address.
    [GeneratedRegex("""
        ^(?:(?:https?://|www\.)(?:(?:[\w%-]+\.)+)?(?:[a-z]{2,63}|xn--[\w%]{2,59})
        |(?:[\w%-]{2,63}\.)+(?:com|net|int|edu|gov|org|info|mil)
        |https?://(?:\d{1,3}(?:\.\d{1,3}){3}|\[(?:[\da-f]{0,4}:){2}(?:[\da-f]{0,4}:?){1,6}]))
        (?::\d{1,5})?(?:[/?\#]\S*)?$
        """, RegexOptions.IgnoreCase | RegexOptions.IgnorePatternWhitespace | RegexOptions.CultureInvariant, 2000)]
    private static partial Regex Http();
}
