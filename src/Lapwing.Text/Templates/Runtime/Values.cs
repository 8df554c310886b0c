using System.Collections;

namespace Lapwing.Text.Templates.Runtime;

// Python values as .NET ones: None null, bool bool, int long or BigInteger, float double, str string or Markup, list List<object?>; the rest here.

/// <summary>"No value at all", which is not None and not undefined.</summary>
internal sealed class Missing
{
    public static readonly Missing Value = new();
}

/// <summary>What a name or attribute that does not exist yields: prints as nothing, is false, and fails on most other uses.</summary>
internal sealed class Undefined
{
    private readonly string _message;
    private readonly ErrorKind _kind;

    private Undefined(string message, ErrorKind kind = ErrorKind.UndefinedError) => (_message, _kind) = (message, kind);

    public static Undefined Name(string name) => new($"'{name}' is undefined");

    public static Undefined Hint(string message) => new(message);

    public static Undefined Attribute(object? owner, string name) => new($"'{TypeNames.Describe(owner)}' has no attribute {Repr.Quote(name)}");

    public static Undefined Element(Interpreter rt, object? owner, object? key) =>
        key is string name ? Attribute(owner, name) : new($"{TypeNames.Describe(owner)} has no element {Repr.Of(rt, key)}");

    public static Undefined Unsafe(object? owner, string name) =>
        new($"access to attribute {Repr.Quote(name)} of '{TypeNames.Of(owner)}' object is unsafe.", ErrorKind.SecurityError);

    public JinjaError Fail() => new(_kind, _message);
}

/// <summary>A string that is safe HTML: joined with plain strings it escapes them.</summary>
internal sealed class Markup(string text)
{
    public string Text => text;
}

internal class PyTuple(object?[] items)
{
    public object?[] Items => items;
}

/// <summary>An entry of <c>groupby</c>: a pair whose halves have names too.</summary>
internal sealed class PyGroup(object? grouper, List<object?> list) : PyTuple([grouper, list]);

/// <summary>Bytes, as <c>str.encode</c> makes them.</summary>
internal sealed class PyBytes(byte[] data)
{
    public byte[] Data => data;
}

/// <summary>A dict: insertion order, Python's key equality (1, 1.0 and true are one key).</summary>
internal sealed class PyDict(Interpreter rt)
{
    private static readonly object NoneKey = new();
    private readonly OrderedDictionary<object, object?> _items = new(rt.KeyComparer);

    public int Count => _items.Count;

    public IEnumerable<(object? Key, object? Value)> Items
    {
        get
        {
            foreach ((object key, object? value) in _items) yield return (ReferenceEquals(key, NoneKey) ? null : key, value);
        }
    }

    public IEnumerable<object?> Keys => Items.Select(i => i.Key);

    /// <exception cref="JinjaError">The key cannot be hashed.</exception>
    public void Set(object? key, object? value) => _items[key ?? NoneKey] = value;

    /// <exception cref="JinjaError">The key cannot be hashed.</exception>
    public bool TryGet(object? key, out object? value) => _items.TryGetValue(key ?? NoneKey, out value);
}

internal sealed class PyRange(long start, long stop, long step)
{
    public long Start => start;

    public long Stop => stop;

    public long Step => step;

    public long Count { get; } = step > 0
        ? start < stop ? (long)(((Int128)stop - start - 1) / step) + 1 : 0
        : start > stop ? (long)(((Int128)start - stop - 1) / -(Int128)step) + 1 : 0;

    public long this[long index] => start + (index * step);
}

internal enum ViewKind { Keys, Values, Items }

internal sealed class PyView(PyDict dict, ViewKind kind)
{
    public PyDict Dict => dict;

    public ViewKind Kind => kind;

    public IEnumerable<object?> Elements => kind switch
    {
        ViewKind.Keys => dict.Keys,
        ViewKind.Values => dict.Items.Select(i => i.Value),
        _ => dict.Items.Select(i => (object?)new PyTuple([i.Key, i.Value])),
    };
}

/// <summary>A generator or iterator: what was taken from it is gone.</summary>
internal sealed class PyIterator(IEnumerator<object?> source, string typeName) : IEnumerable<object?>
{
    public string TypeName => typeName;

    public IEnumerator<object?> GetEnumerator()
    {
        while (Advance()) yield return source.Current;
    }

    // Iterators over iterators over iterators: each layer is a call deeper.
    private bool Advance()
    {
        Interpreter.EnsureStack();
        return source.MoveNext();
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}

/// <summary>What <c>namespace()</c> makes: the one thing a template may write to across scopes.</summary>
internal sealed class Namespace
{
    private readonly Dictionary<string, object?> _items = [];

    public IReadOnlyDictionary<string, object?> Items => _items;

    public void Set(string name, object? value) => _items[name] = value;
}
