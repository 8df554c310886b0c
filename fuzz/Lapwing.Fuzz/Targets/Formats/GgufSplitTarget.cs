using Lapwing.Formats.Files;
using Lapwing.Formats.Gguf;
using Lapwing.Fuzz.Mutation;
using Lapwing.Tensors;

namespace Lapwing.Fuzz.Targets;

/// <summary>A GGUF model in three files, opened by any of them; what is empty is missing.</summary>
internal sealed class GgufSplitTarget : FuzzTarget
{
    private const int Count = 3;

    private static readonly string[] Words = ["split.no", "split.count", "split.tensors.count", "general.alignment", "a", "b", "c", "general.architecture", ""];

    public override string Name => "gguf-split";

    public override bool IsClean(Exception error) => error is FileNotFoundException || base.IsClean(error);

    public override IEnumerable<byte[]> Seeds()
    {
        for (int opened = 0; opened < Count; opened++)
        {
            yield return FileSet.Join([[(byte)opened], .. Enumerable.Range(0, Count).Select(part => TemporaryFile.Content(Part(part).Write))]);
        }
    }

    public override byte[] Mutate(byte[] input, Mutator mutator)
    {
        if (mutator.Random.Next(8) != 0) return FileSet.Change(input, mutator, Which, Change, Change, Change);
        byte[][] files = FileSet.Split(input, Count + 1);
        int from = 1 + mutator.Random.Next(Count), to = 1 + mutator.Random.Next(Count);
        if (mutator.Random.Next(2) == 0) files[to] = mutator.Random.Next(2) == 0 ? [] : files[from];
        else (files[from], files[to]) = (files[to], files[from]);
        return FileSet.Join(files);

        byte[] Which(byte[] _) => [(byte)mutator.Random.Next(Count)];
        byte[] Change(byte[] file) => GgufMutator.Change(file, mutator, Words);
    }

    public override string Run(byte[] input)
    {
        byte[][] files = FileSet.Split(input, Count + 1);
        int opened = files[0].FirstOrDefault() % Count;
        using var file = GgufFile.Open(Name(opened), path =>
        {
            int part = Enumerable.Range(0, Count).FirstOrDefault(i => Name(i) == path, -1);
            return part >= 0 && files[part + 1].Length > 0 ? new InputMemory(path, files[part + 1]) : throw new FileNotFoundException($"{path} is missing");
        });
        long sum = 0;
        foreach (var tensor in file.Tensors.Values)
            foreach (byte b in tensor.Span) sum += b;
        return $"parts {file.Parts.Count}, tensors {Math.Min(file.Tensors.Count, 4)}, {file.Metadata.Count > 0}";

        static string Name(int part) => $"model-{part + 1:00000}-of-{Count:00000}.gguf";
    }

    private static GgufWriter Part(int part)
    {
        var writer = new GgufWriter().Set("split.no", (ushort)part).Set("split.count", (ushort)Count).Set("split.tensors.count", 2);
        return part switch
        {
            0 => writer.Set("general.architecture", "llama"), // the first part of gguf-split --no-tensor-first-split
            1 => writer.AddTensor("a", ElementType.F32, [2, 2], new byte[16]),
            _ => writer.AddTensor("b", ElementType.I8, [3], new byte[3]),
        };
    }
}
