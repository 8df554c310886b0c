using Lapwing.Text.Templates.Runtime;

namespace Lapwing.Text.Templates.Library;

internal delegate object? FilterFunction(Interpreter rt, object? value, Arguments arguments);

/// <summary>All filters by name; the argument names are Jinja's, for templates may give them as keywords.</summary>
internal static class FilterTable
{
    private static readonly Dictionary<string, FilterFunction> All = new()
    {
        ["abs"] = NumberFilters.Abs,
        ["attr"] = SelectFilters.Attr,
        ["batch"] = SequenceFilters.Batch,
        ["capitalize"] = TextFilters.Simple("capitalize", StringMethods.Capitalize),
        ["center"] = TextFilters.Center,
        ["count"] = SequenceFilters.Length,
        ["d"] = SequenceFilters.Default,
        ["default"] = SequenceFilters.Default,
        ["dictsort"] = SequenceFilters.DictSort,
        ["e"] = HtmlFilters.Escape,
        ["escape"] = HtmlFilters.Escape,
        ["filesizeformat"] = NumberFilters.FileSize,
        ["first"] = SequenceFilters.First,
        ["float"] = NumberFilters.Float,
        ["forceescape"] = HtmlFilters.ForceEscape,
        ["format"] = TextFilters.Format,
        ["groupby"] = SelectFilters.GroupBy,
        ["indent"] = TextFilters.Indent,
        ["int"] = NumberFilters.Int,
        ["items"] = SequenceFilters.Items,
        ["join"] = SequenceFilters.Join,
        ["last"] = SequenceFilters.Last,
        ["length"] = SequenceFilters.Length,
        ["list"] = SequenceFilters.List,
        ["lower"] = TextFilters.Simple("lower", CaseMapping.Lower),
        ["map"] = SelectFilters.Map,
        ["max"] = (rt, v, a) => SequenceFilters.Extreme(rt, v, a, greatest: true),
        ["min"] = (rt, v, a) => SequenceFilters.Extreme(rt, v, a, greatest: false),
        ["pprint"] = PrettyPrint.Filter,
        ["random"] = static (_, _, _) => throw new JinjaError(ErrorKind.SecurityError, "the filter 'random' is refused: a template must render the same every time"),
        ["reject"] = (rt, v, a) => SelectFilters.Select(rt, v, a, keep: false, byAttribute: false),
        ["rejectattr"] = (rt, v, a) => SelectFilters.Select(rt, v, a, keep: false, byAttribute: true),
        ["replace"] = TextFilters.Replace,
        ["reverse"] = SequenceFilters.Reverse,
        ["round"] = NumberFilters.Round,
        ["safe"] = HtmlFilters.Safe,
        ["select"] = (rt, v, a) => SelectFilters.Select(rt, v, a, keep: true, byAttribute: false),
        ["selectattr"] = (rt, v, a) => SelectFilters.Select(rt, v, a, keep: true, byAttribute: true),
        ["slice"] = SequenceFilters.Slice,
        ["sort"] = SequenceFilters.Sort,
        ["string"] = TextFilters.String,
        ["striptags"] = HtmlFilters.StripTags,
        ["sum"] = SelectFilters.Sum,
        ["title"] = TextFilters.Simple("title", TextFilters.Title),
        ["tojson"] = Json.Filter,
        ["trim"] = TextFilters.Trim,
        ["truncate"] = TextFilters.Truncate,
        ["unique"] = SequenceFilters.Unique,
        ["upper"] = TextFilters.Simple("upper", CaseMapping.Upper),
        ["urlencode"] = HtmlFilters.UrlEncode,
        ["urlize"] = Urlize.Filter,
        ["wordcount"] = TextFilters.WordCount,
        ["wordwrap"] = TextWrap.Filter,
        ["xmlattr"] = HtmlFilters.XmlAttributes,
    };

    public static FilterFunction? Find(string name) => All.GetValueOrDefault(name);

    /// <exception cref="JinjaError">There is no such filter.</exception>
    public static FilterFunction Get(object? name) => Str.Is(name, out string text) && All.TryGetValue(text, out FilterFunction? filter)
        ? filter : throw new JinjaError(ErrorKind.TemplateRuntimeError, $"No filter named '{text}' found.");
}
