using Lapwing.Cli.Host;
using static Lapwing.Cli.Host.Wording;

namespace Lapwing.Cli.Showing;

/// <summary>A summary for people.</summary>
internal static class SummaryText
{
    public static void Write(TextWriter writer, ModelSummary summary, IReadOnlyList<(string File, string Hash)>? hashes, IReadOnlyList<string>? damage, bool tensors)
    {
        var types = summary.Types;
        Table.WriteFacts(writer,
        [
            ("name", summary.Name is null ? null : Printable(summary.Name)),
            ("file", $"{Printable(summary.Path)} ({Wording.Bytes(summary.Bytes)}, {summary.Format}{(summary.Files.Count > 1 ? $", {summary.Files.Count} parts" : "")})"),
            ("kind", summary.Kind == "model" ? null : Printable(summary.Kind)),
            ("architecture", summary.Architecture is null ? null : Printable(summary.Architecture)),
            ("parameters", summary.Parameters == 0 ? "none (a vocabulary only)" : $"{Count(summary.Parameters)} in {summary.Tensors.Count} tensors"),
            ("layers", summary.Layers?.ToString()),
            ("width", summary.Hidden is null ? null : $"{summary.Hidden}{(summary.FeedForward is null ? "" : $", feed-forward {summary.FeedForward}")}"),
            ("heads", summary.Heads is null ? null : $"{summary.Heads}{(summary.KeyValueHeads is { } kv && kv != summary.Heads ? $", {kv} for keys and values" : "")}"),
            ("experts", summary.Experts is > 0 ? $"{summary.Experts}{(summary.ExpertsUsed is { } used ? $", {used} for a token" : "")}" : null),
            ("context", summary.Context is null ? null : $"{summary.Context} tokens"),
            ("vocabulary", summary.Vocabulary is null ? null : $"{summary.Vocabulary} tokens{(summary.Tokenizer is null ? "" : $", {Printable(summary.Tokenizer)}")}"),
            ("quantisation", summary.MainType is null ? null : $"{summary.MainType}, {summary.BitsPerWeight:0.00} bits a weight ({string.Join(", ", types.Select(t => $"{t.Type} in {t.Tensors}"))})"),
            ("licence", summary.Licence is null ? "not stated in the file" : Printable(summary.Licence)),
            ("template", summary.Template is null ? "none" : $"{summary.Template.Length} characters (--template prints it)"),
            .. (hashes ?? []).Select(h => ("sha256", (string?)(hashes!.Count == 1 ? h.Hash : $"{h.Hash}  {Path.GetFileName(h.File)}"))),
            ("weights", damage is null ? null : damage.Count == 0 ? "all finite" : $"{damage.Count} damaged tensors"),
        ]);
        if (damage is { Count: > 0 })
        {
            writer.WriteLine();
            foreach (string line in damage) writer.WriteLine(line);
        }
        if (!tensors) return;
        writer.WriteLine();
        Table.Write(writer, ["tensor", "type", "shape", ">bytes"], summary.Tensors.Select(t => new[] { Printable(t.Name), t.StoredAs, $"[{string.Join(", ", t.Shape)}]", t.Bytes.ToString() }));
    }
}
