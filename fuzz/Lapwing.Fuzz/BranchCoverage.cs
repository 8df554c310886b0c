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

    /// <summary>Writes a line for each parser that the reports know.</summary>
    public static void Write(IEnumerable<string> reports, TextWriter output)
    {
        var lines = reports.SelectMany(r => XDocument.Load(r).Descendants("class"))
            .SelectMany(c => c.Element("lines")!.Elements("line").Where(l => (string?)l.Attribute("branch") is "true" or "True")
                .Select(l => (File: ((string)c.Attribute("filename")!).Replace('\\', '/'), Branches: Fraction().Match((string?)l.Attribute("condition-coverage") ?? ""))))
            .Where(l => l.Branches.Success).ToList();
        foreach (var (parser, files) in Parsers)
        {
            var pattern = new Regex(files);
            var own = lines.Where(l => pattern.IsMatch(l.File)).ToList();
            int taken = own.Sum(l => int.Parse(l.Branches.Groups[1].Value)), all = own.Sum(l => int.Parse(l.Branches.Groups[2].Value));
            if (all > 0) output.WriteLine($"{parser}: {100.0 * taken / all:0.0} % ({taken} of {all})");
        }
    }

    [GeneratedRegex(@"\((\d+)/(\d+)\)")]
    private static partial Regex Fraction();
}
