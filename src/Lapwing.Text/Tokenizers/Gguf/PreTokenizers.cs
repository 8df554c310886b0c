namespace Lapwing.Text.Tokenizers;

/// <summary>What a name in <c>tokenizer.ggml.pre</c> stands for.</summary>
/// <param name="Names">The names, the usual one first.</param>
/// <param name="Patterns">Applied one after another, each within the pieces of the one before.</param>
internal sealed record PreTokenizerKind(IReadOnlyList<string> Names, IReadOnlyList<string> Patterns)
{
    /// <summary>A piece that is a token is taken whole.</summary>
    internal bool IgnoreMerges { get; init; }

    /// <summary>BOS is added where the file does not say.</summary>
    internal bool AddsBos { get; init; }

    /// <summary>The makers ask for <c>clean_up_tokenization_spaces</c>.</summary>
    internal bool CleansUp { get; init; }

    /// <summary>Works on characters with spaces written ▁ and byte tokens, not on spelled bytes.</summary>
    internal bool OnCharacters { get; init; }

    /// <summary>Newline runs that are tokens are taken whole.</summary>
    internal bool WholeNewlines { get; init; }

    /// <summary>The merges are not in the file; a token's id is its rank (tiktoken).</summary>
    internal bool RankedById { get; init; }
}

/// <summary>
/// The pre-tokenizers of byte-level vocabularies by the names that llama.cpp gives them (<c>llama-vocab.cpp</c>, mid-2026). Where its regular
/// expression only approximates the published one (<c>tekken</c>, <c>gpt-4o</c>: capitals beyond ASCII, combining marks), the published one stands here:
/// it is what the models were trained on, and llama.cpp's own test vectors come from it.
/// </summary>
internal static class PreTokenizers
{
    /// <summary>Not patterns to run but marks for <see cref="DigitTriplesStep"/>: the published forms are quadratic in a run of digits.</summary>
    internal const string TriplesAtWordEnd = @"\d{1,3}(?=(?:\d{3})*\b)";
    internal const string Triples = @"(?=(\d{3})+(?!\d))";
    internal const string TriplesOfNumbers = "<digits>";

    private const string Default1 = @"[\p{P}\$\+<=>\^~\|]+";

    /// <summary>GPT-2's.</summary>
    internal const string Gpt2 = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    /// <summary>cl100k's, as Llama 3 has it.</summary>
    internal const string Llama3 = @"(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private const string Qwen2 = @"(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private const string Qwen35 = @"(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private const string Jais2 = @"(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s{512}(?!\S)|\s{256}(?!\S)|\s{128}(?!\S)|\s{64}(?!\S)|\s{32}(?!\S)|\s{16}(?!\S)|\s{8}(?!\S)|\s{4}(?!\S)|\s{1,2}(?!\S)|\s{1}";

    /// <summary>DeepSeek's list of cased letters.</summary>
    private const string DeepSeekLetters = @"\s?[A-Za-z\u00B5\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u01BA\u01BC-\u01BF\u01C4-\u0293\u0295-\u02AF\u0370-\u0373\u0376\u0377\u037B-\u037D\u037F\u0386\u0388-\u038A\u038C\u038E-\u03A1\u03A3-\u03F5\u03F7-\u0481\u048A-\u052F\u0531-\u0556\u10A0-\u10C5\u13A0-\u13F5\u13F8-\u13FD\u1C90-\u1CBA\u1CBD-\u1CBF\u1D00-\u1D2B\u1D6B-\u1D77\u1D79-\u1D9A\u1E00-\u1F15\u1F18-\u1F1D\u1F20-\u1F45\u1F48-\u1F4D\u1F50-\u1F57\u1F59\u1F5B\u1F5D\u1F5F-\u1F7D\u1F80-\u1FB4\u1FB6-\u1FBC\u1FBE\u1FC2-\u1FC4\u1FC6-\u1FCC\u1FD0-\u1FD3\u1FD6-\u1FDB\u1FE0-\u1FEC\u1FF2-\u1FF4\u1FF6-\u1FFC\u2102\u2107\u210A-\u2113\u2115\u2119-\u211D\u2124\u2126\u2128\u212A-\u212D\u212F-\u2134\u2139\u213C-\u213F\u2145-\u2149\u214E\u2183\u2184\u2C00-\u2C7B\u2C7E-\u2CE4\u2CEB-\u2CEE\u2CF2\u2CF3\uA640-\uA66D\uA680-\uA69B\uA722-\uA76F\uA771-\uA787\uA78B-\uA78E\uAB70-\uABBF\uFB00-\uFB06\uFB13-\uFB17\uFF21-\uFF3A\uFF41-\uFF5A\U00010400-\U0001044F\U000104B0-\U000104D3\U000104D8-\U000104FB\U00010C80-\U00010CB2\U00010CC0-\U00010CF2\U000118A0-\U000118DF\U0001E900-\U0001E943]+";

    private const string DeepSeekPunctuation = @"\s?[!-/:-~\uFF01-\uFF0F\uFF1A-\uFF5E\u2018-\u201F\u3000-\u3002]+";

    private const string DeepSeekCjk = @"[\u4E00-\u9FA5\u0800-\u4E00\uAC00-\uD7FF]+";

    private const string DeepSeek3 = """[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+""";

    private const string Spark = """[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+|[\r\n]|\s+(?!\S)|\s+""";

    private const string Youtu1 = @"[\uAC00-\uD7A3\u3131-\u318E]+|[\uFF01\u2026\u201C\u201D\u2018\u2019\u2014\uFF1A\uFF1B\uFF0C\u3001-\u303F\uFE30-\uFE4F]+|[\u3105-\u312F]+|[\u4E00-\u9FA5\u3040-\u309F\u30A0-\u30FF]+";

    private const string Youtu2 = @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])?|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    /// <summary>BLOOM's.</summary>
    private const string Bloom = @" ?[^(\s|.,!?\u2026\u3002\uFF0C\u3001\u0964\u06D4\u060C)]+";

