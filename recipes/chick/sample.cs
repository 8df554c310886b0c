#:property TargetFramework=net10.0
#:property Nullable=enable
#:property ManagePackageVersionsCentrally=false
#:property GenerateDocumentationFile=false
#:property TreatWarningsAsErrors=false
#:project ../../src/Lapwing.Generation

// Stories told by a small model that read all of TinyStories, as more text for chick: it has only about 2 MB of real stories.
// usage: dotnet run recipes/chick/sample.cs -- MODEL.gguf COUNT SEED HELDOUT.jsonl OUT.jsonl
// A story that shares a run of twelve words with a held-out one is left out, as is one that did not end by itself.

using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Lapwing.Generation;
using Lapwing.Generation.Sampling;
using Lapwing.Models;
using Lapwing.Tensors;

const int Run = 12;
string[] openings = ["Once upon a time", "One day", "Once upon a time, there was a", "There was a little", "Lily", "Tom and", "In a small", "One sunny day", "A little", "Max", "Sara and", "Once there was a"];
int count = int.Parse(args[1]), seed = int.Parse(args[2]);
var forbidden = File.ReadLines(args[3]).SelectMany(l => Runs((string)JsonNode.Parse(l)!["text"]!)).ToHashSet();
using var model = ModelLoader.Load(args[0]);
var tokenizer = ModelText.Open(args[0]).Tokenizer;
using var generator = new TextGenerator(model, tokenizer, new FastArithmetic(), model.Info.ContextLength);
using var output = new StreamWriter(args[4]);
int kept = 0, cut = 0, shared = 0;
for (int i = 0; i < count; i++)
{
    string opening = openings[i % openings.Length];
    var options = new GenerationOptions { MaxTokens = model.Info.ContextLength - 32, Sampler = new SamplerOptions { Temperature = 0.8f, TopP = 0.95f, MinP = 0.05f, TopK = 0, Seed = seed + i } };
    var run = generator.Start(tokenizer.Encode(opening), options);
    bool ended = false;
    var text = new System.Text.StringBuilder(opening);
    while (run.MoveNext())
    {
        // These models were trained on stories parted by BOS and never saw EOS.
        if (run.Tokens.Count > 0 && run.Tokens[^1] == tokenizer.BosId) { ended = true; break; }
        text.Append(run.Text);
    }
    string story = text.ToString().Trim();
    if (!ended && run.Finish != FinishReason.Stop) cut++;
    else if (Runs(story).Any(forbidden.Contains)) shared++;
    else
    {
        output.WriteLine(new JsonObject { ["text"] = story }.ToJsonString());
        kept++;
    }
}
Console.WriteLine($"{kept} stories kept; {cut} did not end, {shared} shared a run of {Run} words with a held-out story");

static IEnumerable<string> Runs(string story)
{
    string[] words = [.. Regex.Matches(story.ToLowerInvariant(), "[a-z0-9']+").Select(m => m.Value)];
    for (int i = 0; i + Run <= words.Length; i++) yield return string.Join(' ', words[i..(i + Run)]);
}
