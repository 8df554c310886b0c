using System.Collections.Frozen;

namespace Lapwing.Text.Tokenizers;

/// <summary>The ids with a role, checked against the vocabulary.</summary>
internal sealed record SpecialIds(int? Bos, int? Eos, int? Eot, int? Eom, int? Unknown, int? Separator, int? Pad, int? Mask)
{
    internal static SpecialIds Read(GgufVocabulary source, Vocabulary vocabulary)
    {
        // Where a file does not say, these kinds have customary places.
        (int? bos, int? eos, int? unknown, int? separator, int? pad, int? mask) = source.Model switch
        {
            "llama" => (1, 2, 0, null, null, null),
            "bert" => (101, null, 100, 102, 0, 103),
            "t5" => ((int?)null, 1, 2, null, 0, null),
            _ => ((int?)null, (int?)null, (int?)null, (int?)null, (int?)null, (int?)null),
        };
        return new SpecialIds(
            Required(source.BosId, "bos") ?? Usual(bos),
            Required(source.EosId, "eos") ?? Usual(eos),
            Optional(source.EotId),
            Optional(source.EomId),
            Optional(source.UnknownId) ?? Usual(unknown),
            Optional(source.SeparatorId) ?? Usual(separator),
            Optional(source.PadId) ?? Usual(pad),
            Optional(source.MaskId) ?? Usual(mask));

        int? Required(int? id, string name) => id is null || InRange(id.Value) ? id : throw new InvalidDataException(
            $"The metadata 'tokenizer.ggml.{name}_token_id' is {id}, but the vocabulary has {vocabulary.Count} tokens: the file is damaged.");

        // Published files carry stray padding and mask ids; nothing that runs a model needs them.
        int? Optional(int? id) => id is { } value && InRange(value) ? id : null;

        int? Usual(int? id) => Optional(id);

        bool InRange(int id) => id >= 0 && id < vocabulary.Count;
    }
}

/// <summary>Which tokens end a turn or the generation: named ids, and the spellings that published models use.</summary>
internal static class EndTokens
{
    /// <summary>Spellings that end a turn, in order of preference.</summary>
    private static readonly string[] Turns =
    [
        "<|eot_id|>", "<|im_end|>", "<|end|>", "<end_of_turn>", "<turn|>", "<|endoftext|>", "<|end_of_text|>", "<EOT>", "_<EOT>", "[EOT]",
        "<｜end▁of▁sentence｜>", "<end_of_utterance>",
    ];

    /// <summary>Spellings that end generation. Source: llama.cpp's list.</summary>
    private static readonly string[] Ends =
    [
        .. Turns, "<|return|>", "<|call|>", "<|flush|>", "<|calls|>", "</s>", "<|eom_id|>", "[EOS]", "<eos>", "<|tool_response>", "[e~[",
        "<|fim_pad|>", "<fim-pad>", "<fim_pad>", "<PAD>", "[PAD]", "<|fim_repo|>", "<|repo_name|>", "<fim-repo>", "<REPO>", "<reponame>", "<|file_sep|>",
    ];

    /// <summary>The token that ends a turn.</summary>
    /// <param name="vocabulary">The tokens.</param>
    /// <param name="ids">What the file names.</param>
    /// <param name="added">Look among added tokens only; GGUF files mark them too unreliably for that.</param>
    internal static int? Turn(Vocabulary vocabulary, SpecialIds ids, bool added)
    {
        if (ids.Eot is not null) return ids.Eot;
        foreach (string text in Turns)
            if (vocabulary.Find(text) is >= 0 and int id && (!added || IsAdded(vocabulary, id))) return id;
        return null;
    }

    /// <summary>The set of tokens that end generation. Those found by their spelling become control tokens, for that is what they are, whatever their type
    /// says.</summary>
    /// <param name="vocabulary">The tokens.</param>
    /// <param name="ids">What the file names.</param>
    /// <param name="further">More that it names.</param>
    /// <param name="added">As for <see cref="Turn"/>; kinds then stay as they are.</param>
    internal static FrozenSet<int> Find(Vocabulary vocabulary, SpecialIds ids, IEnumerable<int> further, bool added)
    {
        HashSet<int> found = Named(vocabulary, ids, further);
        foreach (string text in Ends)
        {
            int id = vocabulary.Find(text);
            if (id < 0 || (added && !IsAdded(vocabulary, id))) continue;
            found.Add(id);
            if (!added) vocabulary.SetKind(id, TokenKind.Control);
        }
        Except(vocabulary, found);
        return found.ToFrozenSet();
    }

    /// <summary>Only what the file names: an encoder generates nothing, and its <c>[PAD]</c> and <c>&lt;/s&gt;</c> mean something else.</summary>
    internal static HashSet<int> Named(Vocabulary vocabulary, SpecialIds ids, IEnumerable<int> further)
    {
        var found = new HashSet<int>(further.Where(id => id >= 0 && id < vocabulary.Count));
        foreach (int? id in (int?[])[ids.Eos, ids.Eot, ids.Eom])
            if (id is { } value) found.Add(value);
        return found;
    }

    private static bool IsAdded(Vocabulary vocabulary, int id) => vocabulary.Kind(id) is TokenKind.Control or TokenKind.UserDefined;

    private static void Except(Vocabulary vocabulary, HashSet<int> found)
    {
        bool Has(string text) => vocabulary.Find(text) is >= 0 and int id && found.Contains(id);

        // gpt-oss and Solar: <|end|> closes one message of several; <|return|>, <|call|> or <|flush|> end the turn.
        if ((Has("<|return|>") && Has("<|call|>")) || ((Has("<|call|>") || Has("<|calls|>")) && Has("<|flush|>"))) found.Remove(vocabulary.Find("<|end|>"));
        // Gemma 4 has </s> as an ordinary token (a closing HTML tag).
        if (Has("<|tool_response>") && Has("</s>"))
        {
            int id = vocabulary.Find("</s>");
            found.Remove(id);
            vocabulary.SetKind(id, TokenKind.Normal);
        }
    }
}
