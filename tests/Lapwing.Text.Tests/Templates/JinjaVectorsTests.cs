using System.Text.Json;
using Lapwing.Text.Templates;

namespace Lapwing.Text.Tests.Templates;

/// <summary>
/// Some three thousand snippets — every operator, filter, test and method, scoping, white space, random programs — with what Jinja2 3.1.6
/// on Python 3.11 renders, or null where it raises an error.
/// </summary>
public sealed class JinjaVectorsTests
{
    [Fact]
    public void Snippets_render_exactly_as_Jinja2_on_Python_renders_them()
    {
        using Stream stream = typeof(JinjaVectorsTests).Assembly.GetManifestResourceStream("jinja-vectors.json")!;
        using JsonDocument document = JsonDocument.Parse(stream);
        var options = new JinjaOptions { Now = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero) };
        var wrong = new List<string>();
        int cases = 0;
        foreach (JsonElement group in document.RootElement.GetProperty("groups").EnumerateArray())
        {
            JsonElement context = group.GetProperty("context");
            foreach (JsonElement pair in group.GetProperty("cases").EnumerateArray())
            {
                (string source, string? expected) = (pair[0].GetString()!, pair[1].GetString());
                string? actual = null;
                string message = "";
                try
                {
                    actual = JinjaTemplate.Parse(source).Render(context, options);
                }
                catch (InvalidDataException e)
                {
                    message = e.Message;
                }
                if (actual != expected) wrong.Add($"{source}\n  expected {expected ?? "an error"}\n  got {actual ?? message}");
                cases++;
            }
        }
        Assert.True(cases > 3000);
        Assert.True(wrong.Count == 0, $"{wrong.Count} of {cases} differ:\n" + string.Join('\n', wrong.Take(10)));
    }
}
