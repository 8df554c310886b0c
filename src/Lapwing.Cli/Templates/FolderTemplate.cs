using System.Text.Json;

namespace Lapwing.Cli.Templates;

/// <summary>The chat template of a safetensors folder: <c>chat_template.jinja</c>, or <c>chat_template</c> of <c>tokenizer_config.json</c>.</summary>
internal static class FolderTemplate
{
    /// <summary>The template's text, or null where the folder has none. Of several named ones, the one called <c>default</c>.</summary>
    public static string? Read(string folder)
    {
        string file = Path.Combine(folder, "chat_template.jinja");
        if (File.Exists(file)) return File.ReadAllText(file);
        string config = Path.Combine(folder, "tokenizer_config.json");
        if (!File.Exists(config)) return null;
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(config), new JsonDocumentOptions { MaxDepth = 64 });
            if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty("chat_template", out var template)) return null;
            if (template.ValueKind == JsonValueKind.String) return template.GetString();
            if (template.ValueKind != JsonValueKind.Array) return null;
            foreach (var entry in template.EnumerateArray())
                if (entry.ValueKind == JsonValueKind.Object && entry.TryGetProperty("name", out var name) && name.ValueEquals("default") && entry.TryGetProperty("template", out var text) && text.ValueKind == JsonValueKind.String)
                    return text.GetString();
            return null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new InvalidDataException($"{config} is no JSON that can be read: {e.Message}", e);
        }
    }
}
