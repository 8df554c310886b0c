using Lapwing.Formats.Files;
using Lapwing.Formats.Gguf;
using Lapwing.Fuzz.Mutation;
using Lapwing.Tensors;

namespace Lapwing.Fuzz.Targets;

/// <summary>GGUF files: the reader, every getter, every tensor's bytes, adapters, and two parts that claim to be one model.</summary>
internal sealed class GgufTarget : FuzzTarget
{
    public override string Name => "gguf";

    public override IEnumerable<byte[]> Seeds()
    {
        yield return Written(new GgufWriter().Set("general.architecture", "llama").Set("u8", (byte)1).Set("i8", (sbyte)-1).Set("u16", (ushort)2).Set("i16", (short)-2)
            .Set("u32", 3u).Set("i32", -3).Set("f32", 1.5f).Set("bool", true).Set("u64", 4ul).Set("i64", -4L).Set("f64", 2.5)
            .AddTensor("t", ElementType.F32, [2, 3], new byte[24]).AddTensor("q", ElementType.Q4_K, [256], new byte[144]));
        yield return Written(new GgufWriter(2).Set("general.alignment", 64u).Set("a.u8", new byte[] { 1, 2 }).Set("a.i16", new short[] { 1 }).Set("a.f32", new[] { 1f, 2f })
            .Set("a.bool", new[] { true, false }).Set("a.str", ["one", "", "three"]).Set("a.u64", new[] { 1ul }).Set("a.f64", new[] { 0.5 })
            .Set("a.a", GgufValue.ArrayOf([GgufValue.ArrayOf(new[] { 1, 2 }), GgufValue.ArrayOf(["x"])]))
            .AddTensor("b", ElementType.BF16, [1, 2, 3, 4], new byte[48]).AddTensor("i", ElementType.I8, [65], new byte[65]));
        var lora = GgufLora.Writer("llama", 8);
        GgufLora.AddPair(lora, "blk.0.attn_q.weight", 2, [1, 2, 3, 4], [5, 6, 7, 8]);
        yield return Written(lora);
        yield return Written(new GgufWriter().Set("split.no", (ushort)0).Set("split.count", (ushort)2).Set("split.tensors.count", 2).AddTensor("a", ElementType.I8, [1], new byte[1]));
        yield return Written(new GgufWriter());
    }

    public override byte[] Mutate(byte[] input, Mutator mutator) => GgufMutator.Change(input, mutator, []);

    public override string Run(byte[] input)
    {
        // Any second part is the same file again: then numbers and tensors clash, unless the input says otherwise.
        using var file = GgufFile.Open("model-00001-of-00002.gguf", path => new InputMemory(path, input));
        long sum = 0;
        foreach (var (key, value) in file.Metadata)
        {
            sum += value.ToString().Length + value.Count;
            value.TryGetInteger(out int _);
            value.TryGetDouble(out _);
            value.TryGetBool(out _);
            value.TryGetString(out _);
            value.TryGetIntegers(out int[] _);
            value.TryGetSingles(out _);
            value.TryGetBools(out _);
            if (value.ElementType == GgufType.String) sum += file.Metadata.GetStrings(key).Length;
        }
        foreach (var tensor in file.Tensors.Values)
        {
            foreach (byte b in tensor.Span) sum += b;
            var matrix = tensor.AsMatrix();
            if (matrix.RowBytes * matrix.Rows != tensor.Bytes) throw new InvalidOperationException($"{tensor}: {tensor.Bytes} bytes");
            if (tensor.Address % file.Alignment % 8 != 0) throw new InvalidOperationException($"{tensor} is not aligned");
        }
        string kind = $"v{file.Version}, tensors {Math.Min(file.Tensors.Count, 2)}, parts {file.Parts.Count}";
        if (!GgufLora.Is(file)) return kind;
        using var lora = GgufLora.Read(file);
        foreach (var pair in lora.Pairs) sum += pair.Rank;
        return kind + ", adapter";
    }

    private static byte[] Written(GgufWriter writer) => TemporaryFile.Content(writer.Write);
}
