namespace Lapwing.Text.Tokenizers;

/// <summary>One step of a compiled pattern.</summary>
internal enum PatternOp
{
    /// <summary>The pattern (or the body of a look-around) has matched.</summary>
    Accept,

    /// <summary>One code point of the set.</summary>
    Set,

    /// <summary>A run of the set, A to B long.</summary>
    Run,

    /// <summary>Try A first, then B.</summary>
    Split,

    /// <summary>Go on at A.</summary>
    Jump,

    /// <summary>A is an <see cref="AnchorKind"/>.</summary>
    Anchor,

    /// <summary>The body begins behind this step, B is where to go on; A: bit 0 negative, bit 1 behind.</summary>
    Look,

    /// <summary>The body begins behind this step, B is where to go on; what the body took stays taken.</summary>
    Atomic,

    /// <summary>Leaves the loop at B when its body took nothing since the position in register A.</summary>
    Progress,

    /// <summary>Notes the position in register A.</summary>
    Mark,
}

/// <summary>A step and its operands; the width is for look-behind: the fewest and most code points to step back.</summary>
internal readonly record struct PatternStep(PatternOp Op, int A = 0, int B = 0, RepeatMode Mode = RepeatMode.Greedy, CharacterSet? Set = null, (int Minimum, int Maximum) Width = default);

/// <summary>Compiles <see cref="PatternNode"/>s to steps. Bounded repetitions of anything but a set are written out.</summary>
internal sealed class PatternCompiler
{
    // The largest published pattern takes about 150 steps.
    private const int MaximumSteps = 50_000;

    private readonly List<PatternStep> _steps = [];
    private readonly string _source;
    private int _registers;

    private PatternCompiler(string source) => _source = source;

    internal static (PatternStep[] Steps, int Registers) Compile(PatternNode node, string source)
    {
        var compiler = new PatternCompiler(source);
        compiler.Emit(node);
        compiler.Add(new PatternStep(PatternOp.Accept));
        return ([.. compiler._steps], compiler._registers);
    }

    private int Add(PatternStep step)
    {
        if (_steps.Count >= MaximumSteps)
            throw new NotSupportedException($"The pattern '{PatternParser.Shorten(_source)}' compiles to more than {MaximumSteps} steps.");
        _steps.Add(step);
        return _steps.Count - 1;
    }

    private void Emit(PatternNode node)
    {
        switch (node)
        {
            case PatternNode.Set set:
                Add(new PatternStep(PatternOp.Set, Set: set.Characters));
                break;
            case PatternNode.Sequence sequence:
                foreach (PatternNode part in sequence.Parts) Emit(part);
                break;
            case PatternNode.Choice choice:
                EmitChoice(choice);
                break;
            case PatternNode.Repeat repeat:
                EmitRepeat(repeat);
                break;
            case PatternNode.Look look:
                EmitLook(look);
                break;
            case PatternNode.Atomic atomic:
                EmitAtomic(atomic.Body);
                break;
            case PatternNode.Anchor anchor:
                Add(new PatternStep(PatternOp.Anchor, (int)anchor.Kind));
                break;
        }
    }

    private void EmitChoice(PatternNode.Choice choice)
    {
        var jumps = new List<int>();
        for (int i = 0; i < choice.Options.Count; i++)
        {
            bool last = i == choice.Options.Count - 1;
            int split = last ? -1 : Add(new PatternStep(PatternOp.Split));
            Emit(choice.Options[i]);
            if (last) break;
            jumps.Add(Add(new PatternStep(PatternOp.Jump)));
            _steps[split] = new PatternStep(PatternOp.Split, split + 1, _steps.Count);
        }
        foreach (int jump in jumps) _steps[jump] = new PatternStep(PatternOp.Jump, _steps.Count);
    }

    private void EmitRepeat(PatternNode.Repeat repeat)
    {
        if (repeat.Body is PatternNode.Set set)
        {
            Add(new PatternStep(PatternOp.Run, repeat.Minimum, repeat.Maximum, repeat.Mode, set.Characters));
            return;
        }
        if (repeat.Mode == RepeatMode.Possessive)
        {
            EmitAtomic(repeat with { Mode = RepeatMode.Greedy });
            return;
        }
        for (int i = 0; i < repeat.Minimum; i++) Emit(repeat.Body);
        if (repeat.Maximum == int.MaxValue) EmitStar(repeat);
        else EmitOptional(repeat, repeat.Maximum - repeat.Minimum);
    }

    private void EmitStar(PatternNode.Repeat repeat)
    {
        bool nullable = repeat.Body.Width().Minimum == 0;
        int split = Add(new PatternStep(PatternOp.Split));
        int register = nullable ? _registers++ : -1;
        if (nullable) Add(new PatternStep(PatternOp.Mark, register));
        Emit(repeat.Body);
        int progress = nullable ? Add(new PatternStep(PatternOp.Progress, register)) : -1;
        Add(new PatternStep(PatternOp.Jump, split));
        int end = _steps.Count;
        _steps[split] = repeat.Mode == RepeatMode.Lazy ? new PatternStep(PatternOp.Split, end, split + 1) : new PatternStep(PatternOp.Split, split + 1, end);
        if (nullable) _steps[progress] = new PatternStep(PatternOp.Progress, register, end);
    }

    private void EmitOptional(PatternNode.Repeat repeat, int times)
    {
        var splits = new List<int>();
        for (int i = 0; i < times; i++)
        {
            splits.Add(Add(new PatternStep(PatternOp.Split)));
            Emit(repeat.Body);
        }
        int end = _steps.Count;
        foreach (int split in splits)
            _steps[split] = repeat.Mode == RepeatMode.Lazy ? new PatternStep(PatternOp.Split, end, split + 1) : new PatternStep(PatternOp.Split, split + 1, end);
    }

    private void EmitLook(PatternNode.Look look)
    {
        (int Minimum, int Maximum) width = look.Behind ? look.Body.Width() : default;
        if (width.Maximum > 255)
            throw new NotSupportedException($"The pattern '{PatternParser.Shorten(_source)}' looks behind without a bound, which is not supported.");
        int at = Add(default);
        Emit(look.Body);
        Add(new PatternStep(PatternOp.Accept));
        _steps[at] = new PatternStep(PatternOp.Look, (look.Negative ? 1 : 0) | (look.Behind ? 2 : 0), _steps.Count, Width: width);
    }

    private void EmitAtomic(PatternNode body)
    {
        int at = Add(default);
        Emit(body);
        Add(new PatternStep(PatternOp.Accept));
        _steps[at] = new PatternStep(PatternOp.Atomic, 0, _steps.Count);
    }
}
