using System.Text.Json;
using Lapwing.Testing;
using Lapwing.Text.Templates;

namespace Lapwing.Text.Tests.Templates;

public sealed class ReferenceCasesTests
{
    private static readonly JinjaOptions Fixed = new() { Now = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero) };

    [Fact]
    public void Published_templates_render_exactly_as_the_reference_Jinja2_renders_them()
    {
        string folder = SharedFolder.Path("templates");
        var wrong = new List<string>();
        int cases = 0;
        foreach (string line in File.ReadLines(Path.Combine(folder, "cases.jsonl")))
        {
            using JsonDocument document = JsonDocument.Parse(line);
            JsonElement row = document.RootElement;
            string name = row.GetProperty("template").GetString()!;
            string? expected = row.TryGetProperty("expected", out JsonElement text) ? text.GetString() : null;
            string? actual = null;
            try
            {
                actual = JinjaTemplate.Parse(File.ReadAllText(Path.Combine(folder, name)), name).Render(row.GetProperty("context"), Fixed);
            }
            catch (InvalidDataException) when (expected is null)
            {
            }
            if (actual != expected) wrong.Add($"{name} {row.GetProperty("case").GetString()}");
            cases++;
        }
        Assert.True(cases > 200, "cases.jsonl holds too few cases");
        Assert.Empty(wrong);
    }
}
