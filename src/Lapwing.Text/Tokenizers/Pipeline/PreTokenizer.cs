namespace Lapwing.Text.Tokenizers;

/// <summary>One step that cuts (and may rewrite) prepared text before the model sees it.</summary>
internal abstract class PreTokenizer
{
    /// <summary>Appends what <paramref name="piece"/> becomes to <paramref name="output"/>; empty pieces are left out.</summary>
    internal abstract void Apply(Piece piece, List<Piece> output, Workspace workspace);

    /// <summary>Runs steps one after another over <c>workspace.Pieces</c>.</summary>
    internal static void Run(IReadOnlyList<PreTokenizer> steps, Workspace workspace)
    {
        foreach (PreTokenizer step in steps)
        {
            workspace.NextPieces.Clear();
            foreach (Piece piece in workspace.Pieces) step.Apply(piece, workspace.NextPieces, workspace);
            workspace.SwapPieces();
        }
    }
}

/// <summary>What becomes of a match where text is split.</summary>
internal enum SplitBehavior
{
    Removed,
    Isolated,
    MergedWithPrevious,
    MergedWithNext,
    Contiguous,
}

/// <summary>Splits at the matches of a pattern. Semantics of Hugging Face tokenizers' <c>Split</c>.</summary>
internal sealed class SplitStep(Pattern pattern, SplitBehavior behavior, bool invert = false) : PreTokenizer
{
    internal Pattern Pattern { get; } = pattern;

    internal SplitBehavior Behavior { get; } = behavior;

    internal bool Invert { get; } = invert;

    internal override void Apply(Piece piece, List<Piece> output, Workspace workspace)
    {
        workspace.Matches.Clear();
        Pattern.Matches(piece.Span, ref workspace.Matcher, workspace.Matches);
        Cut(piece, workspace.Matches, output);
    }

    private void Cut(Piece piece, List<(int Start, int End)> matches, List<Piece> output)
    {
        if (matches.Count == 0 && !(Invert && Behavior == SplitBehavior.Removed))
        {
            if (piece.Length > 0) output.Add(piece);
            return;
        }
        if (Behavior == SplitBehavior.Isolated)
        {
            int at = 0;
            foreach ((int start, int end) in matches)
            {
                Add(piece, at, start, output);
                Add(piece, start, end, output);
                at = end;
            }
            Add(piece, at, piece.Length, output);
            return;
        }
        Join(piece, Parts(piece, matches), output);
    }

    private List<(int Start, int End, bool Match)> Parts(Piece piece, List<(int Start, int End)> matches)
    {
        var parts = new List<(int Start, int End, bool Match)>(matches.Count * 2 + 1);
        int at = 0;
        foreach ((int start, int end) in matches)
        {
            if (start > at) parts.Add((at, start, Invert));
            parts.Add((start, end, !Invert));
            at = end;
        }
        if (at < piece.Length) parts.Add((at, piece.Length, Invert));
        return parts;
    }

    private void Join(Piece piece, List<(int Start, int End, bool Match)> parts, List<Piece> output)
    {
        for (int i = 0; i < parts.Count; i++)
        {
            (int start, int end, bool match) = parts[i];
            switch (Behavior)
            {
                case SplitBehavior.Removed when match: continue;
                case SplitBehavior.Contiguous:
                    while (i + 1 < parts.Count && parts[i + 1].Match == match) end = parts[++i].End;
                    break;
                case SplitBehavior.MergedWithPrevious when !match && i + 1 < parts.Count && parts[i + 1].Match:
                case SplitBehavior.MergedWithNext when match && i + 1 < parts.Count && !parts[i + 1].Match:
                    end = parts[++i].End;
                    break;
            }
            Add(piece, start, end, output);
        }
    }

    private static void Add(Piece piece, int start, int end, List<Piece> output)
    {
        if (end > start) output.Add(new Piece(piece.Text, piece.Start + start, end - start, piece.AtStart && start == 0));
    }
}