    /// <summary>Mistral's, as published; llama.cpp's approximation treats capitals beyond ASCII otherwise.</summary>
    private const string Tekken = @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    /// <summary>o200k's, as published.</summary>
    private const string Gpt4o = @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private const string Kimi = @"[\p{Han}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private const string Bailing = @"'(?:[sSdDmMtT]|[lL][lL]|[vV][eE]|[rR][eE])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+";

    private const string SeedCoder = @"(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1}| ?[^\s\p{L}\p{N}\r\n]+|\s*[\r\n]+|\s+(?!\S)|\s+";

    private const string Ufakzeka = @"[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private const string AfmoeScripts = @"[\u4E00-\u9FFF\u3400-\u4DBF\uF900-\uFAFF\u3040-\u309F\u30A0-\u30FF\uFF65-\uFF9F\u2F00-\u2FDF\u0E40-\u0E7F\u0E80-\u0EFF\u1780-\u17FF\u1000-\u109F\uAA60-\uAA7F\uA9E0-\uA9FF\uAC00-\uD7AF\u1100-\u11FF]+";

    private const string ExaoneMoe = @"(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\r\n\p{L}\p{N}]?(?:\p{L}\p{M}*(?: \p{L}\p{M}*)*)+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]?|\s*[\r\n]|\s+(?!\S)|\s+";

