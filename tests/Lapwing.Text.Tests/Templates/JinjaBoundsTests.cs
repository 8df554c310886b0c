using Lapwing.Text.Templates;

namespace Lapwing.Text.Tests.Templates;

/// <summary>A template comes with a model from anywhere: whatever it tries must end in one clear error.</summary>
public sealed class JinjaBoundsTests
{
    private const string Loop = "{% for i in range(100000) %}";
    private const string End = "{% endfor %}";

    private static readonly JinjaOptions Small = new() { MaxSteps = 300_000, MaxOutput = 1 << 20 };

    private static string Fail(string source)
    {
        InvalidDataException e = Assert.Throws<InvalidDataException>(() => JinjaTemplate.Parse(source, "T").Render(new Dictionary<string, object?>(), Small));
        Assert.StartsWith("T, line ", e.Message);
        Assert.DoesNotContain('\n', e.Message);
        return e.Message;
    }

    [Theory]
    [InlineData(Loop + Loop + End + End)]
    [InlineData(Loop + "{% set x = 'a' * 100000 %}" + End)]
    [InlineData("{% set x = 'a' * 1000000 %}" + Loop + "{{ x.count('b') }}" + End)]
    [InlineData("{% set x = 'a' * 1000000 %}" + Loop + "{{ x|length }}" + End)]
    [InlineData("{{ [1] * 10 ** 15 }}")]
    [InlineData("{{ [1]|batch(10 ** 9, 0)|list }}")]
    [InlineData("{% set ns = namespace(x=[1]) %}" + Loop + "{% set ns.x = ns.x + ns.x %}" + End)]
    [InlineData("{% set ns = namespace(x=[1], y=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% set ns.y = [ns.y, ns.y] %}{% endfor %}{{ ns.x == ns.y }}")]
    [InlineData("{% set ns = namespace(x=(1,)) %}{% for i in range(60) %}{% set ns.x = (ns.x, ns.x) %}{% endfor %}{{ {ns.x: 1} }}")]
    [InlineData("{{ ('a' * 1000000)|wordwrap(1) }}")]
    public void Endless_work_ends_at_the_step_limit(string source) => Assert.Contains("MaxSteps", Fail(source), StringComparison.Ordinal);

    [Theory]
    [InlineData("{{ 'a' * 10 ** 12 }}")]
    [InlineData("{% set ns = namespace(x='a') %}" + Loop + "{% set ns.x = ns.x + ns.x %}" + End)]
    [InlineData("{{ ('a' * 1000).replace('a', 'b' * 10000) }}")]
    [InlineData("{{ ('b' * 10000).join('a' * 1000) }}")]
    [InlineData("{{ (('a' * 1000)|list)|join('b' * 10000) }}")]
    [InlineData("{{ 'a'.center(10 ** 9) }}")]
    [InlineData("{{ '%1000000000d' % 1 }}")]
    [InlineData("{{ '{:1000000000}'.format(1) }}")]
    [InlineData("{{ 'a\nb'|indent(10 ** 9) }}")]
    [InlineData("{{ [[1]]|tojson(indent=10 ** 9) }}")]
    public void Huge_texts_are_refused_before_they_are_made(string source) => Assert.Contains("MaxOutput", Fail(source), StringComparison.Ordinal);

    [Theory]
    [InlineData("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}")]
    [InlineData("{% for i in [1] recursive %}{{ loop([1]) }}{% endfor %}")]
    [InlineData("{% block a %}{{ self.a() }}{% endblock %}")]
    [InlineData("{% set ns = namespace() %}{% set ns.x = ns %}{{ ns }}")]
    public void Endless_recursion_ends(string source) => Assert.Contains("RecursionError", Fail(source), StringComparison.Ordinal);

