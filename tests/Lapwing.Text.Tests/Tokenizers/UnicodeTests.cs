using System.Text;
using CsCheck;
using Lapwing.Text.Tokenizers;

namespace Lapwing.Text.Tests.Tokenizers;

public class UnicodeTests
{
    [Theory]
    [InlineData("e\u0301", "\u00E9", "e\u0301", "\u00E9", "e\u0301")]
    [InlineData("\uFB01", "\uFB01", "\uFB01", "fi", "fi")]
    [InlineData("한글", "한글", "\u1112\u1161\u11AB\u1100\u1173\u11AF", "한글", "\u1112\u1161\u11AB\u1100\u1173\u11AF")]
    [InlineData("\u212B", "\u00C5", "A\u030A", "\u00C5", "A\u030A")]
    [InlineData("\u1E9B\u0323", "\u1E9B\u0323", "\u017F\u0323\u0307", "\u1E69", "s\u0323\u0307")]
    [InlineData("\u0958", "\u0915\u093C", "\u0915\u093C", "\u0915\u093C", "\u0915\u093C")]
    [InlineData("𝐀①…", "𝐀①…", "𝐀①…", "A1...", "A1...")]
    [InlineData("a\u0315\u0300\u05AE\u0300b", "\u00E0\u05AE\u0300\u0315b", "a\u05AE\u0300\u0300\u0315b", "\u00E0\u05AE\u0300\u0315b", "a\u05AE\u0300\u0300\u0315b")]
    [InlineData("𑄮", "𑄮", "𑄮", "𑄮", "𑄮")]
    [InlineData("ａｂ１", "ａｂ１", "ａｂ１", "ab1", "ab1")]
    public void The_four_forms_are_those_of_the_standard(string text, string c, string d, string kc, string kd)
    {
        Assert.Equal(c, UnicodeNormalizer.Normalize(text, NormalizationForm.FormC));
        Assert.Equal(d, UnicodeNormalizer.Normalize(text, NormalizationForm.FormD));
        Assert.Equal(kc, UnicodeNormalizer.Normalize(text, NormalizationForm.FormKC));
        Assert.Equal(kd, UnicodeNormalizer.Normalize(text, NormalizationForm.FormKD));
    }

    [Fact]
    public void Forms_agree_with_each_other_on_any_text()
        => Gen.OneOf(Gen.Int[0x20, 0x2FFF], Gen.Int[0xAC00, 0xD7A3], Gen.Int[0x300, 0x36F], Gen.Int[0x1D400, 0x1D7FF], Gen.Int[0xF900, 0xFFFF]).Array[0, 20].Sample(points =>
        {
            string text = CodePoints.ToText(points);
            string c = UnicodeNormalizer.Normalize(text, NormalizationForm.FormC), d = UnicodeNormalizer.Normalize(text, NormalizationForm.FormD);
            Assert.Equal(c, UnicodeNormalizer.Normalize(c, NormalizationForm.FormC));
            Assert.Equal(d, UnicodeNormalizer.Normalize(d, NormalizationForm.FormD));
            Assert.Equal(c, UnicodeNormalizer.Normalize(d, NormalizationForm.FormC));
            Assert.Equal(d, UnicodeNormalizer.Normalize(c, NormalizationForm.FormD));
            string kd = UnicodeNormalizer.Normalize(text, NormalizationForm.FormKD);
            Assert.Equal(kd, UnicodeNormalizer.Normalize(UnicodeNormalizer.Normalize(d, NormalizationForm.FormKC), NormalizationForm.FormKD));
        }, iter: 2000);

    [Fact]
    public void Lone_surrogates_become_replacement_characters()
    {
        Assert.Equal([0x61, 0xFFFD, 0x1F600, 0xFFFD], CodePoints.From("a\uDC00\U0001F600\uD83D"));
        Assert.Equal("a\uFFFD", CodePoints.Sanitize("a\uD800"));
        Assert.Same("a😀", CodePoints.Sanitize("a😀"));
    }

    [Fact]
    public void Code_points_are_written_as_the_runtime_writes_utf_8()
        => Gen.Int[0, 0x10FFFF].Where(c => c is < 0xD800 or > 0xDFFF).Array[0, 20].Sample(points =>
        {
            byte[] bytes = new byte[CodePoints.Utf8Length(points)];
            CodePoints.WriteUtf8(points, bytes);
            Assert.Equal(Encoding.UTF8.GetBytes(CodePoints.ToText(points)), bytes);
        });
}
