using CsCheck;
using Lapwing.Formats.Gguf;
using Lapwing.Formats.Safetensors;
using Lapwing.Tensors;

namespace Lapwing.Formats.Tests;

/// <summary>What is written is what is read.</summary>
public sealed class RoundTripTests
{
    private static readonly Gen<GgufValue> Scalar = Gen.OneOf<GgufValue>(
        Gen.Byte.Select(v => GgufValue.Of(v)), Gen.SByte.Select(v => GgufValue.Of(v)), Gen.UShort.Select(v => GgufValue.Of(v)), Gen.Short.Select(v => GgufValue.Of(v)),
        Gen.UInt.Select(v => GgufValue.Of(v)), Gen.Int.Select(v => GgufValue.Of(v)), Gen.ULong.Select(v => GgufValue.Of(v)), Gen.Long.Select(v => GgufValue.Of(v)),
        Gen.Float.Select(v => GgufValue.Of(v)), Gen.Double.Select(v => GgufValue.Of(v)), Gen.Bool.Select(v => GgufValue.Of(v)),
        Gen.Byte.Array[0, 40].Select(v => GgufValue.Of(v)));

    private static readonly Gen<GgufValue> Flat = Gen.OneOf<GgufValue>(
        Gen.Byte.Array[0, 20].Select(v => GgufValue.ArrayOf(v)), Gen.SByte.Array[0, 20].Select(v => GgufValue.ArrayOf(v)), Gen.UShort.Array[0, 20].Select(v => GgufValue.ArrayOf(v)),
        Gen.Short.Array[0, 20].Select(v => GgufValue.ArrayOf(v)), Gen.UInt.Array[0, 20].Select(v => GgufValue.ArrayOf(v)), Gen.Int.Array[0, 20].Select(v => GgufValue.ArrayOf(v)),
        Gen.ULong.Array[0, 20].Select(v => GgufValue.ArrayOf(v)), Gen.Long.Array[0, 20].Select(v => GgufValue.ArrayOf(v)), Gen.Float.Array[0, 20].Select(v => GgufValue.ArrayOf(v)),
        Gen.Double.Array[0, 20].Select(v => GgufValue.ArrayOf(v)), Gen.Bool.Array[0, 20].Select(v => GgufValue.ArrayOf(v)),
        Gen.Byte.Array[0, 12].Array[0, 10].Select(v => GgufValue.ArrayOf(new GgufStringArray(v))));

    private static readonly Gen<GgufValue> Value = Gen.OneOf(Scalar, Flat, Flat.Array[0, 4].Select(GgufValue.ArrayOf), Flat.Array[1, 3].Select(GgufValue.ArrayOf).Array[1, 3].Select(GgufValue.ArrayOf));

    private static readonly Gen<string> Name = Gen.String[Gen.Char["abcdefghijklmnopqrstuvwxyz._/ äß漢🙂"[..^2]], 1, 15];

    private static readonly Gen<(ElementType Type, long[] Shape)> BlockTensor =
        from type in Gen.Enum<ElementType>().Where(t => t.IsKnown())
        from outer in Gen.Long[1, 4].Array[0, 3]
        from blocks in Gen.Long[1, 3]
        select (type, (long[])[.. outer, blocks * type.BlockLength()]);

    private static readonly Gen<(ElementType Type, long[] Shape)> PlainTensor =
        from type in OneOf(ElementType.F64, ElementType.F32, ElementType.F16, ElementType.BF16, ElementType.I64, ElementType.I32, ElementType.I16, ElementType.I8)
        from shape in Gen.Long[0, 5].Array[0, 5]
        select (type, shape);

