using System.Text.Json;

namespace Lapwing.Cli.Host;

/// <summary>JSON has no NaN and no infinity: they are written as null.</summary>
internal static class JsonNumbers
{
    public static void Write(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value)) json.WriteNumber(name, value);
        else json.WriteNull(name);
    }
}
