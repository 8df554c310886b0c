namespace Lapwing.Text.Templates.Runtime;

/// <summary>What counts as a Python <c>str</c>: strings and markup.</summary>
internal static class Str
{
    public static bool Is(object? value, out string text)
    {
        text = value as string ?? (value as Markup)?.Text ?? "";
        return value is string or Markup;
    }

    public static bool Is(object? value) => value is string or Markup;

    /// <summary>The same text, still safe if the string it came from was.</summary>
    public static object Like(object? model, string text) => model is Markup ? new Markup(text) : text;

    /// <summary>The text of a string; anything else as it prints.</summary>
    public static string Soft(Interpreter rt, object? value) => Is(value, out string text) ? text : Repr.Str(rt, value);

    public static string Require(object? value, string what) =>
        Is(value, out string text) ? text : throw JinjaError.Type($"{what} must be str, not {TypeNames.Of(value)}");
}
