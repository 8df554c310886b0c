using Lapwing.Cli.Host;
using Lapwing.Training;

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
        if (File.Exists(name)) return name;
        bool isPath = name.Contains('/', StringComparison.Ordinal) || name.Contains('\\', StringComparison.Ordinal) || name.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase);
        // A folder that happens to be called like a model does not hide it, unless it holds one.
        if (Directory.Exists(name) && (isPath || HoldsModel(name))) return InFolder(name);
        if (name == Chick) return ShippedChick();
        if (!isPath)
        {
            string store = Folder(surroundings);
            string folder = Path.Combine(store, name), file = folder + ".gguf";
            if (Directory.Exists(folder)) return InFolder(folder);
            if (File.Exists(file)) return file;
            if (Directory.Exists(name)) return name;
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

    private static bool HoldsModel(string folder) =>
        File.Exists(Path.Combine(folder, TuneRun.ModelName)) || Directory.EnumerateFiles(folder, "*.safetensors").Any();

    // What pretrain and tune --method full leave is a folder with a GGUF file in it.
    private static string InFolder(string folder)
    {
        string file = Path.Combine(folder, TuneRun.ModelName);
        return File.Exists(file) && !File.Exists(Path.Combine(folder, "config.json")) ? file : folder;
    }

    private static string ShippedChick()
    {
        string path = Path.Combine(AppContext.BaseDirectory, "models", ChickFile);
        return File.Exists(path) ? path
            : throw new FileNotFoundException($"the model 'chick' is not part of this installation ({path} is missing); give the path of a .gguf file, or install lapwing anew", path);
    }
}
