using System.Text.Json;

namespace Lapwing.Text.Tokenizers;

/// <summary>The <c>post_processor</c> of tokenizer.json: what goes before and behind a single text.</summary>
internal static class PostProcessorReader
{
    internal static (List<int> Prefix, List<int> Suffix) Read(JsonElement? element)
    {
        var prefix = new List<int>();
        var suffix = new List<int>();
        if (element is { } value) Add(value, prefix, suffix);
        return (prefix, suffix);
    }

    private static void Add(JsonElement element, List<int> prefix, List<int> suffix)
    {
        string type = element.Text("type");
        switch (type)
        {
            case "Sequence":
                foreach (JsonElement item in element.Items("processors")) Add(item, prefix, suffix);
                break;
            case "ByteLevel": break;
            case "BertProcessing" or "RobertaProcessing":
                prefix.Insert(0, Pair(element.Need("cls"), "cls"));
                suffix.Add(Pair(element.Need("sep"), "sep"));
                break;
            case "TemplateProcessing": AddTemplate(element, prefix, suffix); break;
            default:
                throw new NotSupportedException($"tokenizer.json asks for the post-processor '{Vocabulary.Show(type)}', which is not known here.");
        }
    }

    /// <summary>Reads <c>["[CLS]", 101]</c>.</summary>
    private static int Pair(JsonElement element, string name)
    {
        JsonElement[] items = [.. JsonReading.AsItems(element, name)];
        return items.Length == 2 ? JsonReading.AsInteger(items[1], name) : throw JsonReading.Bad(name, "a pair of spelling and id");
    }

    private static void AddTemplate(JsonElement element, List<int> prefix, List<int> suffix)
    {
        var before = new List<int>();
        bool behind = false;
        foreach (JsonElement item in element.Items("single"))
        {
            if (item.Member("Sequence") is not null)
            {
                if (behind) throw new NotSupportedException("The post-processor of tokenizer.json repeats the text, which is not supported.");
                behind = true;
                continue;
            }
            string name = item.Need("SpecialToken").Text("id");
            JsonElement token = element.Need("special_tokens").Need(name);
            foreach (JsonElement id in token.Items("ids")) (behind ? suffix : before).Add(JsonReading.AsInteger(id, "ids"));
        }
        prefix.InsertRange(0, before);
    }
}
