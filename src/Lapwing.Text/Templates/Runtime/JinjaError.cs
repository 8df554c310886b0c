namespace Lapwing.Text.Templates.Runtime;

/// <summary>The names Python or Jinja would give the failure; some operations ask which one it was.</summary>
internal enum ErrorKind
{
    TemplateSyntaxError, TemplateError, TemplateRuntimeError, UndefinedError, SecurityError, FilterArgumentError, TypeError, ValueError, KeyError,
    IndexError, AttributeError, OverflowError, ZeroDivisionError, RecursionError, UnicodeError, AssertionError, LimitExceeded,
}

/// <summary>A failure inside a template, before it is told to the outside with the template's name and line.</summary>
internal sealed class JinjaError(ErrorKind kind, string message) : Exception(message)
{
    public ErrorKind Kind => kind;

    /// <summary>1-based; 0 while unknown.</summary>
    public int Line { get; set; }

    /// <summary>Notes the innermost line; always false, so that it serves as an exception filter that unwinds nothing.</summary>
    public bool At(int line)
    {
        if (Line == 0) Line = line;
        return false;
    }

    public static JinjaError Type(string message) => new(ErrorKind.TypeError, message);

    public static JinjaError Value(string message) => new(ErrorKind.ValueError, message);

    public static JinjaError Limit(string message) => new(ErrorKind.LimitExceeded, message);
}
