using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;
using Lapwing.Text.Templates;

namespace Lapwing.Text.Tests.Templates;

public sealed class JinjaApiTests
{
    [Fact]
    public void Values_from_json_and_from_dictionaries_render_alike()
    {
        const string source = "{{ a }} {{ b }} {{ c }} {{ d|tojson }} {{ big }}";
        JinjaTemplate template = JinjaTemplate.Parse(source);
        const string json = """{"a": 1, "b": 1.0, "c": null, "d": {"x": [true, "é"]}, "big": 123456789012345678901234567890}""";
        const string expected = """1 1.0 None {"x": [true, "é"]} 123456789012345678901234567890""";
        using JsonDocument document = JsonDocument.Parse(json);
        Assert.Equal(expected, template.Render(document.RootElement));
        Assert.Equal(expected, template.Render(JsonNode.Parse(json)!));
        Assert.Equal(expected, template.Render(new Dictionary<string, object?>
        {
            ["a"] = 1,
            ["b"] = 1f,
            ["c"] = null,
            ["d"] = new Dictionary<string, object?> { ["x"] = new object?[] { true, "é" } },
            ["big"] = System.Numerics.BigInteger.Parse("123456789012345678901234567890", System.Globalization.CultureInfo.InvariantCulture),
        }));
    }

    [Fact]
    public void A_context_that_is_no_object_or_holds_odd_values_is_an_argument_error()
    {
        JinjaTemplate template = JinjaTemplate.Parse("x");
        Assert.Throws<ArgumentException>(() => template.Render(JsonNode.Parse("[1]")!));
        Assert.Throws<ArgumentException>(() => template.Render(new Dictionary<string, object?> { ["a"] = new object() }));
        Assert.Throws<InvalidDataException>(() => template.Render(JsonNode.Parse("""{"a": "\ud800"}""")!));
    }

    [Fact]
    public void Generation_blocks_report_where_their_text_lies()
    {
        JinjaTemplate template = JinjaTemplate.Parse("{% for m in ms %}<{{ m.r }}>{% if m.r == 'a' %}{% generation %}{{ m.c }}!{% endgeneration %}{% endif %};{% endfor %}");
        Assert.True(template.HasGenerationBlocks);
        var messages = new[] { ("u", "hi"), ("a", "één"), ("a", "") }.Select(m => new Dictionary<string, object?> { ["r"] = m.Item1, ["c"] = m.Item2 }).ToArray();
        JinjaRendering rendering = template.RenderWithSpans(new Dictionary<string, object?> { ["ms"] = messages });
        Assert.Equal("<u>;<a>één!;<a>!;", rendering.Text);
        Assert.Equal(["één!", "!"], rendering.Generations.Select(g => rendering.Text[g.Start..g.End]));
        Assert.True(rendering.SpansComplete);
    }

    [Fact]
    public void A_generation_block_inside_a_macro_has_no_known_place()
    {
        JinjaTemplate template = JinjaTemplate.Parse("{% macro m() %}{% generation %}x{% endgeneration %}{% endmacro %}{{ m() }}");
        JinjaRendering rendering = template.RenderWithSpans(new Dictionary<string, object?>());
        Assert.False(rendering.SpansComplete);
        Assert.Empty(rendering.Generations);
    }

    [Fact]
    public void The_clock_can_be_fixed()
    {
        var options = new JinjaOptions { Now = new DateTimeOffset(2024, 2, 29, 13, 5, 9, TimeSpan.FromHours(5)) };
        Assert.Equal("29 Feb 2024 1:05 PM", JinjaTemplate.Parse("{{ strftime_now('%d %b %Y %-I:%M %p') }}").Render(new Dictionary<string, object?>(), options));
    }

    [Fact]
    public void One_template_renders_in_many_threads_at_once()
    {
        JinjaTemplate template = JinjaTemplate.Parse("{% set ns = namespace(n=0) %}{% for i in range(n) %}{% set ns.n = ns.n + i %}{% endfor %}{{ ns.n }}");
        Parallel.For(0, 200, new ParallelOptions { MaxDegreeOfParallelism = 2 }, n =>
            Assert.Equal((n * (n - 1) / 2).ToString(), template.Render(new Dictionary<string, object?> { ["n"] = n })));
    }

    [Fact]
    public void Any_text_passes_through_unharmed() =>
        Gen.String.Where(s => !s.Any(char.IsSurrogate)).Sample(text =>
            Assert.Equal(text + "|" + text.Length, JinjaTemplate.Parse("{{ t }}|{{ t|length }}").Render(new Dictionary<string, object?> { ["t"] = text })), iter: 200);

    private static readonly string[] Pieces =
    [
        "{%", "%}", "{{", "}}", "{#", "#}", "for ", "in ", "if ", "endif", "endfor", "set ", "=", "x", "1", "'", "\"", "(", ")", "[", "]", "|", "-", "\n", " ", ".", "~", "is ", "macro ",
    ];

    [Fact]
    public void Any_bytes_as_a_template_parse_or_are_refused_in_one_line() =>
        Gen.Int[0, Pieces.Length - 1].List[0, 20].Sample(picked =>
            {
                try
                {
                    JinjaTemplate.Parse(string.Concat(picked.Select(p => Pieces[p]))).Render(new Dictionary<string, object?>());
                }
                catch (InvalidDataException e)
                {
                    Assert.DoesNotContain('\n', e.Message);
                }
            }, iter: 3000);
}
