using System.Runtime.CompilerServices;
using System.Text;
using Lapwing.Text.Templates.Library;
using Lapwing.Text.Templates.Syntax;

namespace Lapwing.Text.Templates.Runtime;

/// <summary>Where output goes: the result itself, or a capture inside a macro or set block.</summary>
internal sealed class OutputBuffer(bool isResult)
{
    public StringBuilder Text { get; } = new();

    public bool IsResult => isResult;
}

/// <summary>
/// One rendering: its variables, its output and what it may still spend. Every node, every element and every 16 characters of text worked on
/// cost a step, so whatever a template does ends in time proportional to the budget.
/// </summary>
internal sealed class Interpreter
{
    // CPython's own limit of 1000 frames stops macro recursion at about 200 calls under the reference.
    private const int MaxCalls = 200;

    private readonly ParsedTemplate _template;
    private readonly JinjaOptions _options;
    private readonly Dictionary<string, object?> _exports = [];
    private PyDict? _context;
    private OutputBuffer _output = new(isResult: true);
    private long _steps;
    private int _calls;

    public Interpreter(ParsedTemplate template, JinjaOptions options)
    {
        _template = template;
        _options = options;
        _steps = options.MaxSteps;
        KeyComparer = new KeyComparer(this);
        Frame = new Frame(template.Symbols.Layout, null);
    }

    public KeyComparer KeyComparer { get; }

    public Frame Frame { get; set; }

    public bool AutoEscape { get; set; }

    public DateTimeOffset Now => _options.Now ?? DateTimeOffset.Now;

    public List<GenerationSpan> Spans { get; } = [];

    /// <summary>True where a generation block ran inside a macro or set block, whose place in the result is unknown.</summary>
    public bool LostSpan { get; private set; }

    public IReadOnlyDictionary<string, BlockStatement> Blocks => _template.Blocks;

    public string Render(PyDict context)
    {
        _context = context;
        _template.Symbols.Layout.Fill(this, Frame);
        _template.Body.Execute(this);
        return _output.Text.ToString();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Step()
    {
        if (--_steps < 0) throw OutOfSteps();
        EnsureStack();
    }

    public static void EnsureStack()
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw new JinjaError(ErrorKind.RecursionError, "maximum recursion depth exceeded");
    }

    public void Charge(long steps)
    {
        if ((_steps -= steps) < 0) throw OutOfSteps();
    }

    /// <summary>Charges for text made or searched.</summary>
    public void ChargeText(long characters) => Charge(characters >> 4);

    /// <summary>Charges for text merely put together: a copy is far quicker than any other work on text.</summary>
    public void ChargeCopy(long characters) => Charge(characters >> 6);

    /// <summary>Refuses text longer than a whole result may be, before it is made.</summary>
    public void CheckSize(long characters)
    {
        if (characters > _options.MaxOutput) throw JinjaError.Limit($"the template makes a text of more than {_options.MaxOutput} characters (MaxOutput)");
    }

    private JinjaError OutOfSteps() => JinjaError.Limit($"the template runs for more than {_options.MaxSteps} steps (MaxSteps): it loops without end or does far too much");

    public void EnterCall()
    {
        if (++_calls > MaxCalls) throw new JinjaError(ErrorKind.RecursionError, "maximum recursion depth exceeded");
        EnsureStack();
    }

    public void LeaveCall() => _calls--;

    public Frame Enter(Symbols symbols)
    {
        Frame outer = Frame;
        Frame = new Frame(symbols.Layout, outer);
        symbols.Layout.Fill(this, Frame);
        return outer;
    }

    /// <summary>A name that no frame owns: exported by the template's top level, given by the context, or built in.</summary>
    public object? Resolve(string name)
    {
        if (_exports.TryGetValue(name, out object? value) || _context!.TryGet(name, out value)) return value;
        return Globals.TryGet(this, name, out value) ? value : Missing.Value;
    }

    public void Export(Target target)
    {
        foreach (Target leaf in target.Leaves())
        {
            if (leaf is Target.Name name) _exports[name.Variable.Name] = name.Variable.Evaluate(this);
        }
    }

    public void Write(string text)
    {
        CheckSize(_output.Text.Length + (long)text.Length);
        ChargeCopy(text.Length);
        _output.Text.Append(text);
    }

    public void Print(object? value) => Write(AutoEscape ? Html.Escape(this, value).Text : Repr.Str(this, value));

    public void PrintGeneration(object text)
    {
        int start = _output.Text.Length;
        Print(text);
        if (_output.IsResult) Spans.Add(new GenerationSpan(start, _output.Text.Length - start));
        else LostSpan = true;
    }

    public OutputBuffer BeginCapture()
    {
        OutputBuffer outer = _output;
        _output = new OutputBuffer(isResult: false);
        return outer;
    }

    public string EndCapture(OutputBuffer outer)
    {
        string text = _output.Text.ToString();
        _output = outer;
        return text;
    }

    public object Captured(string text) => AutoEscape ? new Markup(text) : text;
}
