using System.Text.RegularExpressions;

namespace Lapwing.Formats.Peft;

/// <summary>
/// Which modules a setting means: a list of names (each matches the whole path or its end after a dot) or one regular expression for the
/// whole path, as PEFT's <c>check_target_module_exists</c> has it.
/// </summary>
public sealed class ModulePattern
{
    /// <summary>An expression from a stranger's file must not run for ever; a real one needs microseconds.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly Regex? expression;

    private ModulePattern(IReadOnlyList<string> names, string? text, Regex? expression)
    {
        Names = names;
        Expression = text;
        this.expression = expression;
    }

    /// <summary>The names of a list; empty for an expression.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The expression; null for a list.</summary>
    public string? Expression { get; }

    /// <summary>A list of module names.</summary>
    public static ModulePattern Of(params IReadOnlyList<string> names) => new(names, null, null);

    /// <summary>A regular expression over whole module paths.</summary>
    /// <exception cref="ArgumentException">It is none.</exception>
    public static ModulePattern Matching(string expression) => new([], expression, Compile($"^(?:{expression})$"));

    /// <summary>Whether the module at <paramref name="path"/> (<c>model.layers.0.self_attn.q_proj</c>) is meant.</summary>
    /// <exception cref="InvalidDataException">The expression takes too long: it is built to.</exception>
    public bool Matches(string path) => expression is not null ? Find(expression, path).Success : Names.Any(name => path == name || path.EndsWith("." + name, StringComparison.Ordinal));

    /// <summary>Python's <c>re</c> and .NET agree on what such settings use; <c>$</c> before a last line feed is of no concern for module paths.</summary>
    internal static Regex Compile(string expression) => new(expression, RegexOptions.CultureInvariant, Patience);

    internal static Match Find(Regex expression, string path)
    {
        try
        {
            return expression.Match(path);
        }
        catch (RegexMatchTimeoutException e)
        {
            throw new InvalidDataException($"the expression {Wording.Quote(expression.ToString())} of an adapter takes too long to match {Wording.Quote(path)}: name the modules as a list instead", e);
        }
    }
}
