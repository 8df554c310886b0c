using Lapwing.Text.Templates.Runtime;

namespace Lapwing.Text.Templates.Syntax;

internal enum LoadKind { Parameter, Undefined, Resolve, Alias }

/// <summary>
/// Which names a frame owns and what each holds when the frame is entered. Jinja decides this before it runs anything, so a name that is
/// set anywhere in a frame is that frame's own from its start; the rules here are those of Jinja's <c>idtracking</c>.
/// </summary>
internal sealed class Symbols
{
    private readonly Symbols? _parent;
    private Dictionary<string, LoadKind> _loads = [];
    private HashSet<string> _stores = [];

    public Symbols(Symbols? parent) => _parent = parent;

    public void Parameter(string name)
    {
        _stores.Add(name);
        _loads[name] = LoadKind.Parameter;
    }

    public void Load(string name)
    {
        if (!Knows(name)) _loads[name] = LoadKind.Resolve;
    }

    public void Store(string name)
    {
        _stores.Add(name);
        if (_loads.ContainsKey(name)) return;
        _loads[name] = _parent is not null && _parent.Knows(name) ? LoadKind.Alias : LoadKind.Undefined;
    }

    /// <summary>Declares the branches of an <c>if</c>: a name set in one of them only falls back to what it was outside.</summary>
    public void Branches(params ReadOnlySpan<Action> branches)
    {
        (Dictionary<string, LoadKind> Loads, HashSet<string> Stores) before = (_loads, _stores);
        var after = new List<(Dictionary<string, LoadKind> Loads, HashSet<string> Stores)>();
        foreach (Action declare in branches)
        {
            (_loads, _stores) = (new(before.Loads), [.. before.Stores]);
            declare();
            after.Add((_loads, _stores));
        }
        (_loads, _stores) = before;
        var stored = new HashSet<string>();
        foreach (var branch in after) stored.UnionWith(branch.Stores);
        stored.ExceptWith(_stores);
        foreach (var branch in after)
        {
            foreach ((string name, LoadKind kind) in branch.Loads) _loads[name] = kind;
            _stores.UnionWith(branch.Stores);
        }
        foreach (string name in stored) _loads[name] = _parent is not null && _parent.Knows(name) ? LoadKind.Alias : LoadKind.Resolve;
    }

    private bool Knows(string name)
    {
        for (Symbols? s = this; s is not null; s = s._parent)
        {
            if (s._loads.ContainsKey(name)) return true;
        }
        return false;
    }

    /// <summary>How many frames outward the name lives and in which slot there.</summary>
    public (int Hops, int Slot) Find(string name)
    {
        int hops = 0;
        for (Symbols? s = this; s is not null; s = s._parent, hops++)
        {
            if (s._loads.ContainsKey(name)) return (hops, s.Layout.SlotOf(name));
        }
        Load(name);
        return (0, Layout.SlotOf(name));
    }

    /// <summary>The frame's layout, one object for its whole life: names met late (a filter's arguments) may still be added.</summary>
    public FrameLayout Layout => field ??= new FrameLayout(this);

    public LoadKind KindOf(string name) => _loads[name];

    public IEnumerable<string> Names => _loads.Keys;

    public (int Hops, int Slot) FindOuter(string name) => _parent!.Find(name);
}

/// <summary>Slots of a frame and how to fill them on entry.</summary>
internal sealed class FrameLayout
{
    private readonly Symbols _symbols;
    private readonly Dictionary<string, int> _slots = [];
    private readonly List<(string Name, LoadKind Kind, int Hops, int Slot)> _loads = [];

    public FrameLayout(Symbols symbols)
    {
        _symbols = symbols;
        foreach (string name in symbols.Names.ToArray()) SlotOf(name);
    }

    public int Count => _slots.Count;

    public int SlotOf(string name)
    {
        if (_slots.TryGetValue(name, out int slot)) return slot;
        _slots[name] = _slots.Count;
        LoadKind kind = _symbols.KindOf(name);
        (int hops, int outer) = kind == LoadKind.Alias ? _symbols.FindOuter(name) : (0, 0);
        _loads.Add((name, kind, hops, outer));
        return _slots.Count - 1;
    }

    /// <summary>Fills a frame's slots as they are when its body begins; parameters are the caller's to set.</summary>
    public void Fill(Interpreter rt, Frame frame)
    {
        for (int i = 0; i < _loads.Count; i++)
        {
            (string name, LoadKind kind, int hops, int slot) = _loads[i];
            frame.Slots[i] = kind switch
            {
                LoadKind.Resolve => rt.Resolve(name),
                LoadKind.Alias => frame.Parent!.Outward(hops).Slots[slot],
                _ => Missing.Value,
            };
        }
    }
}
