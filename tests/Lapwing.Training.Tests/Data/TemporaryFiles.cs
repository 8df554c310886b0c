using System.Text;
using Lapwing.Training.Data;

namespace Lapwing.Training.Tests;

/// <summary>Writes data files into a folder of their own, and reads them.</summary>
internal sealed class TemporaryFiles : IDisposable
{
    public TemporaryFiles() => Folder = Directory.CreateTempSubdirectory("lapwing-training-").FullName;

    public string Folder { get; }

    public string Write(string name, string content) => Write(name, Encoding.UTF8.GetBytes(content));

    public string Write(string name, byte[] content)
    {
        string path = Path.Combine(Folder, name);
        File.WriteAllBytes(path, content);
        return path;
    }

    public DataSet Read(string name, string content, DataOptions? options = null) => DataReader.Read([Write(name, content)], options ?? new());

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
