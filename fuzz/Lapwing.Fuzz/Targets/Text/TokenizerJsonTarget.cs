using System.Text;
using Lapwing.Fuzz.Mutation;
using Lapwing.Text.Tokenizers;

namespace Lapwing.Fuzz.Targets;

/// <summary>tokenizer.json with its tokenizer_config.json: every component, then everything that is done with a tokenizer.</summary>
internal sealed class TokenizerJsonTarget : FuzzTarget
{
    private const string BytePairs = """{"type":"BPE","unk_token":"<unk>","byte_fallback":true,"vocab":{"<unk>":0,"<s>":1,"</s>":2,"a":3,"b":4,"▁":5,"ab":6,"▁a":7,"Ġ":8,"Ġa":9,"<0x0A>":10,"h":11,"e":12,"he":13,"1":14,"aa":15},"merges":["a b","▁ a",["Ġ","a"],["h","e"],"a a"]}""";
    private const string Unigram = """{"type":"Unigram","unk_id":0,"byte_fallback":false,"vocab":[["<unk>",0],["<s>",0],["</s>",0],["a",-1.5],["▁",-2],["▁a",-1],["ab",-3.25],["你",-4],["b",-9]]}""";
    private const string WordPiece = """{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":100,"vocab":{"[UNK]":0,"[CLS]":1,"[SEP]":2,"a":3,"##a":4,"hello":5,"##b":6,"he":7,"##llo":8}}""";
    private const string Words = """{"type":"WordLevel","unk_token":"[UNK]","vocab":{"[UNK]":0,"a":1,"Hello":2,"world":3," ":4}}""";

    private const string Added = """[{"id":1,"content":"<s>","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true},{"id":2,"content":"</s>","special":true},{"id":20,"content":"<|im_start|>","special":true,"lstrip":true},{"id":21,"content":"  ","special":false,"normalized":true,"single_word":true}]""";

    private const string Config = """{"bos_token":"<s>","eos_token":{"content":"</s>","lstrip":false},"unk_token":"<unk>","pad_token":null,"add_bos_token":true,"add_eos_token":false,"clean_up_tokenization_spaces":false,"chat_template":[{"name":"default","template":"{{ messages }}"}],"added_tokens_decoder":{"20":{"content":"<|im_start|>","special":true}}}""";

    private static readonly string[] Normalizers =
    [
        """{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"▁"},{"type":"Replace","pattern":{"String":" "},"content":"▁"}]}""", """{"type":"NFC"}""", """{"type":"NFKD"}""", """{"type":"Lowercase"}""", """{"type":"StripAccents"}""",
        """{"type":"ByteLevel"}""", """{"type":"Nmt"}""", """{"type":"Strip","strip_left":true,"strip_right":true}""", """{"type":"Replace","pattern":{"Regex":" {2,}|(?:a+)b"},"content":" "}""",
        """{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true}""", """{"type":"Precompiled","precompiled_charsmap":"CAAAAAAAAAAAAAAA"}""",
    ];

    private static readonly string[] PreTokenizers =
    [
        """{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true}""", """{"type":"Metaspace","replacement":"▁","prepend_scheme":"first","split":true}""", """{"type":"BertPreTokenizer"}""", """{"type":"Whitespace"}""",
        """{"type":"Split","pattern":{"Regex":"(?i:'s|'t)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"},"behavior":"Isolated","invert":false}""",
        """{"type":"Sequence","pretokenizers":[{"type":"Digits","individual_digits":true},{"type":"Punctuation","behavior":"Contiguous"},{"type":"WhitespaceSplit"}]}""", """{"type":"FixedLength","length":3}""",
        """{"type":"CharDelimiterSplit","delimiter":" "}""", """{"type":"Split","pattern":{"String":" "},"behavior":"MergedWithPrevious"}""", """{"type":"UnicodeScripts"}""",
    ];

    private static readonly string[] Decoders =
    [
        """{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true}""", """{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true}""", """{"type":"WordPiece","prefix":"##","cleanup":true}""",
        """{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},{"type":"ByteFallback"},{"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":0}]}""", """{"type":"BPEDecoder","suffix":"</w>"}""", """{"type":"CTC"}""",
    ];

    private static readonly string[] PostProcessors =
    [
        """{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],"pair":[],"special_tokens":{"<s>":{"id":"<s>","ids":[1],"tokens":["<s>"]}}}""",
        """{"type":"BertProcessing","sep":["[SEP]",2],"cls":["[CLS]",1]}""", """{"type":"RobertaProcessing","sep":["</s>",2],"cls":["<s>",1],"trim_offsets":true,"add_prefix_space":true}""", """{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":false,"use_regex":true}""",
        """{"type":"Sequence","processors":[{"type":"ByteLevel"},{"type":"TemplateProcessing","single":[{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"</s>","type_id":0}}],"special_tokens":{"</s>":{"id":"</s>","ids":[2]}}}]}""",
    ];

