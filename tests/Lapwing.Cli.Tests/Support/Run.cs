using System.Text;
using System.Text.Json;
using Lapwing.Cli.Host;

namespace Lapwing.Cli.Tests.Support;

/// <summary>Runs the command line in this process, with everything it sees in the test's hands.</summary>
internal static class Run
{
    /// <summary>What a run left behind.</summary>
    public sealed record Result(int Code, byte[] Bytes, string Error)
    {
        public string Output => Encoding.UTF8.GetString(Bytes);

        public JsonElement Json
        {
            get
            {
                using var document = JsonDocument.Parse(Bytes);
                return document.RootElement.Clone();
            }
        }

        /// <summary>Asserts that it failed with one clear line that holds <paramref name="parts"/>, and nothing else.</summary>
        public Result Fails(int code, params string[] parts)
        {
            Assert.Equal((code, ""), (Code, Output));
            string line = Error.TrimEnd('\n');
            Assert.StartsWith("error: ", line, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', line);
            Assert.DoesNotContain("unexpected", line, StringComparison.Ordinal);
            foreach (string part in parts) Assert.Contains(part, line, StringComparison.Ordinal);
            return this;
        }

        /// <summary>As <see cref="Fails"/>, where earlier results may have been written already.</summary>
        public void FailsAfterOutput(params string[] parts) => _ = (this with { Bytes = [] }).Fails(1, parts);

        /// <summary>Asserts success without a word on standard error.</summary>
        public Result Succeeds()
        {
            Assert.Equal((0, ""), (Code, Error));
            return this;
        }
    }

    /// <summary>Runs <c>lapwing ARGS</c> with nothing to read and no terminal.</summary>
    public static Result Lapwing(params string[] args) => With(new World(), args);

    /// <summary>Runs in a given world.</summary>
    public static Result With(World world, params string[] args)
    {
        using var output = new MemoryStream();
        using var error = new StringWriter { NewLine = "\n" };
        using var surroundings = new Surroundings(world.Output ?? output, error, () => new StringReader(world.Input), name => world.Variables.GetValueOrDefault(name), () => world.Interruption)
        {
            InputIsTerminal = world.InputIsTerminal,
        };
        int code = CommandLine.Run(args, surroundings);
        return new Result(code, output.ToArray(), error.ToString());
    }

    /// <summary>What the command line sees.</summary>
    public sealed class World
    {
        public string Input { get; init; } = "";

        public bool InputIsTerminal { get; init; }

        public Dictionary<string, string> Variables { get; } = new() { ["LAPWING_HOME"] = "/nonexistent-lapwing-home" };

        public Interruption Interruption { get; } = new();

        public Stream? Output { get; init; }
    }
}
