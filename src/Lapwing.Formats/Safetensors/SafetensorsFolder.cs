namespace Lapwing.Formats.Safetensors;

/// <summary>
/// The weights of a model folder as one source: <c>model.safetensors</c>, or the shards that
/// <c>model.safetensors.index.json</c> lists, or the folder's only safetensors file.
/// </summary>
public sealed class SafetensorsFolder : ITensorSource
{
    private readonly List<SafetensorsFile> files;

    private SafetensorsFolder(string path, List<SafetensorsFile> files, OrderedDictionary<string, TensorView> tensors)
    {
        Path = path;
        this.files = files;
        Tensors = tensors;
    }

    /// <inheritdoc/>
    public string Path { get; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, TensorView> Tensors { get; }

    /// <summary>The files that were opened.</summary>
    public IReadOnlyList<string> Parts => [.. files.Select(f => f.Path)];

    /// <summary>The free texts of the first file's <c>__metadata__</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata => files[0].Metadata;

    /// <summary>Opens the weights of a folder; the path of a <c>.safetensors</c> or index file is taken as well.</summary>
    /// <exception cref="FileNotFoundException">There are no safetensors, or a shard is missing.</exception>
    /// <exception cref="InvalidDataException">A file is damaged, or index and shards do not belong together.</exception>
    /// <exception cref="NotSupportedException">A file holds a type that this version does not read.</exception>
    public static SafetensorsFolder Open(string path, FileLoading loading = FileLoading.Map)
    {
        string chosen = Directory.Exists(path) ? Choose(path) : path;
        return chosen.EndsWith(".index.json", StringComparison.Ordinal) ? OpenShards(path, chosen, loading) : OpenSingle(path, chosen, loading);
    }

    /// <summary>Unmaps all files; every <see cref="TensorView"/> is dead from here on.</summary>
    public void Dispose()
    {
        foreach (var file in files) file.Dispose();
    }

    private static string Choose(string folder)
    {
        string single = System.IO.Path.Combine(folder, "model.safetensors");
        if (File.Exists(single)) return single;
        string index = System.IO.Path.Combine(folder, SafetensorsIndex.FileName);
        if (File.Exists(index)) return index;
        string[] all = [.. Directory.EnumerateFiles(folder, "*.safetensors").Order(StringComparer.Ordinal)];
        if (all.Length == 1) return all[0];
        if (all.Length > 1)
            throw new FileNotFoundException($"{folder} holds {all.Length} safetensors files but neither model.safetensors nor {SafetensorsIndex.FileName}: fetch the index, or name one file", index);
        if (Directory.EnumerateFiles(folder, "*.bin").Any() || Directory.EnumerateFiles(folder, "*.pth").Any() || Directory.EnumerateFiles(folder, "*.pt").Any())
            throw new NotSupportedException($"{folder} holds PyTorch pickle files only; a pickle can run any program when it is read, so they are refused: fetch or convert to safetensors");
        throw new FileNotFoundException($"{folder} holds no safetensors file; name a folder with model.safetensors, or a .gguf file", single);
    }

    private static SafetensorsFolder OpenSingle(string path, string file, FileLoading loading)
    {
        var opened = SafetensorsFile.Open(file, loading);
        return new SafetensorsFolder(path, [opened], new OrderedDictionary<string, TensorView>(opened.Tensors, StringComparer.Ordinal));
    }

    private static SafetensorsFolder OpenShards(string path, string indexPath, FileLoading loading)
    {
        var index = SafetensorsIndex.Read(indexPath);
        string folder = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(indexPath))!;
        var files = new List<SafetensorsFile>();
        try
        {
            var byName = new Dictionary<string, SafetensorsFile>(StringComparer.Ordinal);
            var tensors = new OrderedDictionary<string, TensorView>(StringComparer.Ordinal);
            foreach (string name in index.Values.Distinct(StringComparer.Ordinal))
            {
                var file = OpenShard(System.IO.Path.Combine(folder, name), indexPath, loading);
                files.Add(file);
                byName.Add(name, file);
                foreach (var (tensor, view) in file.Tensors)
                {
                    if (!tensors.TryAdd(tensor, view))
                        throw new InvalidDataException($"tensor {Wording.Quote(tensor)} stands in two shards, {tensors[tensor].File} and {file.Path}: the shards do not belong together");
                }
            }
            foreach (var (tensor, name) in index)
            {
                if (!byName[name].Tensors.ContainsKey(tensor))
                    throw new InvalidDataException($"{indexPath} places tensor {Wording.Quote(tensor)} in {name}, which does not hold it: index and shards do not belong together; download them again");
            }
            return new SafetensorsFolder(path, files, tensors);
        }
        catch
        {
            foreach (var file in files) file.Dispose();
            throw;
        }
    }

    private static SafetensorsFile OpenShard(string path, string indexPath, FileLoading loading)
    {
        try
        {
            return SafetensorsFile.Open(path, loading);
        }
        catch (FileNotFoundException e)
        {
            throw new FileNotFoundException($"{path} is missing, but {indexPath} names it; fetch all shards into one folder", path, e);
        }
    }
}