    private static readonly string[] Known =
    [
        "type", "BPE", "Unigram", "WordPiece", "WordLevel", "vocab", "merges", "unk_token", "unk_id", "byte_fallback", "ignore_merges", "fuse_unk", "dropout", "continuing_subword_prefix", "end_of_word_suffix", "max_input_chars_per_word",
        "Sequence", "normalizers", "pretokenizers", "decoders", "processors", "NFC", "NFD", "NFKC", "Lowercase", "Replace", "Prepend", "Precompiled", "ByteLevel", "Metaspace", "Split", "Regex", "String", "pattern", "content", "behavior", "invert",
        "Isolated", "Removed", "MergedWithNext", "Contiguous", "replacement", "prepend_scheme", "always", "first", "never", "add_prefix_space", "use_regex", "individual_digits", "TemplateProcessing", "SpecialToken", "single", "special_tokens", "ids",
        "id", "special", "lstrip", "rstrip", "single_word", "normalized", "added_tokens", "truncation", "padding", "a", "ab", "▁", "<s>", "", " ", "<0x41>", "Fuse", "Strip", "start", "stop", "ByteFallback", "prefix", "cleanup", "length",
        "bos_token", "eos_token", "add_bos_token", "added_tokens_decoder", "chat_template", "(?i)a", "\\\\p{L}+", "[^a-c&&b]", "(?=a)", "(?!a)", "(?<=a)", "a{2,5}", "(a|b)*+", "\\\\s+(?!\\\\S)", "[[:alpha:]]", "^$", "\\\\A", ".", "\\\\x{1F600}", "(?:)*",
    ];

    public override string Name => "tokenizer-json";

    public override int Frames => 2;

    // The longest of our texts has 105,000 characters, and is taken apart twice and put together thrice: about a kilobyte of garbage a character.
    public override long AllowedBytes(int input) => (256 << 20) + (2048L * input);

    public override IEnumerable<byte[]> Seeds()
    {
        string[] models = [BytePairs, Unigram, WordPiece, Words];
        for (int i = 0; i < 12; i++)
        {
            string model = models[i % models.Length];
            yield return FileSet.Join(Encoding.UTF8.GetBytes(File(model, At(Normalizers, i), At(PreTokenizers, i), At(Decoders, i), model == WordPiece ? PostProcessors[1] : "null", model == Words ? "[]" : Added)), Encoding.UTF8.GetBytes(i % 2 == 0 ? Config : ""));
        }
        foreach (string model in models) yield return FileSet.Join(Encoding.UTF8.GetBytes(File(model, "null", "null", "null", "null", "[]")), []);
        foreach (string step in PostProcessors) yield return FileSet.Join(Encoding.UTF8.GetBytes(File(BytePairs, "null", "null", "null", step, Added)), []);
    }

    public override byte[] Mutate(byte[] input, Mutator mutator) => mutator.Random.Next(5) == 0
        ? FileSet.Change(input, mutator, f => Component(f, mutator), f => JsonMutator.Change(f.Length == 0 ? Encoding.UTF8.GetBytes(Config) : f, mutator, Known))
        : FileSet.Join(JsonMutator.Change(FileSet.Split(input, 2)[0], mutator, Known), FileSet.Split(input, 2)[1]);

    public override string Run(byte[] input)
    {
        byte[][] files = FileSet.Split(input, 2);
        return TokenizerUse.All(TokenizerFactory.FromTokenizerJson(files[0], files[1].Length == 0 ? null : (ReadOnlyMemory<byte>)files[1]), files[0]);
    }

    // Another component of the same kind in place of one that is null, or of the known ones.
    private static byte[] Component(byte[] file, Mutator mutator)
    {
        string text = Encoding.UTF8.GetString(file);
        var (name, choices) = mutator.Pick(((string, string[])[])[("normalizer", Normalizers), ("pre_tokenizer", PreTokenizers), ("decoder", Decoders), ("post_processor", PostProcessors)]);
        string chosen = mutator.Pick(choices);
        foreach (string other in choices.Append("null"))
        {
            if (!text.Contains($"\"{name}\":{other}", StringComparison.Ordinal)) continue;
            return Encoding.UTF8.GetBytes(text.Replace($"\"{name}\":{other}", $"\"{name}\":{chosen}", StringComparison.Ordinal));
        }
        return JsonMutator.Change(file, mutator, Known);
    }

    private static string At(string[] choices, int i) => i == choices.Length ? "null" : choices[i % choices.Length];

    private static string File(string model, string normalizer, string preTokenizer, string decoder, string postProcessor, string added) =>
        $$"""{"version":"1.0","truncation":null,"padding":null,"added_tokens":{{added}},"normalizer":{{normalizer}},"pre_tokenizer":{{preTokenizer}},"post_processor":{{postProcessor}},"decoder":{{decoder}},"model":{{model}}}""";
}
