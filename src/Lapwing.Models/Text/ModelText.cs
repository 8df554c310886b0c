using System.Text.Json;
using Lapwing.Formats.Gguf;
using Lapwing.Text.Tokenizers;

namespace Lapwing.Models;

/// <summary>What a model brings for text: its tokenizer and its chat template.</summary>
/// <param name="Tokenizer">Text to ids and back.</param>
/// <param name="ChatTemplate">Jinja; null for base models.</param>
public sealed record ModelText(Tokenizer Tokenizer, string? ChatTemplate)
{
    // Published tokenizer files have up to about 40 MB; what is larger is not read.
    private const long Largest = 512L << 20;

    /// <summary>Reads both from a GGUF file or from a folder (<c>tokenizer.json</c> or <c>tokenizer.model</c>, <c>tokenizer_config.json</c>, <c>chat_template.jinja</c>).</summary>
    /// <exception cref="FileNotFoundException">There is no tokenizer.</exception>
    /// <exception cref="InvalidDataException">It is damaged.</exception>
    /// <exception cref="NotSupportedException">It is of a kind that this version does not know.</exception>
    public static ModelText Open(string path)
    {
        if (Directory.Exists(path)) return FromFolder(path);
        using var file = GgufFile.Open(path);
        return FromGguf(file);
    }

    /// <summary>From an open GGUF file.</summary>
    public static ModelText FromGguf(GgufFile file)
    {
        var tokenizer = GgufText.Read(file);
        return new ModelText(tokenizer, tokenizer.ChatTemplate);
    }

    private static ModelText FromFolder(string folder)
    {
        byte[]? json = ReadIfThere(folder, "tokenizer.json"), config = ReadIfThere(folder, "tokenizer_config.json");
        Tokenizer tokenizer;
        try
        {
            if (json is not null) tokenizer = TokenizerFactory.FromTokenizerJson(json, config);
            else if (ReadIfThere(folder, "tokenizer.model") is { } model) tokenizer = TokenizerFactory.FromSentencePieceModel(model, config);
            else throw new FileNotFoundException($"{folder} holds neither tokenizer.json nor tokenizer.model: copy the one that belongs to the model there", folder);
        }
        catch (Exception error) when (error is InvalidDataException or NotSupportedException)
        {
            string message = $"{folder}: {error.Message}";
            throw error is InvalidDataException ? new InvalidDataException(message, error) : new NotSupportedException(message, error);
        }
        return new ModelText(tokenizer, Template(folder) ?? tokenizer.ChatTemplate);
    }

    // Newer folders hold the template in a file of its own, which then rules.
    private static string? Template(string folder)
    {
        if (ReadIfThere(folder, "chat_template.jinja") is { } jinja) return System.Text.Encoding.UTF8.GetString(jinja);
        if (ReadIfThere(folder, "chat_template.json") is not { } json) return null;
        try
        {
            using var document = JsonDocument.Parse(json);
            return document.RootElement.TryGetProperty("chat_template", out var template) && template.ValueKind == JsonValueKind.String ? template.GetString() : null;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw new InvalidDataException($"{Path.Combine(folder, "chat_template.json")} is no JSON object: {error.Message}", error);
        }
    }

    private static byte[]? ReadIfThere(string folder, string name)
    {
        var file = new FileInfo(Path.Combine(folder, name));
        if (!file.Exists) return null;
        return file.Length <= Largest ? File.ReadAllBytes(file.FullName) : throw new InvalidDataException($"{file.FullName} has {file.Length:N0} bytes, more than any tokenizer: it is not what its name says");
    }
}
