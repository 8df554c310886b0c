using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Lapwing.Formats.Gguf;
using Lapwing.Tensors;

namespace Lapwing.Cli.Quantising;

/// <summary>
/// How much each input column of each matrix matters: mean squares of what flowed into it, as <c>llama-imatrix</c> gathers them. Both of its
/// file forms are read: GGUF (<c>NAME.in_sum2</c>, <c>NAME.counts</c>) and the older binary one.
/// </summary>
internal sealed class ImportanceMatrix
{
    private readonly Dictionary<string, float[]> values;

    private ImportanceMatrix(string path, Dictionary<string, float[]> values) => (Path, this.values) = (path, values);

    public string Path { get; }

    /// <summary>Reads a file.</summary>
    /// <exception cref="InvalidDataException">It is neither form, or damaged.</exception>
    public static ImportanceMatrix Read(string path)
    {
        byte[] bytes = Host.TextInput.ReadBytes(path);
        var values = bytes.AsSpan().StartsWith("GGUF"u8) ? FromGguf(path) : FromBinary(path, bytes);
        if (values.Count == 0) throw new InvalidDataException($"{path} holds no importances; it is no importance matrix");
        foreach (var (name, numbers) in values)
            foreach (float number in numbers)
                if (!(number >= 0) || !float.IsFinite(number)) throw new InvalidDataException($"{path}: the importance of {Host.Wording.Printable(name)} holds {number}: the file is damaged");
        return new ImportanceMatrix(path, values);
    }

    /// <summary>The importances of a matrix's columns [columns] (of a stack of experts, one after another: [experts · columns]), or null where there are none.</summary>
    /// <exception cref="InvalidDataException">They are of another length.</exception>
    public float[]? Of(string tensor, long columns, long matrices)
    {
        if (!values.TryGetValue(tensor, out var found)) return null;
        return found.Length == columns || found.Length == columns * matrices ? found
            : throw new InvalidDataException($"{Path} has {found.Length} importances for {tensor}, whose rows have {columns} columns: it was made for another model");
    }

    private static unsafe Dictionary<string, float[]> FromGguf(string path)
    {
        const string sums = ".in_sum2", counts = ".counts";
        using var file = GgufFile.Open(path);
        var values = new Dictionary<string, float[]>(StringComparer.Ordinal);
        foreach (var (name, view) in file.Tensors)
        {
            if (!name.EndsWith(sums, StringComparison.Ordinal)) continue;
            string tensor = name[..^sums.Length];
            if (view.Type != ElementType.F32 || !file.Tensors.TryGetValue(tensor + counts, out var count) || count.Type != ElementType.F32 || count.Count < 1 || view.Count % count.Count != 0)
                throw new InvalidDataException($"{path}: {Host.Wording.Printable(name)} and its counts do not belong together: the file is damaged");
            float[] squares = MemoryMarshal.Cast<byte, float>(view.Span).ToArray(), times = MemoryMarshal.Cast<byte, float>(count.Span).ToArray();
            int each = squares.Length / times.Length;
            // An expert that never ran says nothing about its columns: they count alike.
            for (int i = 0; i < squares.Length; i++) squares[i] = times[i / each] > 0 ? squares[i] / times[i / each] : 1;
            values[tensor] = squares;
        }
        return values;
    }

    // int32 entries; each: int32 length and name, int32 calls, int32 values, float32 means times calls.
    private static Dictionary<string, float[]> FromBinary(string path, byte[] bytes)
    {
        var values = new Dictionary<string, float[]>(StringComparer.Ordinal);
        int at = 0;
        int entries = Int();
        for (int e = 0; e < entries; e++)
        {
            int length = Int();
            if (length < 1 || length > 1024) throw Damaged();
            string name = Encoding.UTF8.GetString(Take(length));
            int calls = Int(), count = Int();
            if (count < 1 || count > (bytes.Length - at) / sizeof(float)) throw Damaged();
            float[] numbers = MemoryMarshal.Cast<byte, float>(Take(count * sizeof(float))).ToArray();
            if (calls > 0)
                for (int i = 0; i < numbers.Length; i++) numbers[i] /= calls;
            values[name] = numbers;
        }
        return values;

        int Int() => BinaryPrimitives.ReadInt32LittleEndian(Take(sizeof(int)));

        ReadOnlySpan<byte> Take(int count)
        {
            if (count > bytes.Length - at) throw Damaged();
            at += count;
            return bytes.AsSpan(at - count, count);
        }

        InvalidDataException Damaged() => new($"{path} is no importance matrix, or damaged (at byte {at}); make it with llama-imatrix");
    }
}
