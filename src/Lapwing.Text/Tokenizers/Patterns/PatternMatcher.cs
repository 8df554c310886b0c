namespace Lapwing.Text.Tokenizers;

/// <summary>
/// A backtracking matcher with its own stack, so that no text can overflow the thread's. A run of one set keeps one stack frame however long it is.
/// When an attempt takes long, every (step, position) it resumes at is remembered and never resumed twice, which makes the attempt linear in
/// steps × positions: no pattern can run away.
/// </summary>
internal struct PatternMatcher
{
    // English text takes about 5 resumptions a match; beyond this many an attempt is worth a memo.
    private const int MemoAfter = 20_000;
    // 2^28 bits are 32 MiB: the most memory one attempt's memo may take.
    private const long MaximumMemoBits = 1L << 28;
    private const long MaximumResumptions = 2_000_000_000;

    private enum FrameKind
    {
        Resume,
        GiveBack,
        TakeMore,
        Restore,
    }

    private record struct Frame(FrameKind Kind, int Step, int Position, int Limit);

    private Frame[] _stack;
    private int _top;
    private long _resumptions;

    /// <summary>The end of the match of <paramref name="steps"/> that starts at <paramref name="start"/>, or −1.</summary>
    internal int Match(PatternStep[] steps, int registers, ReadOnlySpan<int> text, int start, string source)
    {
        _stack ??= new Frame[64];
        _top = 0;
        Span<int> marks = registers == 0 ? [] : registers <= 64 ? stackalloc int[registers] : new int[registers];
        marks.Fill(-1);
        return Run(steps, text, 0, start, -1, marks, source);
    }

    private int Run(PatternStep[] steps, ReadOnlySpan<int> text, int step, int position, int mustEnd, Span<int> marks, string source)
    {
        int bottom = _top;
        int attempts = 0;
        ulong[]? memo = null;
        while (true)
        {
            ref readonly PatternStep current = ref steps[step];
            bool ok = true;
            switch (current.Op)
            {
                case PatternOp.Accept:
                    if (mustEnd >= 0 && position != mustEnd)
                    {
                        ok = false;
                        break;
                    }
                    _top = bottom;
                    return position;
                case PatternOp.Set:
                    ok = position < text.Length && current.Set!.Contains(text[position]);
                    position++;
                    step++;
                    break;
                case PatternOp.Run:
                    ok = TakeRun(in current, text, ref step, ref position);
                    break;
                case PatternOp.Split:
                    Push(new Frame(FrameKind.Resume, current.B, position, 0));
                    step = current.A;
                    break;
                case PatternOp.Jump:
                    step = current.A;
                    break;
                case PatternOp.Anchor:
                    ok = Holds((AnchorKind)current.A, text, position);
                    step++;
                    break;
                case PatternOp.Look:
                    ok = Look(steps, in current, text, step, position, marks, source);
                    step = current.B;
                    break;
                case PatternOp.Atomic:
                    int end = Run(steps, text, step + 1, position, -1, marks, source);
                    ok = end >= 0;
                    position = end;
                    step = current.B;
                    break;
                case PatternOp.Mark:
                    Push(new Frame(FrameKind.Restore, current.A, marks[current.A], 0));
                    marks[current.A] = position;
                    step++;
                    break;
                case PatternOp.Progress:
                    step = marks[current.A] == position ? current.B : step + 1;
                    break;
            }
            if (ok) continue;

            // Back to the latest choice; with a memo, past those that failed before.
            do
            {
                if (!Resume(steps, text, bottom, marks, ref step, ref position)) return -1;
                // A loop's mark adds nothing to (step, position): it only forbids a round that took nothing, whose outcome is the loop head's at that position.
                if (++attempts == MemoAfter && (long)steps.Length * (text.Length + 1) <= MaximumMemoBits)
                    memo = new ulong[((long)steps.Length * (text.Length + 1) + 63) / 64];
                if (++_resumptions > MaximumResumptions)
                    throw new NotSupportedException($"The pattern '{PatternParser.Shorten(source)}' takes more than {MaximumResumptions} steps on this text.");
            }
            while (memo is not null && Seen(memo, (long)step * (text.Length + 1) + position));
        }
    }

