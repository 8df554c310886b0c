using System.Runtime.Intrinsics.X86;

namespace Lapwing.Tensors;

/// <summary>The levels this machine has and the one in use.</summary>
public static class InstructionLevels
{
    /// <summary>Name of the environment variable that forces a level: <c>portable</c>, <c>avx2</c>, <c>avx512</c> or <c>avx512-vnni</c>.</summary>
    public const string Variable = "LAPWING_ISA";

    private static readonly Lazy<InstructionLevel> Choice = new(() => Choose(Environment.GetEnvironmentVariable(Variable)));

    /// <summary>What this machine can run, slowest first.</summary>
    public static IReadOnlyList<InstructionLevel> Available { get; } = Find();

    /// <summary>The level in use: the best at hand unless <c>LAPWING_ISA</c> says otherwise.</summary>
    /// <exception cref="ArgumentException">The variable names no level, or one that this machine lacks.</exception>
    public static InstructionLevel Current => Choice.Value;

    /// <summary><c>portable</c>, <c>avx2</c>, <c>avx512</c>, <c>avx512-vnni</c>.</summary>
    public static string Name(this InstructionLevel level) => level switch
    {
        InstructionLevel.Avx512Vnni => "avx512-vnni",
        InstructionLevel.Avx512 => "avx512",
        InstructionLevel.Avx2 => "avx2",
        _ => "portable",
    };

    internal static InstructionLevel Choose(string? wish)
    {
        if (string.IsNullOrWhiteSpace(wish)) return Available[^1];
        foreach (var level in Available)
            if (wish.Trim().Equals(level.Name(), StringComparison.OrdinalIgnoreCase)) return level;
        throw new ArgumentException($"{Variable}={wish} is no instruction level of this machine: it has {string.Join(", ", Available.Select(Name))}");
    }

    private static List<InstructionLevel> Find()
    {
        List<InstructionLevel> levels = [InstructionLevel.Portable];
        if (Avx2.IsSupported && Fma.IsSupported) levels.Add(InstructionLevel.Avx2);
        if (levels.Count == 2 && Avx512F.VL.IsSupported && Avx512BW.IsSupported && Avx512DQ.IsSupported) levels.Add(InstructionLevel.Avx512);
        if (levels.Count == 3 && BytePanels.IsSupported) levels.Add(InstructionLevel.Avx512Vnni);
        return levels;
    }
}
