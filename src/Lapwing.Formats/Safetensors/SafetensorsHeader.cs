using System.Buffers.Binary;
using System.Text.Json;
using Lapwing.Formats.Files;
using Lapwing.Tensors;

namespace Lapwing.Formats.Safetensors;

/// <summary>One entry of the header: a tensor's type, shape and place, counted from the end of the header.</summary>
internal sealed record SafetensorsEntry(string Name, ElementType Type, string StoredAs, long[] Shape, long Begin, long End);

/// <summary>
/// The header of a safetensors file: 8 bytes of length, then JSON of that length (https://huggingface.co/docs/safetensors).
/// </summary>
internal sealed class SafetensorsHeader
{
    /// <summary>The reference implementation's limit.</summary>
    public const long LongestHeader = 100_000_000;

    private readonly InputBytes input;

    private SafetensorsHeader(InputBytes input) => this.input = input;

    public List<SafetensorsEntry> Entries { get; } = [];

    public OrderedDictionary<string, string> Metadata { get; } = new(StringComparer.Ordinal);

    public long DataStart { get; private set; }

    public static SafetensorsHeader Read(InputBytes input)
    {
        var header = new SafetensorsHeader(input);
        byte[] json = header.ReadJson();
        try
        {
            header.Parse(json);
        }
        catch (JsonException e)
        {
            throw input.Bad($"the header is no JSON of the form that safetensors asks for (byte {8 + (e.BytePositionInLine ?? 0)} of line {1 + (e.LineNumber ?? 0)})");
        }
        catch (InvalidOperationException)
        {
            // Utf8JsonReader.GetString on text that is not Unicode.
            throw input.Bad("the header holds text that is not Unicode");
        }
        header.CheckLayout();
        return header;
    }

    private byte[] ReadJson()
    {
        if (input.Length < 8) throw input.Bad($"a safetensors file begins with 8 bytes of header length; this one has {input.Length} bytes");
        Span<byte> start = stackalloc byte[8];
        input.ReadAt(0, start);
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(start);
        if (length > LongestHeader) throw No($"the header length is {length}, more than the {LongestHeader} that the format allows");
        if ((long)length > input.Length - 8) throw input.Bad($"the header has {length} bytes, but the file only {input.Length}");
        byte[] json = new byte[length];
        input.ReadAt(8, json);
        if (length == 0 || json[0] != '{') throw No("the header does not begin with '{'");
        DataStart = 8 + (long)length;
        return json;
    }

    private void Parse(byte[] json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 8 });
        var names = new HashSet<string>(StringComparer.Ordinal);
        reader.Read();
        while (Next(ref reader) != JsonTokenType.EndObject)
        {
            string name = reader.GetString()!;
            if (!names.Add(name)) throw input.Bad($"{Wording.Quote(name)} stands twice in the header");
            if (Next(ref reader) != JsonTokenType.StartObject) throw input.Bad($"the header's entry {Wording.Quote(name)} is no object");
            if (name == "__metadata__") ParseMetadata(ref reader);
            else Entries.Add(ParseEntry(ref reader, name));
        }
        // Spaces may follow, to align the data; anything else throws here.
        reader.Read();
    }

    private void ParseMetadata(ref Utf8JsonReader reader)
    {
        while (Next(ref reader) != JsonTokenType.EndObject)
        {
            string key = reader.GetString()!;
            if (Next(ref reader) != JsonTokenType.String) throw input.Bad($"__metadata__ holds {Wording.Quote(key)} that is no text");
            if (!Metadata.TryAdd(key, reader.GetString()!)) throw input.Bad($"__metadata__ holds {Wording.Quote(key)} twice");
        }
    }

    private SafetensorsEntry ParseEntry(ref Utf8JsonReader reader, string name)
    {
        string quoted = Wording.Quote(name);
        string? stored = null;
        long[]? shape = null, offsets = null;
        while (Next(ref reader) != JsonTokenType.EndObject)
        {
            string key = reader.GetString()!;
            Next(ref reader);
            switch (key)
            {
                case "dtype" when stored is null && reader.TokenType == JsonTokenType.String:
                    stored = reader.GetString()!;
                    break;
                case "shape" when shape is null && reader.TokenType == JsonTokenType.StartArray:
                    shape = ParseNumbers(ref reader, quoted, key);
                    break;
                case "data_offsets" when offsets is null && reader.TokenType == JsonTokenType.StartArray:
                    offsets = ParseNumbers(ref reader, quoted, key);
                    break;
                default:
                    throw input.Bad($"{Wording.Quote(key)} of tensor {quoted} is unknown, stands twice or has the wrong form");
            }
        }
        if (stored is null || shape is null || offsets is not { Length: 2 })
            throw input.Bad($"tensor {quoted} needs dtype, shape and two data_offsets");
        return MakeEntry(name, quoted, stored, shape, offsets[0], offsets[1]);
    }

    private SafetensorsEntry MakeEntry(string name, string quoted, string stored, long[] shape, long begin, long end)
    {
        if (SafetensorsTypes.Parse(stored) is not { } type)
        {
            if (SafetensorsTypes.IsKnownElsewhere(stored))
                throw input.Beyond($"tensor {quoted} has type {stored}, which this version does not read; convert it to F32, F16 or BF16 first");
            throw input.Bad($"tensor {quoted} has type {Wording.Quote(stored)}, which does not exist");
        }
        long bytes;
        try
        {
            long count = 1;
            foreach (long extent in shape) count = checked(count * extent);
            bytes = type.RowBytes(count);
        }
        catch (OverflowException)
        {
            throw input.Bad($"the size of tensor {quoted} [{string.Join(", ", shape)}] does not fit 63 bits");
        }
        if (begin > end || end - begin != bytes)
            throw input.Bad($"tensor {quoted} [{string.Join(", ", shape)}] of {stored} takes {bytes} bytes, but its place is from {begin} to {end}");
        return new SafetensorsEntry(name, type, stored, shape, begin, end);
    }

    private long[] ParseNumbers(ref Utf8JsonReader reader, string quoted, string key)
    {
        var numbers = new List<long>();
        while (Next(ref reader) != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out long number) || number < 0)
                throw input.Bad($"{key} of tensor {quoted} holds something that is no whole number from 0 to 2^63 - 1");
            numbers.Add(number);
        }
        return [.. numbers];
    }

    private void CheckLayout()
    {
        long data = input.Length - DataStart;
        long expected = 0;
        foreach (var entry in Entries.OrderBy(e => e.Begin).ThenBy(e => e.End))
        {
            string quoted = Wording.Quote(entry.Name);
            if (entry.End > data) throw input.Bad($"tensor {quoted} ends at {entry.End}, but there are only {data} bytes of data");
            if (entry.Begin < expected) throw input.Bad($"tensor {quoted} at {entry.Begin} overlaps the one before it, which ends at {expected}");
            if (entry.Begin > expected) throw input.Bad($"there is a hole from {expected} to tensor {quoted} at {entry.Begin}");
            expected = entry.End;
        }
        if (expected != data) throw input.Bad($"{data - expected} bytes follow the last tensor that belong to none");
    }

    private InvalidDataException No(string why) => new($"{input.Path} is no safetensors file: {why}; name a .safetensors file or a folder that holds some");

    private JsonTokenType Next(ref Utf8JsonReader reader) => reader.Read() ? reader.TokenType : throw input.Bad("the header ends in the middle");
}
