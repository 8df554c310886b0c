using Lapwing.Cli.Host;

namespace Lapwing.Cli.Store;

/// <summary>From what a person calls a model to the file or folder that holds it.</summary>
internal static class ModelPath
{
    /// <summary>The small model that ships beside the program.</summary>
    public const string Chick = "chick";

    private const string ChickFile = "chick.q8_0.gguf";

    /// <summary>
    /// A path as it stands; else <c>chick</c>; else a name in the store, which is <c>$LAPWING_HOME/models</c> (by default
    /// <c>~/.lapwing/models</c>) with one <c>NAME.gguf</c> or folder <c>NAME</c> a model.
    /// </summary>
    /// <exception cref="FileNotFoundException">Nothing of that name is there.</exception>
    public static string Resolve(string name, Surroundings surroundings)
    {
        if (name.Length == 0) throw new UsageException("the model's name is empty; give a .gguf file, a folder, or 'chick'");
        if (File.Exists(name) || Directory.Exists(name)) return name;
        if (name == Chick) return ShippedChick();
        bool isPath = name.Contains('/', StringComparison.Ordinal) || name.Contains('\\', StringComparison.Ordinal) || name.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase);
        if (!isPath)
        {
            string store = Folder(surroundings);
            foreach (string candidate in new[] { Path.Combine(store, name), Path.Combine(store, name + ".gguf") })
                if (File.Exists(candidate) || Directory.Exists(candidate)) return candidate;
            throw new FileNotFoundException($"{name} is neither a file or folder here nor a model in {store}; give the path of a .gguf file or of a folder with safetensors", name);
        }
        throw new FileNotFoundException($"{name} does not exist; check the path", name);
    }

    /// <summary>Where stored models are.</summary>
    public static string Folder(Surroundings surroundings)
    {
        string home = surroundings.Variable("LAPWING_HOME") is { Length: > 0 } set ? set
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".lapwing");
        return Path.Combine(home, "models");
    }

    private static string ShippedChick()
    {
        string path = Path.Combine(AppContext.BaseDirectory, "models", ChickFile);
        return File.Exists(path) ? path
            : throw new FileNotFoundException($"the model 'chick' is not part of this installation ({path} is missing); give the path of a .gguf file, or install lapwing anew", path);
    }
}
