#:property TargetFramework=net10.0
#:property Nullable=enable
#:property ManagePackageVersionsCentrally=false
#:property GenerateDocumentationFile=false
#:property TreatWarningsAsErrors=false
#:property AllowUnsafeBlocks=true
#:project ../../src/Lapwing.Generation

// Stories told by a larger model, as more text for chick: there are only about 2 MB of real stories.
// usage: dotnet run -c Release recipes/chick/sample.cs -- MODEL.gguf COUNT SEED TEMPERATURE TRAIN.jsonl HELDOUT.jsonl OUT.jsonl
//
// COUNT stories are begun, each with the first two to nine words of a training story drawn by the seed, and told many at a time: one pass of the
// model moves every story on by a token, so that each weight is read once for all of them. One thread: run it once a core, each with a seed of its own.
//
// Left out: a story that did not end, that shares a run of twelve words with a held-out one, or of whose runs of eight words three in ten are in
// the training stories or in those told before. What is written stands in the order in which it was begun, so that it does not depend on how
// many are told at a time, and a run that is stopped leaves exactly what a run with a smaller COUNT would have left.

using System.Diagnostics;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Lapwing.Generation.Sampling;
using Lapwing.Models;
using Lapwing.Tensors;
using Lapwing.Text.Tokenizers;

const int AtOnce = 64, MostTokens = 500, HeldOutRun = 12, ToldRun = 8;
const double MostShared = 0.3;
if (args.Length != 7)
{
    Console.Error.WriteLine("usage: sample.cs MODEL.gguf COUNT SEED TEMPERATURE TRAIN.jsonl HELDOUT.jsonl OUT.jsonl");
    return 1;
}
int count = int.Parse(args[1]), seed = int.Parse(args[2]);
float temperature = float.Parse(args[3], System.Globalization.CultureInfo.InvariantCulture);
string[] train = Stories(args[4]);
var heldOut = Stories(args[5]).SelectMany(s => Runs(s, HeldOutRun)).ToHashSet();
var told = train.SelectMany(s => Runs(s, ToldRun)).ToHashSet();

ThreadTeam.Configure(1);
using var model = ModelLoader.Load(args[0]);
var tokenizer = ModelText.Open(args[0]).Tokenizer;
var arithmetic = new FastArithmetic();
using var pass = new Pass(arithmetic);
using var output = new StreamWriter(args[6]) { AutoFlush = true };
int words = Math.Min(model.Head.Vocabulary, tokenizer.VocabularySize), most = Math.Min(MostTokens, model.Info.ContextLength - 1);
var vocabulary = new SamplerVocabulary(words, model.Info.ContextLength);

var running = new List<Story>();
var done = new Dictionary<int, string?>();
int begun = 0, decided = 0, kept = 0, cut = 0, held = 0, again = 0;
long tokens = 0, started = Stopwatch.GetTimestamp(), reported = started;
while (begun < count || running.Count > 0)
{
    while (running.Count < AtOnce && begun < count) running.Add(Begin(begun++));
    Advance(running);
    for (int i = running.Count - 1; i >= 0; i--)
    {
        var story = running[i];
        if (story.Ended is not { } ended) continue;
        done[story.Number] = ended ? tokenizer.Decode([.. story.Ids], skipSpecial: true).Trim() : null;
        story.State.Dispose();
        running.RemoveAt(i);
    }
    for (; done.Remove(decided, out string? text); decided++) Decide(text);
    if (Stopwatch.GetElapsedTime(reported).TotalSeconds < 10 && running.Count > 0) continue;
    reported = Stopwatch.GetTimestamp();
    Console.Error.WriteLine($"{decided} of {count} stories: {kept} kept, {cut} did not end, {held} share a run of {HeldOutRun} words with a held-out one, {again} told already; {tokens / Stopwatch.GetElapsedTime(started).TotalSeconds:0} tokens/s");
}
return 0;

// The seed and the number decide opening and draws, whatever else runs beside it.
Story Begin(int number)
{
    ulong draw = (ulong)seed << 32 | (uint)number;
    string[] opening = train[Draw(ref draw, train.Length)].Split(' ');
    int[] ids = tokenizer.Encode(string.Join(' ', opening.Take(2 + Draw(ref draw, 8))), addSpecial: true, parseSpecial: false);
    var options = new SamplerOptions { Temperature = temperature, TopK = 0, TopP = 1, MinP = 0.02f, Seed = Draw(ref draw, int.MaxValue) };
    return new Story { Number = number, State = model.NewState(arithmetic), Chain = SamplerChain.Create(options, vocabulary), Ids = [.. ids] };
}

// SplitMix64 (Steele, Lea, Flood 2014): Random promises no sequence from release to release.
static int Draw(ref ulong state, int below)
{
    ulong z = state += 0x9E3779B97F4A7C15;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return (int)((z ^ z >> 31) % (ulong)below);
}

unsafe void Advance(List<Story> stories)
{
    int hidden = model.Info.Hidden, at = 0;
    var spans = new SequenceSpan[stories.Count];
    var ids = new List<int>();
    for (int i = 0; i < spans.Length; i++)
    {
        var story = stories[i];
        int length = story.Ids.Count - story.State.Length;
        spans[i] = new SequenceSpan(at, length, story.State.Length, story.State);
        ids.AddRange(story.Ids.GetRange(story.State.Length, length));
        at += length;
    }
    pass.Workspace.Clear();
    pass.Begin(spans);
    float* h = model.Forward(pass, ids.ToArray());
    // Only the last token of each story asks for a next one.
    float* last = pass.Workspace.Take((long)spans.Length * hidden);
    for (int i = 0; i < spans.Length; i++)
        new Span<float>(h + (long)(spans[i].Offset + spans[i].Length - 1) * hidden, hidden).CopyTo(new Span<float>(last + (long)i * hidden, hidden));
    float* logits = model.Head.Logits(pass, last, spans.Length);
    for (int i = 0; i < spans.Length; i++)
    {
        var story = stories[i];
        int token = story.Chain.Sample(new ReadOnlySpan<float>(logits + (long)i * model.Head.Vocabulary, words));
        tokens++;
        // Some story models were trained on stories parted by BOS and never saw an end token.
        if (tokenizer.EndOfGeneration.Contains(token) || token == tokenizer.BosId) story.Ended = true;
        else
        {
            story.Ids.Add(token);
            if (story.Ids.Count >= most) story.Ended = false;
        }
    }
}

void Decide(string? story)
{
    if (story is null)
    {
        cut++;
        return;
    }
    var own = Runs(story, ToldRun).ToList();
    if (Runs(story, HeldOutRun).Any(heldOut.Contains)) held++;
    else if (own.Count == 0 || own.Count(told.Contains) > MostShared * own.Count) again++;
    else
    {
        told.UnionWith(own);
        output.WriteLine(new JsonObject { ["text"] = story }.ToJsonString());
        kept++;
    }
}

static string[] Stories(string file) => [.. File.ReadLines(file).Select(l => (string)JsonNode.Parse(l)!["text"]!)];

static IEnumerable<string> Runs(string story, int length)
{
    string[] words = [.. Regex.Matches(story.ToLowerInvariant(), "[a-z0-9']+").Select(m => m.Value)];
    for (int i = 0; i + length <= words.Length; i++) yield return string.Join(' ', words[i..(i + length)]);
}

internal sealed class Story
{
    public required int Number;
    public required SequenceState State;
    public required SamplerChain Chain;
    public required List<int> Ids;

    /// <summary>Null while it is told; false where it reached the most tokens without an end.</summary>
    public bool? Ended;
}
