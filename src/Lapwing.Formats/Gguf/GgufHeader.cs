using Lapwing.Formats.Files;

namespace Lapwing.Formats.Gguf;

/// <summary>What stands before the tensor data of one GGUF file: metadata and the table of tensors.</summary>
/// <remarks>Layout: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md.</remarks>
internal sealed class GgufHeader
{
    /// <summary>"GGUF" as a little-endian number.</summary>
    public const uint Magic = 0x46554747;

    public const uint DefaultAlignment = 32;

    public const string AlignmentKey = "general.alignment";

    /// <summary>A key of one byte (8 + 1), a type (4) and a value of one byte.</summary>
    private const int SmallestEntry = 8 + 1 + 4 + 1;

    /// <summary>A name of one byte (8 + 1), the number of dimensions (4), one dimension (8), type (4) and offset (8).</summary>
    private const int SmallestTensor = 8 + 1 + 4 + 8 + 4 + 8;

    private GgufHeader(uint version, OrderedDictionary<string, GgufValue> metadata, List<GgufTensorInfo> tensors, long alignment, long dataStart)
    {
        Version = version;
        Metadata = metadata;
        Tensors = tensors;
        Alignment = alignment;
        DataStart = dataStart;
    }

    public uint Version { get; }

    public OrderedDictionary<string, GgufValue> Metadata { get; }

    public List<GgufTensorInfo> Tensors { get; }

    public long Alignment { get; }

    /// <summary>The file offset that tensor offsets count from.</summary>
    public long DataStart { get; }

    public static GgufHeader Read(InputBytes input)
    {
        var reader = new BoundedReader(input);
        uint version = ReadVersion(reader);
        long tensorCount = reader.ReadCount(SmallestTensor, "the number of tensors");
        long entryCount = reader.ReadCount(SmallestEntry, "the number of metadata entries");

        var metadata = new OrderedDictionary<string, GgufValue>(StringComparer.Ordinal);
        for (long i = 0; i < entryCount; i++)
        {
            string key = GgufValueReader.ReadName(reader, "metadata key", GgufValueReader.LongestKey);
            var value = GgufValueReader.ReadValue(reader, key);
            if (!metadata.TryAdd(key, value)) throw input.Bad($"metadata key {Wording.Quote(key)} stands twice");
        }

        long alignment = ReadAlignment(metadata, input);
        var tensors = new List<GgufTensorInfo>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (long i = 0; i < tensorCount; i++)
        {
            var tensor = GgufTensorInfo.Read(reader);
            if (!names.Add(tensor.Name)) throw input.Bad($"tensor {Wording.Quote(tensor.Name)} stands twice");
            tensors.Add(tensor);
        }
        long end = reader.Position;
        long dataStart = tensors.Count == 0 ? end : GgufLayout.Align(end, alignment);
        GgufLayout.Check(tensors, alignment, dataStart, input);
        return new GgufHeader(version, metadata, tensors, alignment, dataStart);
    }

    private static uint ReadVersion(BoundedReader reader)
    {
        uint magic = reader.ReadUInt32("the magic number");
        if (magic != Magic)
        {
            throw new InvalidDataException($"{reader.Input.Path} is no GGUF file: it begins with bytes {magic & 255:x2} {magic >> 8 & 255:x2} {magic >> 16 & 255:x2} {magic >> 24:x2} instead of 'GGUF'; "
                + "name a .gguf file, or a folder with safetensors");
        }
        uint version = reader.ReadUInt32("the version");
        return version switch
        {
            2 or 3 => version,
            0 => throw reader.Input.Bad("GGUF version 0 does not exist"),
            1 => throw reader.Input.Beyond("GGUF version 1 (2023) is not read; convert the model again with a current converter"),
            _ when (version & 0xFFFF) == 0 => throw reader.Input.Beyond("a big-endian GGUF file is not read; convert the model again for little-endian machines"),
            _ => throw reader.Input.Beyond($"GGUF version {version} is newer than this program, which reads 2 and 3; update it"),
        };
    }

    private static long ReadAlignment(OrderedDictionary<string, GgufValue> metadata, InputBytes input)
    {
        if (!metadata.TryGetValue(AlignmentKey, out var value)) return DefaultAlignment;
        if (value.Type != GgufType.UInt32) throw input.Bad($"{AlignmentKey} is {value.Kind}, not UInt32");
        value.TryGetInteger(out uint alignment);
        GgufLayout.RequireAlignment(alignment, message => input.Bad(message));
        return alignment;
    }
}
