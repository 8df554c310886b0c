#:property TargetFramework=net10.0
#:property Nullable=enable
#:property ManagePackageVersionsCentrally=false
#:property GenerateDocumentationFile=false
#:property TreatWarningsAsErrors=false

// The text that chick learns from, and the text that it never sees.
// usage: dotnet run recipes/chick/prepare.cs -- ../shared/data/tinystories OUT
//
// Held out: the stories that begin in the last tenth of TinyStories-train.first2MiB.txt.
// Learnt: the other stories of that file, and those of the two other files that share no run of eight words with a held-out story and are not
// in the first file already. The largest file is lower-cased: sentence starts, "I" and names get their capitals back, names being the words
// that the first file capitalises in mid-sentence.

using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

const int Run = 8;
string source = args[0], target = args[1];
Directory.CreateDirectory(target);

string cased = File.ReadAllText(Path.Combine(source, "TinyStories-train.first2MiB.txt"));
List<string> learnt = [], heldOut = [];
int at = 0;
// The last piece is cut off by the end of the file.
foreach (string piece in cased.Split("<|endoftext|>").SkipLast(1))
{
    (at >= cased.Length * 0.9 ? heldOut : learnt).Add(Clean(piece));
    at += piece.Length + "<|endoftext|>".Length;
}
var forbidden = heldOut.SelectMany(s => Runs(s)).ToHashSet();
int before = learnt.Count;
// A story told twice in the first file itself: most of its runs are in a held-out one.
learnt.RemoveAll(s => Share(s, forbidden) > 0.3);
int first = learnt.Count;

var names = Names(learnt);
var known = learnt.SelectMany(s => Runs(s)).ToHashSet();
int dropped = 0, told = 0;
foreach (string name in new[] { "tinystories_small_197KB.txt", "tinystories_lower_4MB.txt" })
    foreach (string story in Stories(File.ReadAllText(Path.Combine(source, name))))
    {
        if (Runs(story).Any(forbidden.Contains)) dropped++;
        else if (Share(story, known) > 0.3 || Words(story).Count < 40) told++;
        else
        {
            string whole = name.Contains("lower") ? Capitalise(story, names) : story;
            learnt.Add(whole);
            foreach (string run in Runs(whole)) known.Add(run);
        }
    }

Write("train.jsonl", learnt);
Write("heldout.jsonl", heldOut);
Console.WriteLine($"held out {heldOut.Count} stories, {heldOut.Sum(Bytes):N0} bytes");
Console.WriteLine($"learnt {learnt.Count} stories, {learnt.Sum(Bytes):N0} bytes: {first} of {before} from the first file, {learnt.Count - first} from the others ({dropped} dropped for a run of {Run} words shared with a held-out story, {told} for being told already or too short)");

static string Clean(string story) => Regex.Replace(story.Replace("\r", ""), @"\n{2,}", "\n").Trim();

static int Bytes(string story) => Encoding.UTF8.GetByteCount(story);

static List<string> Words(string story) => [.. Regex.Matches(story.ToLowerInvariant(), "[a-z0-9']+").Select(m => m.Value)];

static IEnumerable<string> Runs(string story)
{
    var words = Words(story);
    for (int i = 0; i + Run <= words.Count; i++) yield return string.Join(' ', words.GetRange(i, Run));
}

static double Share(string story, HashSet<string> runs)
{
    var own = Runs(story).ToList();
    return own.Count == 0 ? 0 : own.Count(runs.Contains) / (double)own.Count;
}

// The other two files mark no ends: a story begins where a paragraph opens as stories do.
static IEnumerable<string> Stories(string text)
{
    var story = new StringBuilder();
    foreach (string paragraph in Regex.Split(text.Replace("\r", ""), @"\n{2,}"))
    {
        if (Regex.IsMatch(paragraph, @"^(once upon a time|once there (was|were)|one day|one morning|one sunny|one night|there once|there was once|it was a)\b", RegexOptions.IgnoreCase) && story.Length > 0)
        {
            yield return story.ToString().Trim();
            story.Clear();
        }
        story.Append(paragraph.Trim()).Append('\n');
    }
    if (story.Length > 0) yield return story.ToString().Trim();
}

static HashSet<string> Names(List<string> stories)
{
    var capital = new Dictionary<string, int>();
    var small = new Dictionary<string, int>();
    foreach (string story in stories)
        foreach (Match match in Regex.Matches(story, @"(?<=[a-z,] )[A-Za-z]+"))
        {
            var counts = char.IsUpper(match.Value[0]) ? capital : small;
            string word = match.Value.ToLowerInvariant();
            counts[word] = counts.GetValueOrDefault(word) + 1;
        }
    return [.. capital.Where(c => c.Value >= 3 && c.Value > 4 * small.GetValueOrDefault(c.Key)).Select(c => c.Key)];
}

static string Capitalise(string story, HashSet<string> names)
{
    string text = Regex.Replace(story, @"\bi\b", "I");
    text = Regex.Replace(text, @"[a-z]+", m => names.Contains(m.Value) ? char.ToUpperInvariant(m.Value[0]) + m.Value[1..] : m.Value);
    return Regex.Replace(text, @"(^|[.!?]""?\s+""?|\n""?|[,:] "")([a-z])", m => m.Groups[1].Value + m.Groups[2].Value.ToUpperInvariant());
}

void Write(string name, List<string> stories) =>
    File.WriteAllLines(Path.Combine(target, name), stories.Select(s => new JsonObject { ["text"] = s }.ToJsonString()));
