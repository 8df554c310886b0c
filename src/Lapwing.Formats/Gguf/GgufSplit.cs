using System.Globalization;
using System.Text.RegularExpressions;
using Lapwing.Formats.Files;

namespace Lapwing.Formats.Gguf;

/// <summary>
/// Models in several files, as llama.cpp's <c>gguf-split</c> writes them: <c>PREFIX-00001-of-00003.gguf</c>, each with the keys
/// <c>split.no</c> (from 0), <c>split.count</c> and <c>split.tensors.count</c>.
/// </summary>
internal static partial class GgufSplit
{
    public const string NumberKey = "split.no";
    public const string CountKey = "split.count";
    public const string TensorsKey = "split.tensors.count";

    /// <summary>The path of part <paramref name="number"/> (from 0) of <paramref name="count"/>.</summary>
    public static string PartPath(string prefix, int number, int count) =>
        string.Create(CultureInfo.InvariantCulture, $"{prefix}-{number + 1:00000}-of-{count:00000}.gguf");

    /// <summary>If the file at <paramref name="path"/> is a part, opens the others and puts all in order.</summary>
    public static void OpenOthers(string path, List<InputBytes> inputs, List<GgufHeader> headers, Func<string, InputBytes> open)
    {
        var (given, first) = (inputs[0], headers[0]);
        int count = Integer(first, CountKey, given, 0);
        if (count <= 1) return;
        int number = Integer(first, NumberKey, given, -1);
        if (number >= count) throw given.Bad($"the file says that it is part {number + 1} of {count}");
        var name = PartName().Match(path);
        if (!name.Success || PartPath(name.Groups[1].Value, number, count) != path)
        {
            throw new InvalidDataException($"{path} is part {number + 1} of {count} of a split model, but its name does not end in "
                + $"{PartPath("", number, count)}: rename the parts so that the others can be found");
        }

        // The given part keeps its place; the others are opened around it.
        inputs.Clear();
        headers.Clear();
        bool placed = false;
        try
        {
            for (int part = 0; part < count; part++)
            {
                if (part == number)
                {
                    inputs.Add(given);
                    headers.Add(first);
                    placed = true;
                    continue;
                }
                inputs.Add(OpenPart(PartPath(name.Groups[1].Value, part, count), part, count, path, open));
                headers.Add(GgufHeader.Read(inputs[^1]));
                CheckPart(headers[^1], inputs[^1], part, count);
            }
        }
        finally
        {
            // On an error the caller disposes what the list holds.
            if (!placed) inputs.Add(given);
        }
        long expected = Integer(headers[0], TensorsKey, inputs[0], -1);
        long found = headers.Sum(h => (long)h.Tensors.Count);
        if (expected != found) throw inputs[0].Bad($"{TensorsKey} is {expected}, but the {count} parts hold {found} tensors: they do not belong together");
    }

    private static InputBytes OpenPart(string path, int part, int count, string given, Func<string, InputBytes> open)
    {
        try
        {
            return open(path);
        }
        catch (FileNotFoundException e)
        {
            throw new FileNotFoundException($"{path} is missing: {given} is split into {count} files and part {part + 1} is not beside it; fetch all parts into one folder", path, e);
        }
    }

    private static void CheckPart(GgufHeader header, InputBytes input, int part, int count)
    {
        int number = Integer(header, NumberKey, input, -1);
        int said = Integer(header, CountKey, input, 0);
        if (number != part || said != count)
            throw input.Bad($"the file says that it is part {number + 1} of {said}, but its name says {part + 1} of {count}");
    }

    private static int Integer(GgufHeader header, string key, InputBytes input, int fallback)
    {
        if (!header.Metadata.TryGetValue(key, out var value)) return fallback >= 0 ? fallback : throw input.Bad($"metadata key '{key}' of a split model is missing");
        if (!value.TryGetInteger(out int number) || number < 0) throw input.Bad($"metadata key '{key}' is {value}, not a small integer");
        return number;
    }

    [GeneratedRegex(@"^(.*)-[0-9]{5}-of-[0-9]{5}\.gguf$", RegexOptions.CultureInvariant | RegexOptions.Singleline)]
    private static partial Regex PartName();
}