    [Fact]
    public void Any_gguf_that_is_written_is_read_as_it_was_and_written_again_it_is_the_same()
    {
        using var folder = new TemporaryFolder();
        (from metadata in Gen.Dictionary(Name, Value)[0, 12]
         from tensors in Gen.Dictionary(Name, BlockTensor)[0, 6]
         from version in Gen.UInt[2, 3]
         from alignment in OneOf(0u, 8u, 32u, 64u, 4096u)
         from seed in Gen.Int
         select (metadata, tensors, version, alignment, seed)).Sample(
        (metadata, tensors, version, alignment, seed) =>
        {
            var writer = new GgufWriter(version).SetAll(metadata);
            if (alignment > 0) writer.Set("general.alignment", alignment);
            var content = tensors.ToDictionary(t => t.Key, t => Noise(t.Value.Type, t.Value.Shape, seed));
            foreach (var (name, (type, shape)) in tensors) writer.AddTensor(name, type, shape, content[name]);
            string path = folder.File("a.gguf");
            writer.Write(path);
            using (var file = GgufFile.Open(path))
            {
                Assert.Equal(version, file.Version);
                Assert.Equal(alignment > 0 ? alignment : 32, file.Alignment);
                Assert.Equal(writer.Metadata.Keys, file.Metadata.Keys);
                foreach (var (key, value) in writer.Metadata) AssertSame(value, file.Metadata[key]);
                Assert.Equal(tensors.Keys, file.Tensors.Keys);
                foreach (var (name, (type, shape)) in tensors)
                {
                    Assert.Equal(type, file.Tensors[name].Type);
                    Assert.Equal(shape, file.Tensors[name].Shape);
                    Assert.True(file.Tensors[name].Span.SequenceEqual(content[name]));
                    Assert.Equal(0, file.Tensors[name].Address % (alignment > 0 ? alignment : 32));
                }
                var again = new GgufWriter(version).SetAll(file.Metadata);
                foreach (var tensor in file.Tensors.Values) again.AddTensor(tensor);
                again.Write(folder.File("b.gguf"));
            }
            Assert.Equal(File.ReadAllBytes(path), File.ReadAllBytes(folder.File("b.gguf")));
        }, iter: 60, threads: 1);
    }

    [Fact]
    public void Any_safetensors_that_are_written_are_read_as_they_were_whole_or_in_shards()
    {
        using var folder = new TemporaryFolder();
        (from metadata in Gen.Dictionary(Name, Gen.String)[0, 4]
         from tensors in Gen.Dictionary(Name, PlainTensor)[1, 8]
         from most in Gen.Long[1, 4000]
         from seed in Gen.Int
         select (metadata, tensors, most, seed)).Sample(
        (metadata, tensors, most, seed) =>
        {
            var writer = new SafetensorsWriter();
            foreach (var (key, value) in metadata) writer.Metadata[key] = Scrub(value);
            var content = tensors.ToDictionary(t => t.Key, t => Noise(t.Value.Type, t.Value.Shape, seed));
            foreach (var (name, (type, shape)) in tensors) writer.AddTensor(name, type, shape, content[name]);
            writer.WriteFolder(folder.Path, most);
            using (var shards = SafetensorsFolder.Open(folder.Path))
            {
                Assert.Equal(tensors.Keys.Order(StringComparer.Ordinal), shards.Tensors.Keys.Order(StringComparer.Ordinal));
                Assert.Equal(writer.Metadata, shards.Metadata);
                foreach (var (name, (type, shape)) in tensors)
                {
                    Assert.Equal(type, shards.Tensors[name].Type);
                    Assert.Equal(shape, shards.Tensors[name].Shape);
                    Assert.True(shards.Tensors[name].Span.SequenceEqual(content[name]));
                    Assert.Equal(0, shards.Tensors[name].Address % type.BlockBytes());
                }
            }
            foreach (string file in Directory.GetFiles(folder.Path)) File.Delete(file);
        }, iter: 60, threads: 1);
    }

    private static Gen<T> OneOf<T>(params T[] choices) => Gen.Int[0, choices.Length - 1].Select(i => choices[i]);

    private static void AssertSame(GgufValue expected, GgufValue actual)
    {
        Assert.Equal((expected.Type, expected.ElementType, expected.Count), (actual.Type, actual.ElementType, actual.Count));
        switch (expected.ElementType)
        {
            case null when expected.Type == GgufType.String:
                Assert.Equal(expected.StringBytes, actual.StringBytes);
                break;
            case GgufType.String:
                for (int i = 0; i < expected.Count; i++) Assert.Equal(expected.Strings.Bytes(i), actual.Strings.Bytes(i));
                break;
            case GgufType.Array:
                for (int i = 0; i < expected.Count; i++) AssertSame(expected.Arrays[i], actual.Arrays[i]);
                break;
            default:
                Assert.Equal(expected.Content, actual.Content);
                break;
        }
    }

    private static byte[] Noise(ElementType type, long[] shape, int seed)
    {
        byte[] bytes = new byte[type.RowBytes(shape.Length == 0 ? 1 : shape[^1]) * shape.SkipLast(1).Aggregate(1L, (a, b) => a * b)];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    /// <summary>JSON text has no lone surrogates.</summary>
    private static string Scrub(string text) => System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(text));
}
