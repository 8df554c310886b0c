using System.Runtime.InteropServices;
using System.Text;

namespace Lapwing.Formats.Gguf;

/// <summary>Writes names and metadata values, little-endian.</summary>
internal static class GgufValueWriter
{
    public static void WriteName(BinaryWriter writer, string name) => WriteString(writer, Encoding.UTF8.GetBytes(name));

    public static void WriteValue(BinaryWriter writer, GgufValue value)
    {
        writer.Write((uint)value.Type);
        Write(writer, value);
    }

    private static void Write(BinaryWriter writer, GgufValue value)
    {
        switch (value.Content)
        {
            case byte[] text when value.Type == GgufType.String:
                WriteString(writer, text);
                break;
            case GgufStringArray strings:
                WriteArrayHead(writer, value);
                for (int i = 0; i < strings.Count; i++) WriteString(writer, strings.Bytes(i));
                break;
            case GgufValue[] arrays:
                WriteArrayHead(writer, value);
                foreach (var array in arrays) Write(writer, array);
                break;
            case Array numbers:
                WriteArrayHead(writer, value);
                // A bool of .NET is one byte, 0 or 1, as in the file.
                writer.Write(MemoryMarshal.CreateReadOnlySpan(ref MemoryMarshal.GetArrayDataReference(numbers), Buffer.ByteLength(numbers)));
                break;
            case byte v: writer.Write(v); break;
            case sbyte v: writer.Write(v); break;
            case ushort v: writer.Write(v); break;
            case short v: writer.Write(v); break;
            case uint v: writer.Write(v); break;
            case int v: writer.Write(v); break;
            case float v: writer.Write(v); break;
            case bool v: writer.Write(v); break;
            case ulong v: writer.Write(v); break;
            case long v: writer.Write(v); break;
            case double v: writer.Write(v); break;
        }
    }

    private static void WriteArrayHead(BinaryWriter writer, GgufValue value)
    {
        writer.Write((uint)value.ElementType!.Value);
        writer.Write((ulong)value.Count);
    }

    private static void WriteString(BinaryWriter writer, ReadOnlySpan<byte> bytes)
    {
        writer.Write((ulong)bytes.Length);
        writer.Write(bytes);
    }
}
