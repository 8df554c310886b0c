namespace Lapwing.Formats.Gguf;

/// <summary>One adapted matrix: the base tensor's name and its two factors. y += scale · B (A x).</summary>
/// <param name="Name">The base tensor (<c>blk.0.attn_q.weight</c>).</param>
/// <param name="A">[rank, in] (for <c>token_embd.weight</c>: [vocabulary, rank]).</param>
/// <param name="B">[out, rank].</param>
public sealed record GgufLoraPair(string Name, TensorView A, TensorView B)
{
    /// <summary>The rank: B's last extent.</summary>
    public int Rank => checked((int)B.Shape[^1]);
}

/// <summary>
/// A LoRA adapter as a GGUF file, as llama.cpp's <c>convert_lora_to_gguf</c> writes and its engine reads it. One alpha holds for all
/// matrices; the scale of each is alpha / rank.
/// </summary>
public sealed class GgufLora : IDisposable
{
    private const string TypeKey = "general.type";
    private const string ArchitectureKey = "general.architecture";
    private const string AdapterTypeKey = "adapter.type";
    private const string AlphaKey = "adapter.lora.alpha";
    private const string InvocationKey = "adapter.alora.invocation_tokens";
    private const string SuffixA = ".lora_a";
    private const string SuffixB = ".lora_b";

    private GgufLora(GgufFile file, float alpha, List<GgufLoraPair> pairs)
    {
        File = file;
        Alpha = alpha;
        Pairs = pairs;
    }

    /// <summary>The file itself.</summary>
    public GgufFile File { get; }

    /// <summary>The base's architecture (<c>llama</c>).</summary>
    public string Architecture => File.Metadata.GetString(ArchitectureKey);

    /// <summary><c>adapter.lora.alpha</c>.</summary>
    public float Alpha { get; }

    /// <summary>The adapted matrices in the file's order.</summary>
    public IReadOnlyList<GgufLoraPair> Pairs { get; }

    /// <summary>Whether a GGUF file is a LoRA adapter.</summary>
    public static bool Is(GgufFile file) => file.Metadata.TryGetValue(TypeKey, out var type) && type.TryGetString(out string text) && text == "adapter";

    /// <summary>Opens an adapter.</summary>
    /// <exception cref="InvalidDataException">It is no adapter, or damaged.</exception>
    /// <exception cref="NotSupportedException">It is an adapter of another kind.</exception>
    public static GgufLora Open(string path, FileLoading loading = FileLoading.Map) => Read(GgufFile.Open(path, loading));

    /// <summary>Reads an open file and takes ownership of it.</summary>
    /// <exception cref="InvalidDataException">It is no adapter, or damaged.</exception>
    /// <exception cref="NotSupportedException">It is an adapter of another kind.</exception>
    public static GgufLora Read(GgufFile file)
    {
        try
        {
            if (!Is(file)) throw new InvalidDataException($"{file.Path} is no adapter: its {TypeKey} is {Wording.Quote(file.Metadata.GetStringOrDefault(TypeKey, "missing"))}; give a model's file as the model");
            string type = file.Metadata.GetString(AdapterTypeKey);
            if (type != "lora") throw new NotSupportedException($"{file.Path} is an adapter of type {Wording.Quote(type)}; lora is supported");
            if (file.Metadata.ContainsKey(InvocationKey))
                throw new NotSupportedException($"{file.Path} is an adapter that some tokens switch on ({InvocationKey}), which is not supported");
            float alpha = file.Metadata.GetSingle(AlphaKey);
            if (!float.IsFinite(alpha)) throw new InvalidDataException($"{AlphaKey} in {file.Path} is {alpha}: the file is damaged");
            return new GgufLora(file, alpha, Pair(file));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>A writer with an adapter's metadata set; add each matrix with <see cref="AddPair"/>.</summary>
    /// <param name="architecture">The base's architecture (<c>llama</c>).</param>
    /// <param name="alpha">One alpha for all: fold what differs (rsLoRA's scale, alpha patterns) into B.</param>
    public static GgufWriter Writer(string architecture, float alpha) => new GgufWriter()
        .Set(ArchitectureKey, architecture)
        .Set(TypeKey, "adapter")
        .Set(AdapterTypeKey, "lora")
        .Set(AlphaKey, alpha)
        .Set("general.quantization_version", 2u);

    /// <summary>Adds the float32 factors of one matrix.</summary>
    /// <param name="writer">The file being composed.</param>
    /// <param name="name">The base tensor (<c>blk.0.attn_q.weight</c>).</param>
    /// <param name="rank">Rows of A, columns of B.</param>
    /// <param name="a">[rank, in], row-major.</param>
    /// <param name="b">[out, rank], row-major.</param>
    /// <exception cref="ArgumentException">The sizes are no multiples of the rank.</exception>
    public static void AddPair(GgufWriter writer, string name, int rank, float[] a, float[] b)
    {
        if (rank < 1 || a.Length == 0 || b.Length == 0 || a.Length % rank != 0 || b.Length % rank != 0)
            throw new ArgumentException($"factors of {a.Length} and {b.Length} numbers do not have rank {rank}", nameof(rank));
        writer.AddTensor(name + SuffixA, Tensors.ElementType.F32, [rank, a.Length / rank], Bytes(a));
        writer.AddTensor(name + SuffixB, Tensors.ElementType.F32, [b.Length / rank, rank], Bytes(b));
    }

    /// <summary>Unmaps the file.</summary>
    public void Dispose() => File.Dispose();

    private static byte[] Bytes(float[] values) => System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(values).ToArray();

    private static List<GgufLoraPair> Pair(GgufFile file)
    {
        var pairs = new List<GgufLoraPair>();
        foreach (var (name, a) in file.Tensors)
        {
            if (name.EndsWith(SuffixB, StringComparison.Ordinal))
            {
                if (!file.Tensors.ContainsKey(name[..^SuffixB.Length] + SuffixA)) throw Bad(file, name, $"has no {SuffixA} beside it");
                continue;
            }
            if (!name.EndsWith(SuffixA, StringComparison.Ordinal)) throw Bad(file, name, $"ends neither in {SuffixA} nor in {SuffixB}");
            string target = name[..^SuffixA.Length];
            if (!file.Tensors.TryGetValue(target + SuffixB, out var b)) throw Bad(file, name, $"has no {SuffixB} beside it");
            if (a.Shape.Count < 2 || b.Shape.Count < 2) throw Bad(file, name, "is no matrix");
            // llama.cpp looks rows of the embedding's A up by token, so that one lies the other way round.
            long rank = target == "token_embd.weight" ? a.Shape[^1] : a.Shape[^2];
            if (rank != b.Shape[^1] || rank > int.MaxValue) throw Bad(file, name, $"[{string.Join(", ", a.Shape)}] and its {SuffixB} [{string.Join(", ", b.Shape)}] have different ranks");
            pairs.Add(new GgufLoraPair(target, a, b));
        }
        return pairs.Count > 0 ? pairs : throw new InvalidDataException($"{file.Path} is an adapter without tensors: the file is damaged");
    }

    private static InvalidDataException Bad(GgufFile file, string name, string what) => new($"adapter tensor {Wording.Quote(name)} in {file.Path} {what}: the file is damaged or of another kind");
}
