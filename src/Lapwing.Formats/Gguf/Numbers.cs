using System.Numerics;

namespace Lapwing.Formats.Gguf;

/// <summary>Conversions between the number types of metadata that never change a value silently.</summary>
internal static class Numbers
{
    public delegate bool Conversion<T>(object content, out T value);

    public static bool TryInteger<T>(object content, out T value)
        where T : IBinaryInteger<T>
    {
        // Int128 holds every signed and unsigned 64-bit value.
        Int128? wide = content switch
        {
            byte v => v,
            sbyte v => v,
            ushort v => v,
            short v => v,
            uint v => v,
            int v => v,
            ulong v => v,
            long v => v,
            _ => null,
        };
        value = wide is { } number ? T.CreateTruncating(number) : T.Zero;
        return wide is { } same && Int128.CreateTruncating(value) == same;
    }

    public static bool TryDouble(object content, out double value)
    {
        switch (content)
        {
            case float v:
                value = v;
                return true;
            case double v:
                value = v;
                return true;
            default:
                bool ok = TryInteger(content, out Int128 integer);
                value = (double)integer;
                return ok;
        }
    }

    public static bool TrySingle(object content, out float value)
    {
        bool ok = TryDouble(content, out double wide);
        value = (float)wide;
        return ok;
    }

    public static bool TryBool(object content, out bool value)
    {
        if (content is bool truth)
        {
            value = truth;
            return true;
        }
        bool ok = TryInteger(content, out byte integer) && integer <= 1;
        value = ok && integer == 1;
        return ok;
    }

    public static bool TryEach<T>(object content, Conversion<T> convert, out T[] values)
    {
        // Asked of the object, uint[] is int[] (arrays of .NET convert between signs); its exact type tells them apart.
        if (content.GetType() == typeof(T[]))
        {
            values = [.. (T[])content];
            return true;
        }
        values = [];
        if (content is not Array array || content is GgufValue[]) return false;
        var converted = new T[array.Length];
        for (int i = 0; i < converted.Length; i++)
            if (!convert(array.GetValue(i)!, out converted[i])) return false;
        values = converted;
        return true;
    }
}
