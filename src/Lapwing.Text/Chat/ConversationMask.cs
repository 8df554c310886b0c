using System.Text.Json.Nodes;
using Lapwing.Text.Templates;

namespace Lapwing.Text.Chat;

/// <summary>
/// Finds the answers of a conversation in what a template makes of it. Templates rewrite history (drop thoughts, trim), so every stretch is
/// checked against the whole text as it stands: a mask is right or an error.
/// </summary>
internal sealed class ConversationMask
{
    // From the private-use area, so that no conversation holds it; digits, so that no filter for case or space changes it.
    private const string Sentinel = "\ue0a77391739173917391\ue0a8";

    private const string Other = "\ue0a97391739173917391\ue0aa";

    private readonly ChatTemplate _template;
    private readonly ConversationRenderer _renderer;
    private readonly IReadOnlyList<JsonObject> _messages;
    private readonly IReadOnlyList<bool> _learn;
    private readonly JinjaRendering _rendering;
    private readonly string _whole;

    public ConversationMask(ChatTemplate template, ConversationRenderer renderer, IReadOnlyList<JsonObject> messages, IReadOnlyList<bool> learn)
    {
        (_template, _renderer, _messages, _learn) = (template, renderer, messages, learn);
        _rendering = renderer.Whole();
        _whole = _rendering.Text;
    }

    public MaskedText Find()
    {
        if (FromBlocks() is { } marked) return new MaskedText(_whole, marked);
        var spans = new List<(int Start, int End)>();
        int lastMessage = -1;
        for (int i = 0; i < _messages.Count; i++)
        {
            if (!_learn[i]) continue;
            (int start, int end) = ByPrefix(i) ?? BySentinel(i)
                ?? throw new InvalidDataException($"{_template.Name}: the answer of message {i + 1} cannot be told from the rest of the rendered conversation, so it cannot be learnt: train on conversations that end with it, or use a template with {{% generation %}} blocks");
            if (spans.Count > 0 && start < spans[^1].End) throw new InvalidDataException($"{_template.Name}: the answer of message {i + 1} overlaps an earlier one once rendered, so neither can be learnt");
            if (end <= start) continue;
            spans.Add((start, end));
            lastMessage = i;
        }
        return lastMessage == _messages.Count - 1 ? Closed(spans) : new MaskedText(_whole, spans);
    }

    private List<(int, int)>? FromBlocks()
    {
        if (!_renderer.HasBlocks || !_rendering.SpansComplete || _rendering.Generations.Count == 0) return null;
        int[] answers = [.. Enumerable.Range(0, _messages.Count).Where(i => Role(_messages[i]) == "assistant")];
        if (answers.All(a => _learn[a])) return [.. _rendering.Generations.Where(g => g.Length > 0).Select(g => (g.Start, g.End))];
        if (BlockOwners(answers) is not { } owners) return null;
        return [.. _rendering.Generations.Where((g, block) => g.Length > 0 && _learn[owners[block]]).Select(g => (g.Start, g.End))];
    }

    // Whose each block is: that message's which is found in it when replaced. Blocks of nobody (a thought, an end token) go with their
    // neighbours where these agree.
    private int[]? BlockOwners(int[] answers)
    {
        var owners = new int?[_rendering.Generations.Count];
        foreach (int i in answers)
        {
            if (_renderer.Blocks(i, Sentinel, _renderer.HasText(i)) is not { } replaced || replaced.Generations.Count != owners.Length || Once(replaced.Text) is not { } at) return null;
            int block = Array.FindIndex([.. replaced.Generations], g => at >= g.Start && at < g.End);
            if (block < 0 || owners[block] is not null) return null;
            owners[block] = i;
        }
        for (int block = 0; block < owners.Length; block++)
        {
            int? before = owners.Take(block).LastOrDefault(o => o is not null), after = owners.Skip(block).FirstOrDefault(o => o is not null);
            owners[block] ??= before is null || after is null || before == after ? before ?? after : null;
            if (owners[block] is null) return null;
        }
        return [.. owners.Select(o => o!.Value)];
    }

