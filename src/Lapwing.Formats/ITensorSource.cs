namespace Lapwing.Formats;

/// <summary>An open file (or set of files that belong together) of named tensors.</summary>
public interface ITensorSource : IDisposable
{
    /// <summary>The tensors by name, in the file's order.</summary>
    IReadOnlyDictionary<string, TensorView> Tensors { get; }

    /// <summary>The path that was opened.</summary>
    string Path { get; }
}