    private const string MiniCpm5 = @"(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}+| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    internal static readonly IReadOnlyList<PreTokenizerKind> All =
    [
        new(["default"], [Default1, Gpt2, @"\p{N}+", "[0-9][0-9][0-9]"]) { CleansUp = true },
        new(["llama-bpe", "llama3", "llama-v3", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2", "jina-v5-nano"], [Llama3]) { IgnoreMerges = true, AddsBos = true, CleansUp = true },
        new(["dbrx", "smaug-bpe", "chatglm-bpe", "glm4"], [Llama3]) { CleansUp = true },
        new(["jais-2"], [Jais2]) { CleansUp = true },
        new(["deepseek-llm"], [@"[\r\n]", DeepSeekLetters, DeepSeekPunctuation, @"\s+$", DeepSeekCjk, @"\p{N}+"]),
        new(["deepseek-coder"], [@"[\r\n]", @"\s?\p{L}+", @"\s?\p{P}+", DeepSeekCjk, @"\p{N}"]),
        new(["deepseek-v3", "hunyuan-dense", "joyai-llm", "hy_v4"], [@"\p{N}{1,3}", @"[\u4E00-\u9FA5\u3040-\u309F\u30A0-\u30FF]+", DeepSeek3]),
        new(["spark2_5"], [@"\p{N}{1,3}", @"[\u4E00-\u9FA5\u3040-\u309F\u30A0-\u30FF]+", Spark, @"\p{N}"]),
        new(["youtu"], [Youtu1, Youtu2]) { IgnoreMerges = true },
        new(["falcon"], [@"[\p{P}\$\+<=>\^~\|`]+", Gpt2, "[0-9][0-9][0-9]"]) { CleansUp = true },
        new(["smollm", "command-r"], [@"\p{N}", Gpt2]),
        new(["starcoder", "refact", "codeshell", "exaone", "minerva-7b", "mellum2"], [@"\p{N}", Gpt2]) { CleansUp = true },
        new(["gpt-2", "mpt", "olmo", "jais", "phi-2", "jina-es", "jina-de", "gigachat", "jina-v2-es", "jina-v2-de", "a.x-4.0", "mellum", "modern-bert", "jina-v1-en", "jina-v2-code", "roberta-bpe", "exaone4"], [Gpt2]) { CleansUp = true },
        new(["trillion", "granite-docling"], [Gpt2]),
        new(["qwen2", "deepseek-r1-qwen", "kormo", "f2llmv2", "hunyuan", "grok-2", "solar-open"], [Qwen2]),
        new(["stablelm2", "megrez"], [Qwen2]) { CleansUp = true },
        new(["qwen35"], [Qwen35]),
        new(["poro-chat"], [Bloom]),
        new(["bloom", "gpt3-finnish"], [Bloom]) { CleansUp = true },
        new(["viking"], [Bloom, @"\p{N}"]),
        new(["tekken"], [Tekken]) { IgnoreMerges = true, AddsBos = true },
        new(["chameleon"], ["<sentinel:[0-9]+>", "(IMGIMG)((A|B|C|D|E|F|G|H|I){1,4})Z", @"([\t\n]|    |  )", @"\p{N}", @"[\p{P}!-/:-@\[-`{-~]", Gpt2]) { AddsBos = true },
        new(["gpt-4o", "llama4", "kanana2", "talkie", "minimax-m2"], [Gpt4o]),
        new(["granite-embed-multi-97m"], [Gpt4o]) { IgnoreMerges = true },
        new(["tiny_aya", "cohere2moe"], [TriplesAtWordEnd, Gpt4o]),
        new(["superbpe"], [@"\p{N}+", Triples]),
        new(["kimi-k2"], [Kimi]) { RankedById = true, IgnoreMerges = true },
        new(["bailingmoe", "bailingmoe2", "llada-moe"], [Bailing]),
        new(["seed-coder"], [SeedCoder]),
        new(["ufakzeka"], [Ufakzeka]),
        new(["afmoe"], [TriplesOfNumbers, AfmoeScripts, DeepSeek3]),
        new(["laguna"], [@"[^\n]+|[\n]+", Qwen2]),
        new(["exaone-moe"], [ExaoneMoe]) { CleansUp = true },
        new(["minicpm5"], [@"\p{N}{1,3}", MiniCpm5]) { IgnoreMerges = true, CleansUp = true },
        new(["gemma4", "granite-embed-multi-311m"], [@"[^\n]+|[\n]+"]) { OnCharacters = true, WholeNewlines = true, CleansUp = true },
        new(["sarvam-moe"], [@"[^\n]+|[\n]+"]) { OnCharacters = true },
    ];

    private static readonly Dictionary<string, PreTokenizerKind> ByName = All.SelectMany(k => k.Names, (k, n) => (k, n)).ToDictionary(x => x.n, x => x.k);

    /// <summary>The kind of that name, or null.</summary>
    internal static PreTokenizerKind? Find(string name) => ByName.GetValueOrDefault(name);

    /// <summary>The steps of <paramref name="kind"/>.</summary>
    internal static IReadOnlyList<PreTokenizer> Steps(PreTokenizerKind kind) => [.. kind.Patterns.Select(Step)];

    /// <summary>A step that isolates the matches of <paramref name="pattern"/>.</summary>
    internal static PreTokenizer Step(string pattern) => pattern switch
    {
        TriplesAtWordEnd => new DigitTriplesStep(TriplesAtWordEnd, CharacterSet.Digit, onlyAtWordEnd: true),
        Triples => new DigitTriplesStep(Triples, CharacterSet.Digit, onlyAtWordEnd: false),
        TriplesOfNumbers => new DigitTriplesStep(TriplesOfNumbers, new CharacterSet(CodePoints.IsNumber), onlyAtWordEnd: false),
        _ => new SplitStep(new Pattern(pattern), SplitBehavior.Isolated),
    };
}
