using Lapwing.Formats.Gguf;
using Lapwing.Tensors;

namespace Lapwing.Formats.Tests.Gguf;

/// <summary>Adapters as GGUF files.</summary>
public sealed class GgufLoraTests
{
    [Fact]
    public unsafe void An_adapter_written_is_read_as_it_was()
    {
        using var folder = new TemporaryFolder();
        var writer = GgufLora.Writer("llama", 12.5f);
        GgufLora.AddPair(writer, "blk.0.attn_q.weight", 2, [1, 2, 3, 4, 5, 6], [7, 8]);
        writer.Write(folder.File("a.gguf"));
        using var lora = GgufLora.Open(folder.File("a.gguf"));
        Assert.Equal(("llama", 12.5f), (lora.Architecture, lora.Alpha));
        var pair = Assert.Single(lora.Pairs);
        Assert.Equal(("blk.0.attn_q.weight", 2), (pair.Name, pair.Rank));
        Assert.Equal([2, 3], pair.A.Shape);
        Assert.Equal([1, 2], pair.B.Shape);
        Assert.Equal(6, ((float*)pair.A.Data)[5]);
    }

    [Fact]
    public void The_embeddings_a_lies_the_other_way_round()
    {
        using var folder = new TemporaryFolder();
        GgufLora.Writer("llama", 1).AddTensor("token_embd.weight.lora_a", ElementType.I8, [10, 2], new byte[20]).AddTensor("token_embd.weight.lora_b", ElementType.I8, [4, 2], new byte[8]).Write(folder.File("a.gguf"));
        using var lora = GgufLora.Open(folder.File("a.gguf"));
        Assert.Equal(2, lora.Pairs[0].Rank);
    }

    [Fact]
    public void What_is_no_adapter_is_refused()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("a.gguf");
        void Refused<T>(GgufWriter writer, string words)
            where T : Exception
        {
            writer.Write(path);
            Assert.Contains(words, Assert.Throws<T>(() => GgufLora.Open(path)).Message, StringComparison.Ordinal);
        }
        GgufWriter Lora() => GgufLora.Writer("llama", 1);
        static byte[] Bytes(int count) => new byte[count];
        Refused<InvalidDataException>(new GgufWriter().Set("general.type", "model"), "is no adapter");
        Refused<InvalidDataException>(new GgufWriter(), "is no adapter");
        Refused<InvalidDataException>(new GgufWriter().Set("general.type", "adapte\n"), "'adapte\\u000a'");
        Refused<NotSupportedException>(Lora().Set("adapter.type", "control"), "'control'");
        Refused<NotSupportedException>(Lora().Set("adapter.alora.invocation_tokens", new[] { 1u }), "some tokens switch on");
        Refused<InvalidDataException>(Lora().Remove("adapter.lora.alpha"), "'adapter.lora.alpha' is missing");
        Refused<InvalidDataException>(Lora().Set("adapter.lora.alpha", float.NaN), "NaN");
        Refused<InvalidDataException>(Lora(), "without tensors");
        Refused<InvalidDataException>(Lora().AddTensor("x.lora_a", ElementType.I8, [2, 2], Bytes(4)), "has no .lora_b");
        Refused<InvalidDataException>(Lora().AddTensor("x.lora_b", ElementType.I8, [2, 2], Bytes(4)), "has no .lora_a");
        Refused<InvalidDataException>(Lora().AddTensor("rope_freqs.weight", ElementType.I8, [2], Bytes(2)), "ends neither in");
        Refused<InvalidDataException>(Lora().AddTensor("x.lora_a", ElementType.I8, [4], Bytes(4)).AddTensor("x.lora_b", ElementType.I8, [2, 2], Bytes(4)), "is no matrix");
        Refused<InvalidDataException>(Lora().AddTensor("x.lora_a", ElementType.I8, [3, 2], Bytes(6)).AddTensor("x.lora_b", ElementType.I8, [2, 2], Bytes(4)), "different ranks");
        Assert.Throws<ArgumentException>(() => GgufLora.AddPair(Lora(), "x", 2, [1, 2, 3], [1, 2]));
    }
}
