namespace Lapwing.Training.Data;

/// <summary>
/// Parts a plain-text file into documents where the mark <c>&lt;|endoftext|&gt;</c> stands, as TinyStories and GPT-2's corpora do;
/// a file without it is one document. The mark itself is no text to learn: the tokenizer's own end token takes its place.
/// </summary>
internal static class TextDocuments
{
    private const string Mark = "<|endoftext|>";

    public static IEnumerable<TextRow> Part(string file, string text)
    {
        int line = 1;
        for (int start = 0; start < text.Length;)
        {
            int mark = text.IndexOf(Mark, start, StringComparison.Ordinal);
            int end = mark < 0 ? text.Length : mark;
            string document = mark < 0 && start == 0 ? text : text[start..end].Trim('\r', '\n');
            if (!string.IsNullOrWhiteSpace(document)) yield return new(new(file, line), document);
            int next = mark < 0 ? text.Length : mark + Mark.Length;
            line += text.AsSpan(start, next - start).Count('\n');
            start = next;
        }
    }
}
