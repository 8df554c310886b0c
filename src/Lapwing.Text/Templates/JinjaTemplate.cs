using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Lapwing.Text.Templates.Runtime;
using Lapwing.Text.Templates.Syntax;

namespace Lapwing.Text.Templates;

/// <summary>
/// A Jinja2 template as Hugging Face Transformers renders chat templates: an immutable sandbox with <c>trim_blocks</c>, <c>lstrip_blocks</c>,
/// <c>break</c>/<c>continue</c>, <c>{% generation %}</c>, <c>raise_exception</c>, <c>strftime_now</c> and its <c>tojson</c>. Values behave as
/// Python's, text is counted in code points, and every rendering is bounded in steps, output and depth. Immutable: one instance may render
/// in several threads at once.
/// </summary>
public sealed class JinjaTemplate
{
    private readonly ParsedTemplate _parsed;

    private JinjaTemplate(ParsedTemplate parsed, string source, string name) => (_parsed, Source, Name) = (parsed, source, name);

    /// <summary>The template's text.</summary>
    public string Source { get; }

    /// <summary>What error messages call the template.</summary>
    public string Name { get; }

    /// <summary>Whether the template marks what the assistant says with <c>{% generation %}</c>.</summary>
    public bool HasGenerationBlocks => _parsed.HasGeneration;

    /// <summary>Parses a template.</summary>
    /// <param name="source">The template's text.</param>
    /// <param name="name">What error messages call it.</param>
    /// <exception cref="InvalidDataException">The text is no valid template; the message tells the line.</exception>
    public static JinjaTemplate Parse(string source, string name = "chat template")
    {
        ArgumentNullException.ThrowIfNull(source);
        try
        {
            return new JinjaTemplate(Parser.Parse(source), source, name);
        }
        catch (JinjaError e)
        {
            throw Explain(e, name);
        }
    }

    /// <summary>Renders with the members of a JSON object as variables.</summary>
    /// <exception cref="ArgumentException"><paramref name="context"/> is no JSON object.</exception>
    /// <exception cref="InvalidDataException">The template fails or goes beyond its bounds; the message tells the line.</exception>
    public string Render(JsonElement context, JinjaOptions? options = null) => Run(rt => ContextValues.Root(rt, context), options).Text;

    /// <inheritdoc cref="Render(JsonElement, JinjaOptions?)"/>
    public string Render(JsonNode context, JinjaOptions? options = null) => Run(rt => ContextValues.Root(rt, context), options).Text;

    /// <summary>
    /// Renders with named variables: null, booleans, numbers, strings, <see cref="JsonElement"/>, <see cref="JsonNode"/>, dictionaries with
    /// string keys and sequences of these.
    /// </summary>
    /// <exception cref="ArgumentException">A value is of another type.</exception>
    /// <exception cref="InvalidDataException">The template fails or goes beyond its bounds; the message tells the line.</exception>
    public string Render(IReadOnlyDictionary<string, object?> context, JinjaOptions? options = null) => Run(rt => ContextValues.Root(rt, context), options).Text;

    /// <summary>Renders, and tells where the <c>{% generation %}</c> blocks lie in the text.</summary>
    /// <inheritdoc cref="Render(IReadOnlyDictionary{string, object?}, JinjaOptions?)"/>
    public JinjaRendering RenderWithSpans(IReadOnlyDictionary<string, object?> context, JinjaOptions? options = null) => Run(rt => ContextValues.Root(rt, context), options);

    private JinjaRendering Run(Func<Interpreter, PyDict> context, JinjaOptions? options)
    {
        try
        {
            var rt = new Interpreter(_parsed, options ?? JinjaOptions.Default);
            string text = rt.Render(context(rt));
            return new JinjaRendering(text, rt.Spans, !rt.LostSpan);
        }
        catch (JinjaError e)
        {
            throw Explain(e, Name);
        }
        catch (RegexMatchTimeoutException)
        {
            throw new InvalidDataException($"{Name}: a text is too intricate to wrap or to search for links");
        }
    }

    private static InvalidDataException Explain(JinjaError e, string name)
    {
        string line = e.Line > 0 ? $", line {e.Line}" : "";
        string kind = e.Kind is ErrorKind.TemplateError or ErrorKind.LimitExceeded ? "" : $"{e.Kind}: ";
        return new InvalidDataException($"{name}{line}: {kind}{e.Message.ReplaceLineEndings(" ")}", e);
    }
}
