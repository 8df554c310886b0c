using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Lapwing.Fuzz;

/// <summary>The branches of each parser that a run took, from coverlet's reports in Cobertura's form.</summary>
internal static partial class BranchCoverage
{
    /// <summary>Each parser with the files that make it up, as a pattern over their paths.</summary>
    private static readonly (string Parser, string Files)[] Parsers =
    [
        ("GGUF", @"Gguf/(GgufHeader|GgufLayout|GgufTensorInfo|GgufValueReader|GgufSplit|GgufFile)\.cs|Files/BoundedReader\.cs"),
        ("LoRA as GGUF", @"Gguf/GgufLora\.cs"),
        ("safetensors, index and folder", @"Safetensors/(SafetensorsHeader|SafetensorsIndex|SafetensorsFolder|SafetensorsFile)\.cs"),
        ("config.json", @"Formats/Json\.cs|Huggingface/"),
        ("adapter_config.json", @"Peft/(AdapterConfig(\.Reading)?|ModulePattern)\.cs"),
        ("tokenizer.json", @"HuggingFace/(DecoderReader|JsonModel|JsonReading|NormalizerReader|PostProcessorReader|PreTokenizerReader|TokenList|TokenizerConfig|TokenizerJsonReader)\.cs"),
        ("its patterns", "Tokenizers/Patterns/"),
        ("tokenizer.model", "Tokenizers/SentencePiece/"),
        ("GGUF's vocabulary", "Tokenizers/(Gguf/|GgufVocabulary)"),
        ("what tokenizers are made of", "Tokenizers/(Models|Pipeline)/"),
        ("writing vocabularies", "HuggingFace/(GgufExport|MergeScores|TokenizerJsonWriter)"),
        ("templates: syntax", "Templates/Syntax/"),
        ("templates: values and library", "Templates/(Runtime|Library)/"),
        ("training data", "Lapwing.Training/(Data|Examples)/"),
        ("adapters on a model", @"Adapters/AdapterReader\.cs"),
        ("a model's settings and tensors", "Lapwing.Models/(Architectures|Loading)/"),
    ];

    /// <summary>Writes a line for each parser that the reports know; of several reports the one that saw most of a line counts.</summary>
    public static void Write(IEnumerable<string> reports, TextWriter output)
    {
        var lines = reports.SelectMany(Lines).GroupBy(l => (l.File, l.Class, l.Number)).Select(g => g.MaxBy(l => l.Taken)).ToList();
        foreach (var (parser, files) in Parsers)
        {
            var pattern = new Regex(files);
            var own = lines.Where(l => pattern.IsMatch(l.File)).ToList();
            int taken = own.Sum(l => l.Taken), all = own.Sum(l => l.Branches);
            if (all > 0) output.WriteLine($"| {parser} | {100.0 * taken / all:0.0} % ({taken} of {all}) |");
        }
    }

    private static IEnumerable<(string File, string Class, int Number, int Taken, int Branches)> Lines(string report)
    {
        var document = XDocument.Load(report);
        string source = document.Descendants("source").First().Value.Replace('\\', '/');
        foreach (var type in document.Descendants("class"))
        {
            string file = source + (string)type.Attribute("filename")!, name = (string)type.Attribute("name")!;
            foreach (var line in type.Element("lines")!.Elements("line"))
            {
                var fraction = Fraction().Match((string?)line.Attribute("condition-coverage") ?? "");
                if (fraction.Success) yield return (file, name, (int)line.Attribute("number")!, int.Parse(fraction.Groups[1].Value), int.Parse(fraction.Groups[2].Value));
            }
        }
    }

    [GeneratedRegex(@"\((\d+)/(\d+)\)")]
    private static partial Regex Fraction();
}