    private static bool Seen(ulong[] memo, long state)
    {
        ref ulong word = ref memo[state >> 6];
        ulong bit = 1UL << (int)(state & 63);
        if ((word & bit) != 0) return true;
        word |= bit;
        return false;
    }

    /// <summary>Takes the top frame and sets step and position to its alternative; false when none is left above <paramref name="bottom"/>.</summary>
    private bool Resume(PatternStep[] steps, ReadOnlySpan<int> text, int bottom, Span<int> marks, ref int step, ref int position)
    {
        while (_top > bottom)
        {
            ref Frame frame = ref _stack[_top - 1];
            switch (frame.Kind)
            {
                case FrameKind.Resume:
                    (step, position) = (frame.Step, frame.Position);
                    _top--;
                    return true;
                case FrameKind.GiveBack:
                    step = frame.Step;
                    position = --frame.Position;
                    if (position == frame.Limit) _top--;
                    return true;
                case FrameKind.TakeMore:
                    // The frame's step is the run itself; one more of its set, or the frame is spent.
                    if (frame.Position < frame.Limit && frame.Position < text.Length && steps[frame.Step].Set!.Contains(text[frame.Position]))
                    {
                        position = ++frame.Position;
                        step = frame.Step + 1;
                        return true;
                    }
                    _top--;
                    break;
                case FrameKind.Restore:
                    marks[frame.Step] = frame.Position;
                    _top--;
                    break;
            }
        }
        return false;
    }

    private bool TakeRun(in PatternStep run, ReadOnlySpan<int> text, ref int step, ref int position)
    {
        int limit = (int)Math.Min(text.Length, (long)position + run.B);
        int least = position + run.A;
        if (least > text.Length || least < 0) return false;
        int wanted = run.Mode == RepeatMode.Lazy ? least : limit;
        CharacterSet set = run.Set!;
        int end = position;
        while (end < wanted && set.Contains(text[end])) end++;
        if (end < least) return false;
        if (run.Mode == RepeatMode.Lazy) Push(new Frame(FrameKind.TakeMore, step, end, limit));
        else if (run.Mode == RepeatMode.Greedy && end > least) Push(new Frame(FrameKind.GiveBack, step + 1, end, least));
        step++;
        position = end;
        return true;
    }

    private bool Look(PatternStep[] steps, in PatternStep look, ReadOnlySpan<int> text, int step, int position, Span<int> marks, string source)
    {
        bool negative = (look.A & 1) != 0;
        if ((look.A & 2) == 0) return Run(steps, text, step + 1, position, -1, marks, source) >= 0 != negative;
        for (int back = look.Width.Minimum; back <= look.Width.Maximum && back <= position; back++)
            if (Run(steps, text, step + 1, position - back, position, marks, source) >= 0) return !negative;
        return negative;
    }

    private static bool Holds(AnchorKind kind, ReadOnlySpan<int> text, int position) => kind switch
    {
        AnchorKind.LineStart => position == 0 || text[position - 1] == '\n',
        AnchorKind.LineEnd => position == text.Length || text[position] == '\n',
        AnchorKind.TextStart => position == 0,
        AnchorKind.TextEnd => position == text.Length,
        AnchorKind.TextEndOrFinalNewline => position == text.Length || (position == text.Length - 1 && text[position] == '\n'),
        AnchorKind.WordBoundary => IsWordAt(text, position - 1) != IsWordAt(text, position),
        _ => IsWordAt(text, position - 1) == IsWordAt(text, position),
    };

    private static bool IsWordAt(ReadOnlySpan<int> text, int position)
        => position >= 0 && position < text.Length && CharacterSet.Word.Contains(text[position]);

    private void Push(Frame frame)
    {
        if (_top == _stack.Length) Array.Resize(ref _stack, checked(_stack.Length * 2));
        _stack[_top++] = frame;
    }
}
