using System.Collections;
using System.Text;

namespace Lapwing.Text.Tokenizers;

/// <summary>The names of a vocabulary's values in GGUF metadata. Source: gguf-py's constants.py.</summary>
internal static class GgufMetadataKeys
{
    private const string Prefix = "tokenizer.ggml.", Template = "tokenizer.chat_template";

    internal static GgufVocabulary Read(Func<string, object?> value)
    {
        string model = Text(value, Prefix + "model")
                       ?? throw new InvalidDataException($"The metadata has no '{Prefix}model': the file holds no tokenizer.");
        List<byte[]> tokens = Strings(value, Prefix + "tokens")
                              ?? throw new InvalidDataException($"The metadata has no '{Prefix}tokens': the file holds no vocabulary.");
        var templates = new Dictionary<string, string>();
        foreach (byte[] name in Strings(value, "tokenizer.chat_templates") ?? [])
        {
            string key = Encoding.UTF8.GetString(name);
            if (Text(value, $"{Template}.{key}") is { } template) templates[key] = template;
        }
        var ends = new List<int>();
        foreach (string key in (string[])["fim_pad_token_id", "fim_rep_token_id", "fim_sep_token_id"])
            if (Id(value, key) is { } id) ends.Add(id);
        ends.AddRange(Numbers(value, Prefix + "eos_token_ids", Convert.ToInt32) ?? []);

        return new GgufVocabulary
        {
            Model = model,
            Pre = Text(value, Prefix + "pre"),
            Tokens = [.. tokens.Select(t => (ReadOnlyMemory<byte>)t)],
            Scores = Numbers(value, Prefix + "scores", Convert.ToSingle),
            TokenTypes = Numbers(value, Prefix + "token_type", Convert.ToInt32),
            Merges = Strings(value, Prefix + "merges")?.ConvertAll(Encoding.UTF8.GetString),
            BosId = Id(value, "bos_token_id"),
            EosId = Id(value, "eos_token_id"),
            EotId = Id(value, "eot_token_id"),
            EomId = Id(value, "eom_token_id"),
            UnknownId = Id(value, "unknown_token_id"),
            SeparatorId = Id(value, "seperator_token_id"),
            PadId = Id(value, "padding_token_id"),
            MaskId = Id(value, "mask_token_id"),
            FurtherEndIds = ends,
            AddBos = Flag(value, "add_bos_token"),
            AddEos = Flag(value, "add_eos_token"),
            AddSeparator = Flag(value, "add_sep_token"),
            AddSpacePrefix = Flag(value, "add_space_prefix"),
            RemoveExtraWhitespaces = Flag(value, "remove_extra_whitespaces"),
            PrecompiledCharsmap = Bytes(value, Prefix + "precompiled_charsmap"),
            Lowercase = Flag(value, "normalizer.lowercase"),
            StripAccents = Flag(value, "normalizer.strip_accents"),
            ChatTemplate = Text(value, Template),
            ChatTemplates = templates,
            ModelName = Text(value, "general.name"),
        };
    }