    // The text up to the generation prompt, and up to and with the answer, are both beginnings of the whole.
    private (int, int)? ByPrefix(int i)
    {
        if (_renderer.First(i, true) is not { } before || (i == _messages.Count - 1 ? _whole : _renderer.First(i + 1, false)) is not { } after) return null;
        if (after.Length <= before.Length || !after.StartsWith(before, StringComparison.Ordinal) || !_whole.StartsWith(after, StringComparison.Ordinal)) return null;
        return (before.Length, End(i, before.Length, TextEnd(i, before.Length, after.Length), after.Length));
    }

    // The same conversation with the answer replaced shows where it stands; cut after it, what ends it. Where the template drops the text of
    // an answer that calls a function, the call is looked for instead.
    private (int, int)? BySentinel(int i) => _renderer.HasText(i) && BySentinel(i, ofText: true) is { } found ? found : BySentinel(i, ofText: false);

    private (int, int)? BySentinel(int i, bool ofText)
    {
        if (_renderer.Replaced(i, Sentinel, ofText, _messages.Count) is not { } replaced || Once(replaced) is not { } at) return null;
        string rest = replaced[(at + Sentinel.Length)..];
        int differs = _whole.AsSpan().CommonPrefixLength(replaced), textEnd = _whole.Length - rest.Length;
        if (differs > textEnd || !_whole.EndsWith(rest, StringComparison.Ordinal)) return null;
        int? atText = ofText ? (differs == at ? at : null) : TextPlace(i, differs);
        if (_renderer.Replaced(i, Sentinel, ofText, i + 1) is not { } cut)
        {
            // The template refuses the beginning alone: what ends the turn is known only where an end mark follows at once.
            return ofText && atText is not null && Mark(rest, 0) is { } mark ? (at, textEnd + mark) : null;
        }
        if (Once(cut) is not { } cutAt || TurnEnd(rest, cut[(cutAt + Sentinel.Length)..]) is not { } turn) return null;
        if (Start(i, replaced[..at], cut[..cutAt], differs, atText, ofText) is not { } start) return null;
        // Some templates lay a tool's answer into the turn that called it; that is not the assistant's to learn.
        if (start < at && !_renderer.ComesFirst(i, Sentinel, Other, ofText)) return null;
        return (start, End(i, start, textEnd, textEnd + turn));
    }

    // Where a turn that only calls functions would have its text: before the call, if the whole conversation is the same up to there.
    private int? TextPlace(int i, int differs) =>
        _renderer.Replaced(i, Sentinel, true, _messages.Count) is { } spoken && Once(spoken) is { } place && place <= differs && _whole.StartsWith(spoken[..place], StringComparison.Ordinal) ? place : null;

    // Where the model began to speak: behind the generation prompt, or at the answer's text where the prompt is nowhere in history.
    private int? Start(int i, string replaced, string cut, int differs, int? atText, bool ofText)
    {
        if (_renderer.First(i, true) is not { } prompted || _renderer.First(i, false) is not { } before || !prompted.StartsWith(before, StringComparison.Ordinal)) return atText;
        // What stands between prompt and text in the conversation cut here stands there in the whole one too.
        if (cut.StartsWith(prompted, StringComparison.Ordinal) && replaced.AsSpan().EndsWith(cut.AsSpan(prompted.Length)))
        {
            int start = replaced.Length - (cut.Length - prompted.Length);
            if (start <= differs) return start;
        }
        // History was rewritten, but has the prompt: last before the answer's text, with no other message and no end of a turn in between.
        string prompt = prompted[before.Length..];
        int found = string.IsNullOrWhiteSpace(prompt) ? -1 : _whole.AsSpan(0, differs).LastIndexOf(prompt), behind = found + prompt.Length;
        if (found < 0 || _renderer.RoomBefore(i, Sentinel, Other, ofText) is not { } room || room < replaced.Length - behind) return atText;
        return _template.EndMarks.Any(mark => _whole.AsSpan(behind, differs - behind).Contains(mark, StringComparison.Ordinal)) ? atText : behind;
    }

