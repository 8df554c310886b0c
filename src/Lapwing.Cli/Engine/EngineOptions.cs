using System.CommandLine;
using System.Globalization;
using Lapwing.Cli.Host;
using Lapwing.Cli.Options;
using Lapwing.Tensors;

namespace Lapwing.Cli.Engine;

/// <summary>The options of every command that computes with a model: which, how exactly, on how many threads, with which adapters.</summary>
internal sealed class EngineOptions
{
    private readonly Argument<string> model = new("MODEL") { Description = "a .gguf file, a folder with safetensors, or a stored model's name" };
    private readonly Option<bool> exact = new("--exact") { Description = "float32 arithmetic on exactly dequantised weights: slow, and equal to the references" };
    private readonly Option<int?> threads = Numbers.Whole("--threads", "threads that compute (default: the physical cores)", 1, 1024, "-t");
    private readonly Option<string[]> adapters = new("--adapter") { Description = "attach a PEFT folder or an adapter's .gguf file, with a strength if wanted; repeatable", HelpName = "PATH[:SCALE]" };

    /// <summary>Adds them to a command; <paramref name="withModel"/> and <paramref name="withAdapters"/> off where a command takes none.</summary>
    public EngineOptions AddTo(Command command, bool withModel = true, bool withAdapters = true)
    {
        if (withModel) command.Arguments.Add(model);
        command.Options.Add(exact);
        command.Options.Add(threads);
        if (withAdapters) command.Options.Add(adapters);
        return this;
    }

    /// <summary>The resolved path of the model.</summary>
    public string ModelPath(ParseResult parsed, Surroundings surroundings) => Store.ModelPath.Resolve(parsed.GetRequiredValue(model), surroundings);

    /// <summary>The adapters named, with their strengths.</summary>
    public IReadOnlyList<AdapterChoice> Adapters(ParseResult parsed) => [.. (parsed.GetValue(adapters) ?? []).Select(AdapterChoice.Parse)];

    /// <summary>Loads the model, attaches its adapters, sets the threads.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="surroundings">For messages.</param>
    /// <param name="context">The context that will be used, where it is known.</param>
    public LoadedModel Load(ParseResult parsed, Surroundings surroundings, int? context = null)
    {
        UseThreads(parsed);
        var choices = Adapters(parsed);
        return LoadedModel.Load(ModelPath(parsed, surroundings), Arithmetic(parsed), choices, context);
    }

    /// <summary>The numeric policy asked for.</summary>
    public Arithmetic Arithmetic(ParseResult parsed) => IsExact(parsed) ? new ExactArithmetic() : new FastArithmetic();

    /// <summary>Whether <c>--exact</c> was given.</summary>
    public bool IsExact(ParseResult parsed) => parsed.GetValue(exact);

    /// <summary>Sets the size of the thread team.</summary>
    public void UseThreads(ParseResult parsed)
    {
        if (parsed.GetValue(threads) is { } count) ThreadTeam.Configure(count);
    }
}

/// <summary>An adapter and how strongly it acts.</summary>
internal sealed record AdapterChoice(string Path, float Scale)
{
    /// <summary>Reads <c>PATH</c> or <c>PATH:SCALE</c>; a path that exists as it stands is a path.</summary>
    public static AdapterChoice Parse(string text)
    {
        if (text.Length == 0) throw new UsageException("--adapter takes a path, not nothing");
        if (File.Exists(text) || Directory.Exists(text)) return new AdapterChoice(text, 1);
        int colon = text.LastIndexOf(':');
        if (colon > 0 && float.TryParse(text.AsSpan(colon + 1), NumberStyles.Float, CultureInfo.InvariantCulture, out float scale))
        {
            if (!float.IsFinite(scale)) throw new UsageException($"--adapter {text}: the scale must be a finite number");
            return Existing(text[..colon], scale);
        }
        return Existing(text, 1);
    }

    private static AdapterChoice Existing(string path, float scale) => File.Exists(path) || Directory.Exists(path) ? new AdapterChoice(path, scale)
        : throw new FileNotFoundException($"the adapter {path} does not exist; check the path", path);
}
