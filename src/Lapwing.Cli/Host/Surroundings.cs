using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Lapwing.Cli.Host;

/// <summary>
/// What a command sees of the world: where results and messages go, what is typed, whether a person watches. Tests hand in their own.
/// Text is UTF-8 without byte order mark, lines end in LF.
/// </summary>
internal sealed class Surroundings : IDisposable
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);
    private static readonly JsonWriterOptions JsonForm = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly Stream output;
    private readonly Lazy<TextReader> input;
    private readonly Lazy<Interruption> interruption;

    /// <summary>Surroundings made of the given streams.</summary>
    public Surroundings(Stream output, TextWriter error, Func<TextReader> input, Func<string, string?> variable, Func<Interruption> interruption)
    {
        this.output = output;
        this.input = new(input);
        this.interruption = new(interruption);
        Variable = variable;
        Error = error;
        Out = new StreamWriter(output, Utf8, 4096, leaveOpen: true) { NewLine = "\n" };
    }

    /// <summary>Results, buffered: <see cref="Flush"/> where a person waits.</summary>
    public TextWriter Out { get; }

    /// <summary>Messages, progress and errors.</summary>
    public TextWriter Error { get; }

    /// <summary>What is typed or piped in.</summary>
    public TextReader Input => input.Value;

    /// <summary>Environment variables.</summary>
    public Func<string, string?> Variable { get; }

    /// <summary>Whether a person reads <see cref="Out"/>.</summary>
    public bool OutputIsTerminal { get; init; }

    /// <summary>Whether a person reads <see cref="Error"/>.</summary>
    public bool ErrorIsTerminal { get; init; }

    /// <summary>Whether a person types.</summary>
    public bool InputIsTerminal { get; init; }

    /// <summary>One JSON document instead of text (<c>--json</c>).</summary>
    public bool Json { get; set; }

    /// <summary>No messages and no progress (<c>--quiet</c>).</summary>
    public bool Quiet { get; set; }

    /// <summary>Whether stack traces are wanted (<c>LAPWING_DEBUG=1</c>).</summary>
    public bool Debug => Variable("LAPWING_DEBUG") is { Length: > 0 } v && v != "0";

    /// <summary>Ctrl-C and SIGTERM; asking for it starts listening, so only commands that clean up do.</summary>
    public Interruption Interruption => interruption.Value;

    /// <summary>The process's own.</summary>
    public static Surroundings OfProcess() => new(
        StandardOutput.Open(),
        new StreamWriter(Console.OpenStandardError(), Utf8, 256) { AutoFlush = true, NewLine = "\n" },
        () => new StreamReader(Console.OpenStandardInput(), Utf8),
        Environment.GetEnvironmentVariable,
        Interruption.OfProcess)
    {
        OutputIsTerminal = !Console.IsOutputRedirected,
        ErrorIsTerminal = !Console.IsErrorRedirected,
        InputIsTerminal = !Console.IsInputRedirected,
    };

    /// <summary>A message for the person, unless <c>--quiet</c>.</summary>
    public void Message(string text)
    {
        if (!Quiet) Error.WriteLine(text);
    }

    /// <summary>Writes the one JSON document that <c>--json</c> promises, and a line end.</summary>
    public void WriteJson(Action<Utf8JsonWriter> write)
    {
        Out.Flush();
        using (var writer = new Utf8JsonWriter(output, JsonForm)) write(writer);
        Out.Write('\n');
        Flush();
    }

    /// <summary>Writes bytes as they are.</summary>
    public void WriteBytes(ReadOnlySpan<byte> bytes)
    {
        Out.Flush();
        output.Write(bytes);
    }

    /// <summary>Hands everything written so far to the reader.</summary>
    public void Flush()
    {
        Out.Flush();
        output.Flush();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (interruption.IsValueCreated) interruption.Value.Dispose();
    }
}