    [Theory]
    [InlineData(20000, "[ns.x]", "ns.x")]
    [InlineData(20000, "[ns.x]", "ns.x|tojson")]
    [InlineData(20000, "[ns.x]", "ns.x|pprint")]
    [InlineData(20000, "[ns.x]", "ns.x == [ns.x]")]
    [InlineData(20000, "[ns.x]", "ns.x < [ns.x]")]
    [InlineData(50000, "ns.x|select", "ns.x|list")]
    public void Values_nested_without_end_never_break_the_program(int depth, string nest, string use)
    {
        string source = "{% set ns = namespace(x=[1]) %}{% for i in range(" + depth + ") %}{% set ns.x = " + nest + " %}{% endfor %}{{ " + use + " }}";
        // How many frames fit is the stack's size and the compiler's choice: a value is as sound an end as a refusal, a crash is neither.
        if (Record.Exception(() => JinjaTemplate.Parse(source, "T").Render(new Dictionary<string, object?>(), Small)) is not { } error) return;
        Assert.IsType<InvalidDataException>(error);
        Assert.StartsWith("T, line ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Templates_nested_without_end_are_refused()
    {
        foreach (string source in new[]
        {
            "{{ " + new string('(', 100000) + "1" + new string(')', 100000) + " }}", "{{ " + new string('[', 5000) + new string(']', 5000) + " }}",
            "{{ " + string.Concat(Enumerable.Repeat("not ", 10000)) + "1 }}", "{{ " + new string('-', 10000) + "1 }}",
            string.Concat(Enumerable.Repeat("{% if 1 %}", 10000)) + string.Concat(Enumerable.Repeat("{% endif %}", 10000)),
        })
        {
            Assert.Contains("nested", Assert.Throws<InvalidDataException>(() => JinjaTemplate.Parse(source)).Message, StringComparison.Ordinal);
        }
        // A chain is no nesting to the eye: it renders, or runs out of stack in an orderly way.
        string chain = "{{ 1" + string.Concat(Enumerable.Repeat("+1", 50000)) + " }}";
        try
        {
            Assert.Equal("50001", JinjaTemplate.Parse(chain).Render(new Dictionary<string, object?>()));
        }
        catch (InvalidDataException e)
        {
            Assert.Contains("recursion", e.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("{{ ''.__class__.__mro__ }}")]
    [InlineData("{{ ''['__class__']['__mro__'] }}")]
    [InlineData("{{ (''|attr('__class__')).x }}")]
    [InlineData("{{ '{0.__class__.__mro__}'.format('') }}")]
    [InlineData("{{ [].append(1) }}")]
    [InlineData("{{ {}.update({'a': 1}) }}")]
    [InlineData("{{ range.__self__.x }}")]
    public void The_ways_out_of_the_sandbox_are_closed(string source) => Assert.Contains("SecurityError", Fail(source), StringComparison.Ordinal);

    [Theory]
    [InlineData("{{ range(100001) }}", "Range too big")]
    [InlineData("{{ 2 ** 100000 }}", "bits")]
    [InlineData("{{ 10 ** 5000 }}", "4300 digits")]
    [InlineData("{{ [1]|random }}", "refused")]
    [InlineData("{% include 'other' %}", "stands alone")]
    [InlineData("{% if true %}{{ 1|nope }}{% endif %}", "No filter named 'nope'")]
    [InlineData("\n\n{{ raise_exception('System role not supported') }}", "T, line 3: System role not supported")]
    [InlineData("a\n{{ missing.name }}", "T, line 2: UndefinedError: 'missing' is undefined")]
    [InlineData("{{ 'text'.items() }}", "'str object' has no attribute 'items'")]
    [InlineData("{% for k, v in [1].items() %}{% endfor %}", "'list object' has no attribute 'items'")]
    [InlineData("{{ dict.items() }}", "TypeError: unbound method dict.items() needs an argument")]
    [InlineData("{{ dict.items(['a']) }}", "TypeError: descriptor 'items' for 'dict' objects doesn't apply to a 'list' object")]
    public void Failures_say_what_and_where(string source, string part) => Assert.Contains(part, Fail(source), StringComparison.Ordinal);

    [Fact]
    public void A_method_of_the_type_dict_takes_its_dict_as_an_argument() =>
        Assert.Equal("[('a', 1)] 1 {'b': None}", JinjaTemplate.Parse("{{ dict.items({'a': 1})|list }} {{ dict.get({'a': 1}, 'a') }} {{ dict.fromkeys('b') }}").Render(new Dictionary<string, object?>()));

    [Theory]
    [InlineData("x\n{% if 1 %}", "line 2")]
    [InlineData("{{ 1 +", "line 1")]
    [InlineData("{% wrong %}", "unknown tag 'wrong'")]
    [InlineData("\n{{ 1|nope }}", "line 2: TemplateSyntaxError: No filter named 'nope'.")]
    [InlineData("{# open", "comment")]
    public void A_wrong_template_does_not_parse(string source, string part) =>
        Assert.Contains(part, Assert.Throws<InvalidDataException>(() => JinjaTemplate.Parse(source)).Message, StringComparison.Ordinal);
}