    internal static IReadOnlyList<KeyValuePair<string, object>> Write(GgufVocabulary v)
    {
        var result = new List<KeyValuePair<string, object>>();
        Add("model", v.Model);
        Add("pre", v.Pre);
        Add("tokens", v.Tokens.Select(t => t.ToArray()).ToArray());
        Add("scores", v.Scores?.ToArray());
        Add("token_type", v.TokenTypes?.ToArray());
        Add("merges", v.Merges?.Select(Encoding.UTF8.GetBytes).ToArray());
        Add("bos_token_id", (uint?)v.BosId);
        Add("eos_token_id", (uint?)v.EosId);
        Add("eot_token_id", (uint?)v.EotId);
        Add("eom_token_id", (uint?)v.EomId);
        Add("unknown_token_id", (uint?)v.UnknownId);
        Add("seperator_token_id", (uint?)v.SeparatorId);
        Add("padding_token_id", (uint?)v.PadId);
        Add("mask_token_id", (uint?)v.MaskId);
        Add("add_bos_token", v.AddBos);
        Add("add_eos_token", v.AddEos);
        Add("add_sep_token", v.AddSeparator);
        Add("add_space_prefix", v.AddSpacePrefix);
        Add("remove_extra_whitespaces", v.RemoveExtraWhitespaces);
        Add("precompiled_charsmap", v.PrecompiledCharsmap?.ToArray());
        Add("normalizer.lowercase", v.Lowercase);
        Add("normalizer.strip_accents", v.StripAccents);
        if (v.FurtherEndIds.Count > 0) Add("eos_token_ids", v.FurtherEndIds.ToArray());
        if (v.ChatTemplate is not null) result.Add(new(Template, v.ChatTemplate));
        if (v.ChatTemplates.Count > 0)
        {
            result.Add(new("tokenizer.chat_templates", v.ChatTemplates.Keys.Select(Encoding.UTF8.GetBytes).ToArray()));
            foreach ((string name, string template) in v.ChatTemplates) result.Add(new($"{Template}.{name}", template));
        }
        return result;

        void Add(string key, object? content)
        {
            if (content is not null) result.Add(new(Prefix + key, content));
        }
    }

    private static InvalidDataException Bad(string key, string what) => new($"The metadata '{key}' is not {what}: the file is damaged.");

    private static string? Text(Func<string, object?> value, string key) => value(key) switch
    {
        null => null,
        string s => s,
        byte[] b => Encoding.UTF8.GetString(b),
        ReadOnlyMemory<byte> m => Encoding.UTF8.GetString(m.Span),
        _ => throw Bad(key, "a string"),
    };

    private static bool? Flag(Func<string, object?> value, string key) => value(Prefix + key) switch
    {
        null => null,
        bool b => b,
        IConvertible number when number is not (string or char) && Convert.ToDouble(number) is 0 or 1 => Convert.ToDouble(number) == 1,
        _ => throw Bad(Prefix + key, "true or false"),
    };

    /// <summary>An id; −1, in whatever width (4294967295), is how converters write "none".</summary>
    private static int? Id(Func<string, object?> value, string key)
    {
        object? content = value(Prefix + key);
        if (content is null) return null;
        if (content is not (byte or sbyte or short or ushort or int or uint or long or ulong)) throw Bad(Prefix + key, "an integer");
        decimal number = Convert.ToDecimal(content);
        if (number is -1 or uint.MaxValue or ulong.MaxValue) return null;
        return number is >= 0 and <= int.MaxValue ? (int)number : throw Bad(Prefix + key, $"a token id ({number})");
    }

    private static List<byte[]>? Strings(Func<string, object?> value, string key)
    {
        object? content = value(key);
        if (content is null) return null;
        if (content is string or byte[] || content is not IEnumerable items) throw Bad(key, "an array of strings");
        var list = new List<byte[]>();
        foreach (object? item in items)
            list.Add(item switch
            {
                string s => Encoding.UTF8.GetBytes(s),
                byte[] b => b,
                ReadOnlyMemory<byte> m => m.ToArray(),
                _ => throw Bad(key, "an array of strings"),
            });
        return list;
    }

    private static T[]? Numbers<T>(Func<string, object?> value, string key, Func<object, T> convert)
    {
        object? content = value(key);
        if (content is null) return null;
        if (content is T[] exact) return exact;
        if (content is string || content is not IEnumerable items) throw Bad(key, "an array of numbers");
        var list = new List<T>();
        try
        {
            foreach (object? item in items)
                list.Add(item is IConvertible and not (string or bool or char) ? convert(item) : throw Bad(key, "an array of numbers"));
        }
        catch (OverflowException)
        {
            throw Bad(key, "an array of numbers in range");
        }
        return [.. list];
    }

    private static ReadOnlyMemory<byte>? Bytes(Func<string, object?> value, string key)
    {
        object? content = value(key);
        if (content is sbyte[] signed) return Array.ConvertAll(signed, b => (byte)b);
        return content is ReadOnlyMemory<byte> memory ? memory : Numbers(value, key, Convert.ToByte) is { } bytes ? (ReadOnlyMemory<byte>?)bytes : null;
    }
}
