namespace Lapwing.Text.Templates.Runtime;

/// <summary>The special variable <c>loop</c>. It looks ahead only when asked, so a lazy source is drawn no earlier than in the reference.</summary>
internal sealed class LoopContext(Interpreter owner, object? iterable, int depth0, LoopContext.Recursion? recursion)
{
    /// <summary>Renders the loop's body again over other items, one level deeper.</summary>
    public delegate string Recursion(Interpreter rt, object? items, int depth);

    private IEnumerator<object?> _source = Iteration.Of(owner, iterable).GetEnumerator();
    private object? _after = Missing.Value;
    private object? _current = Missing.Value;
    private object? _before = Missing.Value;
    private object? _changed = Missing.Value;
    private long _index0 = -1;
    private long? _length;

    public long Index => _index0 + 1;

    public bool MoveNext(out object? item)
    {
        if (_after.Given()) (item, _after) = (_after, Missing.Value);
        else if (_source.MoveNext()) item = _source.Current;
        else
        {
            item = null;
            return false;
        }
        _index0++;
        (_before, _current) = (_current, item);
        return true;
    }

    public long Length(Interpreter rt)
    {
        if (_length is { } known) return known;
        if (iterable is not (PyIterator or LoopContext) && Iteration.Length(rt, iterable) is { } length)
        {
            _length = length;
            return length;
        }
        var rest = new List<object?>();
        while (_source.MoveNext()) rest.Add(_source.Current);
        _source = rest.GetEnumerator();
        _length = rest.Count + Index + (_after.Given() ? 1 : 0);
        return _length.Value;
    }

    private object? Peek()
    {
        if (!_after.Given() && _source.MoveNext()) _after = _source.Current;
        return _after;
    }

    public IEnumerable<object?> Pairs()
    {
        while (MoveNext(out object? item)) yield return new PyTuple([item, this]);
    }

    public bool TryAttribute(Interpreter rt, string name, out object? value)
    {
        value = name switch
        {
            "index" => Index,
            "index0" => _index0,
            "first" => _index0 == 0,
            "last" => !Peek().Given(),
            "length" => Length(rt),
            "revindex" => Length(rt) - _index0,
            "revindex0" => Length(rt) - Index,
            "depth" => depth0 + 1L,
            "depth0" => (long)depth0,
            "previtem" => _index0 == 0 ? Undefined.Hint("there is no previous item") : _before,
            "nextitem" => Peek().Or(Undefined.Hint("there is no next item")),
            "cycle" => new BoundMethod(this, name, static (_, self, a) => ((LoopContext)self!).Cycle(a)),
            "changed" => new BoundMethod(this, name, static (r, self, a) => ((LoopContext)self!).Changed(r, a)),
            _ => Missing.Value,
        };
        return value.Given();
    }

    private object? Cycle(Arguments arguments)
    {
        if (arguments.Keywords.Count > 0) throw JinjaError.Type("cycle() takes no keyword arguments");
        if (arguments.Positional.Count == 0) throw JinjaError.Type("no items for cycling given");
        return arguments.Positional[(int)(_index0 % arguments.Positional.Count)];
    }

    private object? Changed(Interpreter rt, Arguments arguments)
    {
        var value = new PyTuple([.. arguments.Positional]);
        if (_changed.Given() && Equality.Equal(rt, _changed, value)) return false;
        _changed = value;
        return true;
    }

    public object? Call(Interpreter rt, Arguments arguments)
    {
        object? items = arguments.Bind("loop", 1, "iterable")[0];
        if (recursion is null) throw JinjaError.Type("The loop must have the 'recursive' marker to be called recursively.");
        return rt.Captured(recursion(rt, items, depth0 + 1));
    }
}
