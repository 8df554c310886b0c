namespace Lapwing.Cli.Showing;

/// <summary>The YAML head of a model card (<c>README.md</c>), as far as one line of it is needed.</summary>
internal static class FrontMatter
{
    private const int MostLines = 2000;

    /// <summary>The <c>license:</c> of the card in <paramref name="folder"/>, or null.</summary>
    public static string? Licence(string folder)
    {
        string card = Path.Combine(folder, "README.md");
        if (!File.Exists(card)) return null;
        bool inside = false;
        foreach (string line in File.ReadLines(card).Take(MostLines))
        {
            if (line.Trim() == "---")
            {
                if (inside) return null;
                inside = true;
            }
            else if (inside && line.StartsWith("license:", StringComparison.Ordinal))
                return line["license:".Length..].Trim().Trim('"', '\'') is { Length: > 0 } licence ? licence : null;
        }
        return null;
    }
}
