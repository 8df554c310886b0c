#:property TargetFramework=net10.0
#:property Nullable=enable
#:property ManagePackageVersionsCentrally=false
#:property GenerateDocumentationFile=false
#:property TreatWarningsAsErrors=false
#:property AllowUnsafeBlocks=true
#:project ../../src/Lapwing.Formats

// A model of random weights in a known shape: speed needs no trained ones.
// usage: dotnet run -c Release bench/models/random.cs -- SHAPE TYPE OUT.gguf
// SHAPE: 135m (SmolLM2), 1.1b (TinyLlama), 3b (Llama 3.2), 7b (Llama 2). TYPE: Q4_0, Q8_0, Q4_K_M (Q6_K where llama-quantize puts it), Q6_K, F16, …
// Weights are blocks of normally distributed numbers, repeated with a prime period, so that no two rows near each other are the same.

using Lapwing.Formats;
using Lapwing.Formats.Gguf;
using Lapwing.Tensors;
using Lapwing.Tensors.Blocks;

if (args.Length != 3 || Shape.Find(args[0]) is not { } shape)
{
    Console.Error.WriteLine("usage: random.cs 135m|1.1b|3b|7b TYPE OUT.gguf");
    return 1;
}
bool mixed = args[1].Equals("Q4_K_M", StringComparison.OrdinalIgnoreCase);
if (!Enum.TryParse(mixed ? "Q4_K" : args[1], ignoreCase: true, out ElementType type))
{
    Console.Error.WriteLine($"{args[1]} is no type");
    return 1;
}

var patterns = new Dictionary<(ElementType, float), byte[]>();
var writer = new GgufWriter()
    .Set("general.architecture", "llama").Set("general.name", $"random {args[0]}")
    .Set("llama.block_count", (uint)shape.Layers).Set("llama.context_length", 8192u).Set("llama.embedding_length", (uint)shape.Hidden)
    .Set("llama.feed_forward_length", (uint)shape.Inner).Set("llama.attention.head_count", (uint)shape.Heads).Set("llama.attention.head_count_kv", (uint)shape.KvHeads)
    .Set("llama.attention.layer_norm_rms_epsilon", 1e-5f).Set("llama.rope.dimension_count", (uint)(shape.Hidden / shape.Heads)).Set("llama.rope.freq_base", 10000f)
    .Set("llama.vocab_size", (uint)shape.Vocabulary).Set("tokenizer.ggml.model", "llama").Set("tokenizer.ggml.pre", "default");
string[] words = [.. Enumerable.Range(0, shape.Vocabulary).Select(i => i switch { 0 => "<unk>", 1 => "<s>", 2 => "</s>", < 259 => $"<0x{i - 3:X2}>", _ => $"▁w{i}" })];
writer.Set("tokenizer.ggml.tokens", words).Set("tokenizer.ggml.scores", words.Select((_, i) => -(float)i).ToArray())
    .Set("tokenizer.ggml.token_type", words.Select((_, i) => i == 0 ? 2 : i < 3 ? 3 : i < 259 ? 6 : 1).ToArray())
    .Set("tokenizer.ggml.bos_token_id", 1u).Set("tokenizer.ggml.eos_token_id", 2u).Set("tokenizer.ggml.unknown_token_id", 0u);

int kv = shape.Hidden / shape.Heads * shape.KvHeads;
Add("token_embd.weight", shape.Vocabulary, shape.Hidden, shape.Tied && type.IsQuantised() && type != ElementType.Q8_0 ? Head() : type);
for (int l = 0; l < shape.Layers; l++)
{
    // llama-quantize's rule for Q4_K_M: the first and last eighth, and every third between.
    bool more = mixed && (l < shape.Layers / 8 || l >= 7 * shape.Layers / 8 || (l - shape.Layers / 8) % 3 == 2);
    var better = more ? ElementType.Q6_K : type;
    Norm($"blk.{l}.attn_norm.weight");
    Add($"blk.{l}.attn_q.weight", shape.Hidden, shape.Hidden, type);
    Add($"blk.{l}.attn_k.weight", kv, shape.Hidden, type);
    Add($"blk.{l}.attn_v.weight", kv, shape.Hidden, better);
    Add($"blk.{l}.attn_output.weight", shape.Hidden, shape.Hidden, type);
    Norm($"blk.{l}.ffn_norm.weight");
    Add($"blk.{l}.ffn_gate.weight", shape.Inner, shape.Hidden, type);
    Add($"blk.{l}.ffn_up.weight", shape.Inner, shape.Hidden, type);
    Add($"blk.{l}.ffn_down.weight", shape.Hidden, shape.Inner, better);
}
Norm("output_norm.weight");
if (!shape.Tied) Add("output.weight", shape.Vocabulary, shape.Hidden, type.IsQuantised() ? Head() : type);
writer.Write(args[2]);
return 0;

ElementType Head() => type == ElementType.Q8_0 ? type : ElementType.Q6_K;

void Norm(string name) => writer.AddTensor(name, ElementType.F32, [shape.Hidden], Pattern(ElementType.F32, 0));

void Add(string name, int rows, int columns, ElementType wanted)
{
    // Where 256 does not divide the width, llama-quantize falls back on blocks of 32.
    if (columns % wanted.BlockLength() != 0) wanted = wanted switch { ElementType.Q4_K => ElementType.Q5_0, _ => ElementType.Q8_0 };
    writer.AddTensor(name, wanted, [rows, columns], Pattern(wanted, 1 / MathF.Sqrt(columns)));
}

// Scale 0: ones.
unsafe TensorFill Pattern(ElementType wanted, float scale)
{
    if (!patterns.TryGetValue((wanted, scale), out byte[]? pattern))
    {
        const int Blocks = 211;
        int count = Blocks * 256;
        var random = new Random(7);
        float[] x = [.. Enumerable.Range(0, count).Select(_ => scale == 0 ? 1f : scale * Normal(random))];
        pattern = new byte[wanted.RowBytes(count)];
        fixed (float* source = x)
        fixed (byte* target = pattern) BlockCodec.Quantise(wanted, source, target, count);
        patterns[(wanted, scale)] = pattern;
    }
    byte[] bytes = pattern;
    return (offset, chunk) =>
    {
        for (int done = 0; done < chunk.Length;)
        {
            int at = (int)((offset + done) % bytes.Length), length = Math.Min(chunk.Length - done, bytes.Length - at);
            bytes.AsSpan(at, length).CopyTo(chunk[done..]);
            done += length;
        }
    };
}

static float Normal(Random random) => (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));

internal sealed record Shape(int Hidden, int Inner, int Layers, int Heads, int KvHeads, int Vocabulary, bool Tied)
{
    public static Shape? Find(string name) => name.ToLowerInvariant() switch
    {
        "135m" => new(576, 1536, 30, 9, 3, 49152, true),
        "1.1b" => new(2048, 5632, 22, 32, 4, 32000, false),
        "3b" => new(3072, 8192, 28, 24, 8, 128256, true),
        "7b" => new(4096, 11008, 32, 32, 32, 32000, false),
        _ => null,
    };
}