    // How much of what follows the answer's text still belongs to its turn. At the very end a turn may close otherwise than in the middle.
    private int? TurnEnd(string rest, string tail)
    {
        if (rest.StartsWith(tail, StringComparison.Ordinal)) return tail.Length;
        int common = rest.AsSpan().CommonPrefixLength(tail);
        if (FirstMark(rest, 0, common) is { } end) return end;
        // The marks part ways in their spelling, after "<|": the place is where both begin. What closes the turn is one mark before that
        // place, or, where none stands there, the mark that stands in place of the last turn's.
        for (int place = common; place >= 0; place--)
        {
            if (Special(rest, place) is not { } length || Special(tail, place) is null || place + length <= common) continue;
            int[] before = [.. Enumerable.Range(0, place).Where(p => Special(rest, p) is not null)];
            return before.Length switch { 0 => place + length, 1 => before[0] + Special(rest, before[0])!.Value, _ => null };
        }
        return null;
    }

    private int? Special(string text, int at)
    {
        int? longest = null;
        foreach (string mark in _template.SpecialTexts)
        {
            if (mark.Length > (longest ?? 0) && string.CompareOrdinal(text, at, mark, 0, mark.Length) == 0) longest = mark.Length;
        }
        return longest;
    }

    // The end of the end mark that begins first in [from, last].
    private int? FirstMark(string text, int from, int last)
    {
        (int Start, int End)? first = null;
        foreach (string mark in _template.EndMarks)
        {
            int found = text.IndexOf(mark, from, StringComparison.Ordinal);
            if (found >= 0 && found <= last && (first is null || found < first.Value.Start)) first = (found, found + mark.Length);
        }
        return first?.End;
    }

    // The turn ends with the first end mark after its text: there the model stops, and whatever the template writes behind it, white space or
    // the next prompt, is never generated. A mark that the template writes only when the conversation goes on belongs to the answer as well.
    private int End(int i, int start, int textEnd, int end)
    {
        if (FirstMark(_whole, textEnd, end - 1) is { } closed) return closed;
        if (Mark(_whole, end) is { } later) return later;
        int trimmed = end;
        while (trimmed > start && char.IsWhiteSpace(_whole[trimmed - 1])) trimmed--;
        // Something other than the answer's own text closes the turn: a mark the vocabulary does not know as one.
        string shown = Content(_messages[i]).Trim();
        return shown.Length > 0 && trimmed > start && !_whole.AsSpan(start, trimmed - start).EndsWith(shown, StringComparison.Ordinal) ? trimmed : end;
    }

    // Where the answer's own text ends in a turn that was found whole, so that a mark it quotes is not taken for its end.
    private int TextEnd(int i, int start, int end)
    {
        string shown = Content(_messages[i]).Trim();
        int found = shown.Length == 0 ? -1 : _whole.LastIndexOf(shown, end - 1, end - start, StringComparison.Ordinal);
        return found < 0 ? start : found + shown.Length;
    }

    private int? Mark(string text, int at)
    {
        while (at < text.Length && char.IsWhiteSpace(text[at])) at++;
        foreach (string mark in _template.EndMarks)
        {
            if (string.CompareOrdinal(text, at, mark, 0, mark.Length) == 0) return at + mark.Length;
        }
        return null;
    }

    // Some templates close an answer only when another message follows: then the last answer of a conversation would never learn to stop.
    private MaskedText Closed(List<(int Start, int End)> spans)
    {
        (int start, int end) = spans[^1];
        bool closed = end < _whole.Length || _template.EndMarks.Any(mark => _whole.EndsWith(mark, StringComparison.Ordinal));
        if (closed || _renderer.Continued() is not { } more || !more.StartsWith(_whole, StringComparison.Ordinal) || Mark(more, _whole.Length) is not { } mark) return new MaskedText(_whole, spans);
        spans[^1] = (start, mark);
        return new MaskedText(more[..mark], spans);
    }

    private static int? Once(string text)
    {
        int at = text.IndexOf(Sentinel, StringComparison.Ordinal);
        return at >= 0 && text.IndexOf(Sentinel, at + 1, StringComparison.Ordinal) < 0 ? at : null;
    }

    private static string? Role(JsonObject message) => message["role"] is JsonValue role && role.TryGetValue(out string? name) ? name : null;

    private static string Content(JsonObject message) => message["content"] is JsonValue content && content.TryGetValue(out string? text) ? text : "";
}
