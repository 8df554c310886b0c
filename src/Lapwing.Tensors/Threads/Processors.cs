using System.Globalization;

namespace Lapwing.Tensors;

/// <summary>How many threads of pure arithmetic this process can use.</summary>
internal static class Processors
{
    /// <summary>
    /// Physical cores, because two arithmetic threads on one core share its multipliers and its cache, within what affinity and a
    /// container's CPU quota leave. <see cref="Environment.ProcessorCount"/> knows affinity and the cgroup v1 and v2 quota.
    /// </summary>
    public static int PhysicalCores()
    {
        int logical = Environment.ProcessorCount;
        if (!OperatingSystem.IsLinux()) return logical;
        try
        {
            string? allowed = File.ReadLines("/proc/self/status").FirstOrDefault(line => line.StartsWith("Cpus_allowed_list:", StringComparison.Ordinal));
            if (allowed is null) return logical;
            var cores = new HashSet<string>();
            foreach (int cpu in ParseList(allowed["Cpus_allowed_list:".Length..]))
            {
                string siblings = $"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list";
                cores.Add(File.Exists(siblings) ? File.ReadAllText(siblings) : $"cpu{cpu}");
            }
            return Math.Clamp(cores.Count, 1, logical);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or FormatException or OverflowException)
        {
            return logical; // a sandbox without /proc or /sys: nothing better is known
        }
    }

    /// <summary>The kernel's list format: <c>0-3,8,10-11</c>.</summary>
    internal static IEnumerable<int> ParseList(string list)
    {
        foreach (string range in list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            string[] ends = range.Split('-');
            int first = int.Parse(ends[0], CultureInfo.InvariantCulture), last = int.Parse(ends[^1], CultureInfo.InvariantCulture);
            for (int cpu = first; cpu <= last; cpu++) yield return cpu;
        }
    }
}
