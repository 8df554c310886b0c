using Lapwing.Text.Templates.Runtime;

namespace Lapwing.Text.Templates.Syntax;

/// <summary><c>for target in items if test recursive</c> … <c>else</c> … <c>endfor</c>.</summary>
internal sealed class ForStatement(Target target, Expr items, Expr? test, bool recursive, Body body, Body? otherwise) : Statement
{
    private readonly NameExpr _loop = new("loop");
    private Symbols? _bodyFrame;
    private Symbols? _testFrame;
    private Symbols? _elseFrame;
    private Target? _testTarget;

    public override void Declare(Symbols symbols) => items.Declare(symbols);

    public override void Bind(Symbols symbols)
    {
        items.Bind(symbols);
        _bodyFrame = new Symbols(symbols);
        _bodyFrame.Parameter("loop");
        target.Declare(_bodyFrame, asParameter: true);
        body.Declare(_bodyFrame);
        target.Bind(_bodyFrame);
        _loop.Bind(_bodyFrame);
        body.Bind(_bodyFrame);
        if (test is not null)
        {
            _testFrame = new Symbols(symbols);
            _testTarget = Clone(target);
            _testTarget.Declare(_testFrame, asParameter: true);
            test.Declare(_testFrame);
            _testTarget.Bind(_testFrame);
            test.Bind(_testFrame);
        }
        if (otherwise is not null)
        {
            _elseFrame = new Symbols(symbols);
            otherwise.Declare(_elseFrame);
            otherwise.Bind(_elseFrame);
        }
    }

    // The test's frame is another one than the body's: the same names live in other slots there.
    private static Target Clone(Target t) => t switch
    {
        Target.Name n => new Target.Name(new NameExpr(n.Variable.Name)),
        Target.Tuple tuple => new Target.Tuple([.. tuple.Items.Select(Clone)]),
        _ => t,
    };

    public override Flow Execute(Interpreter rt)
    {
        object? value = items.Evaluate(rt);
        if (!recursive) return Run(rt, value, 0, null);
        Frame outer = rt.Frame;
        string Recurse(Interpreter inner, object? children, int depth)
        {
            Frame caller = inner.Frame;
            inner.Frame = outer;
            inner.EnterCall();
            OutputBuffer buffer = inner.BeginCapture();
            Flow flow = Run(inner, children, depth, Recurse);
            string text = inner.EndCapture(buffer);
            inner.LeaveCall();
            inner.Frame = caller;
            return flow == Flow.Next ? text : throw new JinjaError(ErrorKind.TemplateSyntaxError, "'break' outside loop");
        }
        rt.Write(Recurse(rt, value, 0));
        return Flow.Next;
    }

    private Flow Run(Interpreter rt, object? value, int depth, LoopContext.Recursion? recursion)
    {
        Frame outer = rt.Frame;
        object? iterable = test is null ? value : new PyIterator(Filtered(rt, outer, Iteration.Of(rt, value)).GetEnumerator(), "generator");
        var loop = new LoopContext(rt, iterable, depth, recursion);
        var frame = new Frame(_bodyFrame!.Layout, outer);
        bool finishedOne = false;
        while (loop.MoveNext(out object? item))
        {
            rt.Step();
            rt.Frame = frame;
            _bodyFrame.Layout.Fill(rt, frame);
            target.Assign(rt, item);
            _loop.Assign(rt, loop);
            Flow flow = body.Execute(rt);
            rt.Frame = outer;
            if (flow == Flow.Break) break;
            // A first pass that was cut short by "continue" leaves "else" in force: so does the reference.
            if (flow == Flow.Next) finishedOne = true;
        }
        rt.Frame = outer;
        if (finishedOne || otherwise is null) return Flow.Next;
        Frame kept = rt.Enter(_elseFrame!);
        Flow rest = otherwise.Execute(rt);
        rt.Frame = kept;
        return rest;
    }

    private IEnumerable<object?> Filtered(Interpreter rt, Frame outer, IEnumerable<object?> source)
    {
        var frame = new Frame(_testFrame!.Layout, outer);
        foreach (object? item in source)
        {
            Frame caller = rt.Frame;
            rt.Frame = frame;
            _testFrame.Layout.Fill(rt, frame);
            _testTarget!.Assign(rt, item);
            bool keep = Truth.Of(rt, test!.Evaluate(rt));
            rt.Frame = caller;
            if (keep) yield return item;
        }
    }
}