/// <summary>
/// Cuts runs of digits into threes counted from their end. The patterns that say so look ahead over the whole run at every digit, which is
/// quadratic for whoever follows them to the letter.
/// </summary>
/// <param name="source">The pattern it stands for.</param>
/// <param name="digit">What counts as a digit.</param>
/// <param name="onlyAtWordEnd">Leave a run alone that a letter follows (<c>\b</c>).</param>
internal sealed class DigitTriplesStep(string source, CharacterSet digit, bool onlyAtWordEnd) : PreTokenizer
{
    internal string Source => source;

    internal override void Apply(Piece piece, List<Piece> output, Workspace workspace)
    {
        ReadOnlySpan<int> text = piece.Span;
        int written = 0;
        for (int at = 0; at < text.Length; at++)
        {
            if (!digit.Contains(text[at])) continue;
            int end = at;
            while (end < text.Length && digit.Contains(text[end])) end++;
            if (!onlyAtWordEnd || end == text.Length || !CharacterSet.Word.Contains(text[end]))
            {
                Add(written, at);
                for (int cut = at + (end - at - 1) % 3 + 1; at < end; at = cut, cut += 3) Add(at, cut);
                written = end;
            }
            at = end - 1;
        }
        Add(written, text.Length);

        void Add(int start, int end)
        {
            if (end > start) output.Add(new Piece(piece.Text, piece.Start + start, end - start, piece.AtStart && start == 0));
        }
    }
}

/// <summary>Spells the UTF-8 bytes of the text in <see cref="ByteAlphabet"/>; needed only where another step follows.</summary>
internal sealed class ByteSpellingStep : PreTokenizer
{
    internal override void Apply(Piece piece, List<Piece> output, Workspace workspace)
    {
        int[] spelled = new int[CodePoints.Utf8Length(piece.Span)];
        Span<byte> utf8 = stackalloc byte[4];
        int count = 0;
        foreach (int c in piece.Span)
        {
            int length = CodePoints.WriteUtf8(c, utf8);
            for (int i = 0; i < length; i++) spelled[count++] = ByteAlphabet.Character(utf8[i]);
        }
        if (count > 0) output.Add(new Piece(spelled, 0, count, piece.AtStart));
    }
}

/// <summary>Puts a space before text that does not begin with one.</summary>
internal sealed class PrefixSpaceStep : PreTokenizer
{
    internal override void Apply(Piece piece, List<Piece> output, Workspace workspace)
        => output.Add(piece.Span[0] == ' ' ? piece : new Piece([' ', .. piece.Span], 0, piece.Length + 1, piece.AtStart));
}

/// <summary>When <see cref="MetaspaceStep"/> puts its mark before a text.</summary>
internal enum PrependScheme
{
    Never,
    First,
    Always,
}

/// <summary>Spaces become a visible mark (▁), one is put before the text, and the text is cut before each.</summary>
internal sealed class MetaspaceStep(int replacement, PrependScheme scheme, bool split) : PreTokenizer
{
    internal int Replacement => replacement;

    internal PrependScheme Scheme => scheme;

    internal bool Splits => split;

    internal override void Apply(Piece piece, List<Piece> output, Workspace workspace)
    {
        bool prepend = piece.Span[0] != ' ' && piece.Span[0] != replacement
                       && (scheme == PrependScheme.Always || (scheme == PrependScheme.First && piece.AtStart));
        int[] text = prepend ? [replacement, .. piece.Span] : piece.Span.ToArray();
        text.AsSpan().Replace(' ', replacement);
        int start = 0;
        for (int i = 1; i <= text.Length; i++)
        {
            if (i < text.Length && (!split || text[i] != replacement)) continue;
            output.Add(new Piece(text, start, i - start, piece.AtStart && start == 0));
            start = i;
        }
    }
}

/// <summary>Cuts every <c>length</c> code points.</summary>
internal sealed class FixedLengthStep(int length) : PreTokenizer
{
    internal override void Apply(Piece piece, List<Piece> output, Workspace workspace)
    {
        for (int at = 0; at < piece.Length; at += length)
            output.Add(new Piece(piece.Text, piece.Start + at, Math.Min(length, piece.Length - at), piece.AtStart && at == 0));
    }
}
