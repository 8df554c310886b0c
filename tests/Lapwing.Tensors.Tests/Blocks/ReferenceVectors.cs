using System.Runtime.CompilerServices;
using Lapwing.Formats;
using Lapwing.Formats.Gguf;
using Lapwing.Formats.Safetensors;
using Lapwing.Testing;

namespace Lapwing.Tensors.Tests.Blocks;

/// <summary>
/// Rows of 512 numbers that ggml quantised to every type, and what it dequantises them to: twelve rows in the reference folder, two of them
/// (a heavy-tailed one and one with outliers) beside this file.
/// </summary>
internal sealed class ReferenceVectors
{
    public const int Columns = 512;
    private readonly Dictionary<string, (ElementType Type, byte[] Bytes)> quantised = [];
    private readonly Dictionary<string, float[]> floats = [];

    private ReferenceVectors(string gguf, string safetensors)
    {
        using (var file = GgufFile.Open(gguf))
            foreach (var view in file.Tensors.Values) quantised[view.Name] = (view.Type, view.Span.ToArray());
        using (var file = SafetensorsFile.Open(safetensors))
            foreach (var view in file.Tensors.Values) floats[view.Name] = Floats(view);
    }

    public IEnumerable<string> Names => quantised.Keys;

    public int Rows => floats["source"].Length / Columns;

    /// <summary>All twelve rows, or the two that are always there.</summary>
    public static ReferenceVectors Load(bool all) => all
        ? new(SharedFolder.Path("models/quant-vectors/all.gguf"), SharedFolder.Path("models/quant-vectors/expected.safetensors"))
        : new(Beside("quant-vectors.gguf"), Beside("quant-vectors.safetensors"));

    public (ElementType Type, byte[] Bytes) Quantised(string name) => quantised[name];

    public float[] Floats(string name) => floats[name];

    private static float[] Floats(TensorView view)
    {
        var values = new float[view.Count];
        view.Span.CopyTo(System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }

    private static string Beside(string name, [CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "Data", name);
}
