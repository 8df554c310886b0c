using System.Text;
using Lapwing.Formats.Safetensors;
using Lapwing.Fuzz.Mutation;
using Lapwing.Tensors;

namespace Lapwing.Fuzz.Targets;

/// <summary>A folder of two safetensors shards with their index; what is empty is missing.</summary>
internal sealed class SafetensorsFolderTarget : FuzzTarget
{
    private static readonly string[] Names = ["model.safetensors.index.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];
    private static readonly string[] Words = ["weight_map", "metadata", "total_size", "a", "b", "c", Names[1], Names[2], "../" + Names[1], "/etc/passwd", ".", "..", "C:\\\\x", "", Names[0]];

    private readonly string folder = TemporaryFile.NewFolder();

    public override string Name => "safetensors-folder";

    public override bool IsClean(Exception error) => error is FileNotFoundException || base.IsClean(error);

    public override IEnumerable<byte[]> Seeds()
    {
        byte[] first = TemporaryFile.Content(new SafetensorsWriter().AddTensor("a", ElementType.F32, [2, 3], new byte[24]).AddTensor("b", ElementType.BF16, [5], new byte[10]).Write);
        byte[] second = TemporaryFile.Content(new SafetensorsWriter().AddTensor("c", ElementType.I8, [1], new byte[1]).Write);
        byte[] index = Encoding.UTF8.GetBytes($$$"""{"metadata":{"total_size":35},"weight_map":{"a":"{{{Names[1]}}}","b":"{{{Names[1]}}}","c":"{{{Names[2]}}}"}}""");
        yield return FileSet.Join(index, first, second);
        yield return FileSet.Join([], first, []);
    }

    public override byte[] Mutate(byte[] input, Mutator mutator)
    {
        if (mutator.Random.Next(10) != 0)
            return FileSet.Change(input, mutator, f => JsonMutator.Change(f, mutator, Words), f => SafetensorsMutator.Change(f, mutator), f => SafetensorsMutator.Change(f, mutator));
        byte[][] files = FileSet.Split(input, Names.Length);
        files[mutator.Random.Next(files.Length)] = mutator.Random.Next(2) == 0 ? [] : files[mutator.Random.Next(files.Length)];
        return FileSet.Join(files);
    }

    public override string Run(byte[] input)
    {
        byte[][] files = FileSet.Split(input, Names.Length);
        for (int i = 0; i < files.Length; i++)
        {
            string path = Path.Combine(folder, Names[i]);
            if (files[i].Length > 0) File.WriteAllBytes(path, files[i]);
            else File.Delete(path);
        }
        using var weights = SafetensorsFolder.Open(folder);
        long sum = 0;
        foreach (var tensor in weights.Tensors.Values)
            foreach (byte b in tensor.Span) sum += b;
        if (weights.Parts.Any(p => Path.GetDirectoryName(p) != folder)) throw new InvalidOperationException("a shard from outside the folder");
        return $"parts {weights.Parts.Count}, tensors {Math.Min(weights.Tensors.Count, 4)}, metadata {Math.Min(weights.Metadata.Count, 1)}";
    }
}
