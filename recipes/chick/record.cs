#:property TargetFramework=net10.0
#:property Nullable=enable
#:property ManagePackageVersionsCentrally=false
#:property GenerateDocumentationFile=false
#:property TreatWarningsAsErrors=false

// Training records small enough to keep beside the recipe: every 25th step and the last, the rest of each run.json as it is.
// usage: dotnet run recipes/chick/record.cs -- RUN.json... OUT.json

using System.Text.Json;
using System.Text.Json.Nodes;

const int Every = 25;
var runs = new JsonArray();
foreach (string file in args[..^1])
{
    var record = JsonNode.Parse(File.ReadAllText(file))!.AsObject();
    var steps = record["steps"]!.AsArray();
    int last = (int)steps[^1]!["step"]!;
    record["steps_kept"] = $"every {Every}th of {steps.Count}, and the last";
    record["steps"] = new JsonArray([.. steps.Where(s => (int)s!["step"]! % Every == 0 || (int)s["step"]! == last).Select(s => s!.DeepClone())]);
    runs.Add(record);
}
File.WriteAllText(args[^1], new JsonObject { ["runs"] = runs }.ToJsonString(new JsonSerializerOptions { WriteIndented = true, NewLine = "\n" }) + "\n");
