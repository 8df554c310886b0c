using System.CommandLine;
using Lapwing.Cli.Host;
using Lapwing.Cli.Machine;
using static Lapwing.Cli.Host.Wording;

namespace Lapwing.Cli.Commands;

/// <summary><c>doctor</c>: what this machine can do, what is wrong with it, which models fit.</summary>
internal static class DoctorCommand
{
    // Bits a weight of the usual mixes of llama.cpp (Q4_K_M, Q8_0); the models are the sizes that are published.
    private const double BitsQ4 = 4.85, BitsQ8 = 8.5;
    private static readonly (string Name, double Parameters)[] Sizes =
        [("135M", 0.135e9), ("360M", 0.36e9), ("1B", 1.2e9), ("3B", 3.2e9), ("7-8B", 8e9), ("13-14B", 14e9), ("32B", 32e9), ("70B", 70e9)];

    public static Command Create(Surroundings surroundings)
    {
        var command = new Command("doctor", "What this machine can do, what is wrong with it, which model sizes fit and how fast they would be");
        command.SetAction(_ =>
        {
            var facts = MachineFacts.Read();
            int threads = Tensors.ThreadTeam.Shared.Count;
            surroundings.Message("measuring memory and arithmetic (about two seconds)");
            double bandwidth = MachineRates.ReadBandwidth(threads, 0.8), peak = MachineRates.Float32Peak(threads, 0.4);
            var warnings = Warnings(facts, threads).ToList();
            if (surroundings.Json) WriteJson(surroundings, facts, threads, bandwidth, peak, warnings);
            else WriteText(surroundings.Out, facts, threads, bandwidth, peak, warnings);
        });
        return command;
    }

    private static IEnumerable<string> Warnings(MachineFacts facts, int threads)
    {
        if (Tensors.InstructionLevels.Current == Tensors.InstructionLevel.Portable && facts.Architecture == "x64")
            yield return "no AVX2 instructions in use: everything runs several times slower (an old processor, an emulator, or LAPWING_ISA=portable)";
        if (facts.AvailableBytes < 1L << 30) yield return $"only {Bytes(facts.AvailableBytes)} of memory are free: close other programs before loading a model";
        if (threads == 1 && facts.LogicalProcessors > 1) yield return "one thread is used on several processors: unset LAPWING_THREADS to use them";
    }

    // The file's weights, a tenth for activations, and a cache for some thousand tokens.
    private static double Needs(double parameters, double bits) => parameters * bits / 8 * 1.1 + 0.3e9;

    private static string Verdict(MachineFacts facts, double parameters, double bits, double bandwidth) =>
        Needs(parameters, bits) > facts.AvailableBytes ? "too large" : $"{Rate(bandwidth, parameters, bits):0.0} tok/s";

    // Each token reads every weight once; 70 % of the bandwidth is what a good decoder reaches.
    private static double Rate(double bandwidth, double parameters, double bits) => 0.7 * bandwidth / (parameters * bits / 8);

    private static void WriteText(TextWriter writer, MachineFacts facts, int threads, double bandwidth, double peak, List<string> warnings)
    {
        Table.WriteFacts(writer,
        [
            ("processor", Printable(facts.Processor)),
            ("architecture", facts.Architecture),
            ("threads", $"{threads} of {facts.LogicalProcessors} logical processors"),
            ("instructions", $"{Tensors.InstructionLevels.Name(Tensors.InstructionLevels.Current)} (has {string.Join(", ", Tensors.InstructionLevels.Available.Select(Tensors.InstructionLevels.Name))})"),
            ("memory", $"{Bytes(facts.MemoryBytes)}, {Bytes(facts.AvailableBytes)} free"),
            ("reads", $"{bandwidth / 1e9:0.0} GB/s"),
            ("multiplies", $"{peak / 1e9:0} GFLOP/s in float32"),
            ("system", Printable(facts.System)),
        ]);
        writer.WriteLine();
        writer.WriteLine("Models that fit, and about how fast they would speak:");
        Table.Write(writer, ["parameters", ">4-bit", ">", ">8-bit", ">"], Sizes.Select(s => new[]
        {
            s.Name, Bytes(s.Parameters * BitsQ4 / 8), Verdict(facts, s.Parameters, BitsQ4, bandwidth), Bytes(s.Parameters * BitsQ8 / 8), Verdict(facts, s.Parameters, BitsQ8, bandwidth),
        }));
        writer.WriteLine();
        if (warnings.Count == 0) writer.WriteLine("Nothing is wrong.");
        foreach (string warning in warnings) writer.WriteLine("warning: " + warning);
    }

    private static void WriteJson(Surroundings surroundings, MachineFacts facts, int threads, double bandwidth, double peak, List<string> warnings) => surroundings.WriteJson(json =>
    {
        json.WriteStartObject();
        json.WriteString("cpu", facts.Processor);
        json.WriteString("architecture", facts.Architecture);
        json.WriteNumber("threads", threads);
        json.WriteNumber("logical_processors", facts.LogicalProcessors);
        json.WriteString("isa", Tensors.InstructionLevels.Name(Tensors.InstructionLevels.Current));
        json.WriteNumber("memory_bytes", facts.MemoryBytes);
        json.WriteNumber("available_bytes", facts.AvailableBytes);
        json.WriteNumber("read_gb_per_second", Math.Round(bandwidth / 1e9, 2));
        json.WriteNumber("fp32_gflops", Math.Round(peak / 1e9, 1));
        json.WriteStartArray("models");
        foreach (var (name, parameters) in Sizes)
        {
            json.WriteStartObject();
            json.WriteString("parameters", name);
            foreach (var (type, bits) in new[] { ("q4_k_m", BitsQ4), ("q8_0", BitsQ8) })
            {
                json.WriteStartObject(type);
                json.WriteNumber("bytes", Math.Round(parameters * bits / 8));
                json.WriteBoolean("fits", Needs(parameters, bits) <= facts.AvailableBytes);
                json.WriteNumber("expected_tokens_per_second", Math.Round(Rate(bandwidth, parameters, bits), 1));
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartArray("warnings");
        foreach (string warning in warnings) json.WriteStringValue(warning);
        json.WriteEndArray();
        json.WriteEndObject();
    });
}
