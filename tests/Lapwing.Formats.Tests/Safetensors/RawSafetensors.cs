using System.Text;
using Lapwing.Formats.Files;
using Lapwing.Formats.Safetensors;

namespace Lapwing.Formats.Tests.Safetensors;

/// <summary>Safetensors files laid out by hand.</summary>
internal static class RawSafetensors
{
    public static byte[] Make(string header, int dataBytes, ulong? length = null) => Make(Encoding.UTF8.GetBytes(header), dataBytes, length);

    public static byte[] Make(byte[] header, int dataBytes, ulong? length = null) =>
        [.. BitConverter.GetBytes(length ?? (ulong)header.Length), .. header, .. Enumerable.Range(0, dataBytes).Select(i => (byte)(i * 7 + 1))];

    public static SafetensorsFile Open(byte[] content) => SafetensorsFile.Open(new InputMemory("memory.safetensors", content));
}
