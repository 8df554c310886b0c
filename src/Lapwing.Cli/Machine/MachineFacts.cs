using System.Runtime.InteropServices;

namespace Lapwing.Cli.Machine;

/// <summary>What this computer is, as far as the system says.</summary>
internal sealed record MachineFacts(string Processor, string Architecture, int LogicalProcessors, long MemoryBytes, long AvailableBytes, string System)
{
    /// <summary>Asks the system.</summary>
    public static MachineFacts Read()
    {
        // The collector's figure honours a container's memory limit.
        long total = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        return new MachineFacts(ProcessorName(), RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant(), Environment.ProcessorCount, total, Math.Min(total, Available() ?? total), RuntimeInformation.OSDescription);
    }

    private static string ProcessorName() =>
        FromFile("/proc/cpuinfo", "model name") ?? Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") ?? RuntimeInformation.ProcessArchitecture.ToString();

    private static long? Available()
    {
        string? text = FromFile("/proc/meminfo", "MemAvailable");
        return text is not null && long.TryParse(text.Replace("kB", "", StringComparison.Ordinal).Trim(), out long kibibytes) ? kibibytes * 1024 : null;
    }

    private static string? FromFile(string path, string key)
    {
        try
        {
            if (!File.Exists(path)) return null;
            string? line = File.ReadLines(path).FirstOrDefault(l => l.StartsWith(key, StringComparison.Ordinal));
            return line?[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
