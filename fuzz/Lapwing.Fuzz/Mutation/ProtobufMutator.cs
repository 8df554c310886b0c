namespace Lapwing.Fuzz.Mutation;

/// <summary>Changes a protocol buffer field by field; the lengths of what is around a change stay right.</summary>
internal static class ProtobufMutator
{
    private const int Varint = 0, Fixed64 = 1, Delimited = 2, Fixed32 = 5;

    /// <summary>A field: its number, its wire type and its bytes without tag and length.</summary>
    private sealed record Field(ulong Number, int Type, byte[] Content);

    /// <summary>One change in the message or, more often, in one of the messages in it.</summary>
    public static byte[] Change(byte[] input, Mutator mutator, IReadOnlyList<byte[]> contents)
    {
        if (mutator.Random.Next(10) == 0 || Split(input) is not { Count: > 0 } fields) return mutator.Bytes(input);
        int at = mutator.Random.Next(fields.Count);
        var field = fields[at];
        if (field.Type == Delimited && mutator.Random.Next(4) != 0 && Split(field.Content) is { Count: > 0 })
        {
            fields[at] = field with { Content = Change(field.Content, mutator, contents) };
            return Join(fields);
        }
        switch (mutator.Random.Next(8))
        {
            case 0:
                fields.RemoveAt(at);
                break;
            case 1:
                fields.Insert(mutator.Random.Next(fields.Count), field);
                break;
            case 2:
                fields[at] = field with { Number = mutator.Random.Next(3) == 0 ? mutator.Edge() & 0x1FFFFFFF : (ulong)mutator.Random.Next(50) };
                break;
            case 3:
                fields[at] = field with { Type = mutator.Random.Next(8) };
                break;
            case 4:
                if (Split(mutator.Other()) is { Count: > 0 } theirs) fields[at] = mutator.Pick(theirs);
                break;
            case 5:
                int other = mutator.Random.Next(fields.Count);
                (fields[at], fields[other]) = (fields[other], fields[at]);
                break;
            default:
                fields[at] = field with
                {
                    Content = field.Type switch
                    {
                        Varint => Number(mutator.Random.Next(2) == 0 ? (ulong)mutator.Random.Next(10) : mutator.Edge()),
                        Fixed32 => BitConverter.GetBytes(mutator.Random.Next(3) switch { 0 => (uint)mutator.Edge(), 1 => BitConverter.SingleToUInt32Bits(float.NaN), _ => BitConverter.SingleToUInt32Bits(-mutator.Random.Next(100)) }),
                        Fixed64 => BitConverter.GetBytes(mutator.Edge()),
                        _ => mutator.Random.Next(2) == 0 ? mutator.Pick(contents) : mutator.Bytes(field.Content),
                    },
                };
                break;
        }
        return Join(fields);
    }

    /// <summary>The fields of a message; null where the bytes are none.</summary>
    private static List<Field>? Split(byte[] message)
    {
        var fields = new List<Field>();
        for (int at = 0; at < message.Length;)
        {
            if (Read(message, ref at) is not { } tag) return null;
            int type = (int)(tag & 7), start = at;
            switch (type)
            {
                case Varint:
                    if (Read(message, ref at) is null) return null;
                    break;
                case Fixed64:
                    at += 8;
                    break;
                case Fixed32:
                    at += 4;
                    break;
                case Delimited:
                    if (Read(message, ref at) is not { } length || length > (ulong)(message.Length - at)) return null;
                    start = at;
                    at += (int)length;
                    break;
                default:
                    return null;
            }
            if (at > message.Length) return null;
            fields.Add(new Field(tag >> 3, type, message[start..at]));
        }
        return fields;
    }

    private static byte[] Join(List<Field> fields)
    {
        var result = new List<byte>();
        foreach (var field in fields)
        {
            result.AddRange(Number((field.Number << 3) | (uint)field.Type));
            if (field.Type == Delimited) result.AddRange(Number((ulong)field.Content.Length));
            result.AddRange(field.Content);
        }
        return [.. result];
    }

    private static ulong? Read(byte[] message, ref int at)
    {
        ulong value = 0;
        for (int shift = 0; shift < 64 && at < message.Length; shift += 7)
        {
            byte next = message[at++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80) return value;
        }
        return null;
    }

    private static byte[] Number(ulong value)
    {
        var bytes = new List<byte>();
        for (; value >= 0x80; value >>= 7) bytes.Add((byte)(value | 0x80));
        bytes.Add((byte)value);
        return [.. bytes];
    }
}
