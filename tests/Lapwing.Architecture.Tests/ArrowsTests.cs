using System.Xml.Linq;
using System.Runtime.CompilerServices;

namespace Lapwing.Architecture.Tests;

/// <summary>The house's arrows: a room may use only the rooms below it (docs/architecture.md).</summary>
public sealed class ArrowsTests
{
    // Lowest first. A room may reference only what stands in its set.
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Lapwing.Tensors"] = [],
        ["Lapwing.Text"] = [],
        ["Lapwing.Formats"] = ["Lapwing.Tensors"],
        ["Lapwing.Models"] = ["Lapwing.Tensors", "Lapwing.Text", "Lapwing.Formats"],
        ["Lapwing.Generation"] = ["Lapwing.Tensors", "Lapwing.Text", "Lapwing.Formats", "Lapwing.Models"],
        ["Lapwing.Training"] = ["Lapwing.Tensors", "Lapwing.Text", "Lapwing.Formats", "Lapwing.Models", "Lapwing.Generation"],
        ["Lapwing.Cli"] = ["Lapwing.Tensors", "Lapwing.Text", "Lapwing.Formats", "Lapwing.Models", "Lapwing.Generation", "Lapwing.Training"],
    };

    [Fact]
    public void Every_room_is_known()
    {
        string[] rooms = [.. Directory.GetDirectories(Source()).Select(Path.GetFileName).OfType<string>().Order()];
        Assert.Equal(Allowed.Keys.Order(), rooms);
    }

    [Theory]
    [MemberData(nameof(Rooms))]
    public void A_room_references_only_rooms_below_it(string room)
    {
        var project = XDocument.Load(Path.Combine(Source(), room, room + ".csproj"));
        var references = project.Descendants("ProjectReference").Select(r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value));
        Assert.Empty(references.Except(Allowed[room]));
    }

    [Theory]
    [MemberData(nameof(Rooms))]
    public void A_room_opens_with_a_readme(string room) => Assert.True(File.Exists(Path.Combine(Source(), room, "README.md")), $"src/{room}/README.md is missing");

    public static TheoryData<string> Rooms() => [.. Allowed.Keys];

    private static string Source([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "src"));
}
