using System.CommandLine;
using System.Text.Json;
using Lapwing.Cli.Engine;
using Lapwing.Cli.Evaluation;
using Lapwing.Cli.Host;
using Lapwing.Cli.Options;

namespace Lapwing.Cli.Commands;

/// <summary><c>eval MODEL</c>: quality as numbers, and the numbers themselves.</summary>
internal static class EvalCommand
{
    private const int DefaultContext = 512, MostContext = 1 << 20;

    public static Command Create(Surroundings surroundings)
    {
        var command = new Command("eval", "Measure a model: perplexity on a text, the loss on rows of answers, or its logits for comparison with a reference");
        var engine = new EngineOptions().AddTo(command);
        var perplexity = new Option<string?>("--perplexity") { Description = "perplexity on this text, by llama.cpp's protocol; with --adapter, base and adapter side by side", HelpName = "FILE" };
        var bits = new Option<string?>("--bits") { Description = "bits per byte on rows of text, each alone: comparable between models of any vocabulary", HelpName = "FILE" };
        var context = Numbers.Whole("--ctx", $"tokens of a chunk (default {DefaultContext})", 4, MostContext);
        var chunks = Numbers.Whole("--chunks", "at most so many chunks (default: the whole text)", 1);
        var logits = new Option<string?>("--logits") { Description = "compute the logits of this JSON array of token ids", HelpName = "IDS.json" };
        var hidden = new Option<bool>("--hidden") { Description = "with --logits: every layer's output as well, as tensor hidden_states" };
        var output = new Option<string?>("--output", "-o") { Description = "with --logits: the safetensors file to write", HelpName = "FILE" };
        var answers = new AnswerLoss();
        var require = new Option<string?>("--require") { Description = "exit code 3 unless the adapter is better than its base", HelpName = "better" };
        require.AcceptOnlyFromAmong("better");
        var force = OutputPath.Force();
        foreach (Option option in new Option[] { perplexity, bits, context, chunks, logits, hidden, output, require, force }) command.Options.Add(option);
        answers.AddTo(command);
        command.SetAction(parsed =>
        {
            string? text = parsed.GetValue(perplexity), idsFile = parsed.GetValue(logits), target = parsed.GetValue(output);
            string? rows = parsed.GetValue(bits);
            string? answered = answers.Rows(parsed);
            if (new[] { text, idsFile, rows, answered }.Count(f => f is not null) != 1) throw new UsageException("give one of --perplexity FILE, --bits FILE, --answers DATA and --logits IDS.json");
            if (answered is not null && (target is not null || parsed.GetValue(hidden))) throw new UsageException("-o and --hidden go with --logits");
            if (answered is not null) return answers.Run(parsed, engine, parsed.GetValue(require) is not null, surroundings);
            if (rows is not null) return Bits(engine, parsed, rows, surroundings);
            if (idsFile is not null)
            {
                if (target is null) throw new UsageException("--logits needs -o FILE.safetensors");
                if (parsed.GetValue(require) is not null) throw new UsageException("--require goes with --perplexity and --answers");
                // What this command wrote before may be written anew; anything else that is there is the person's to give up.
                OutputPath.ForFile(target, parsed.GetValue(force) || LogitsWriter.Wrote(target), idsFile);
                int[] ids = JsonInput.Ids(idsFile);
                using var loaded = engine.Load(parsed, surroundings, ids.Length);
                OutputPath.ForFile(target, force: true, [loaded.Path, .. loaded.Adapters.Select(a => a.Name)]);
                LogitsWriter.Write(loaded, ids, target, parsed.GetValue(hidden), surroundings);
                ReportLogits(loaded, ids.Length, target, surroundings);
                return ExitCodes.Done;
            }
            if (target is not null || parsed.GetValue(hidden) || parsed.GetValue(force)) throw new UsageException("-o, --force and --hidden go with --logits");
            if (parsed.GetValue(require) is not null && engine.Adapters(parsed).Count == 0) throw new UsageException("--require better compares an adapter with its base: give --adapter");
            string content = TextInput.Read(text!);
            int length = parsed.GetValue(context) ?? DefaultContext;
            using (var loaded = engine.Load(parsed, surroundings, length))
            {
                var measure = new Perplexity(loaded, content, text!, length, parsed.GetValue(chunks));
                return loaded.Adapters.Count == 0 ? Alone(loaded, measure, surroundings) : BesideBase(loaded, measure, parsed.GetValue(require) is not null, surroundings);
            }
        });
        return command;
    }

    private static int Bits(EngineOptions engine, ParseResult parsed, string rows, Surroundings surroundings)
    {
        using var loaded = engine.Load(parsed, surroundings);
        BitsPerByteResult? before = loaded.Adapters.Count == 0 ? null : BitsPerByte.Measure(loaded, rows, useAdapters: false, surroundings);
        var result = BitsPerByte.Measure(loaded, rows, useAdapters: true, surroundings);
        if (!surroundings.Json)
        {
            if (before is { } b) surroundings.Out.WriteLine($"base: {b.BitsPerByte:0.0000} bits a byte, loss {b.LossPerToken:0.0000} a token");
            surroundings.Out.WriteLine($"{result.BitsPerByte:0.0000} bits a byte, loss {result.LossPerToken:0.0000} a token ({result.Rows} rows, {result.Tokens} tokens, {result.Bytes} bytes, {loaded.Arithmetic.Path} path)");
            return ExitCodes.Done;
        }
        surroundings.WriteJson(json =>
        {
            json.WriteStartObject();
            JsonNumbers.Write(json, "bits_per_byte", result.BitsPerByte);
            JsonNumbers.Write(json, "loss", result.LossPerToken);
            json.WriteNumber("rows", result.Rows);
            json.WriteNumber("tokens", result.Tokens);
            json.WriteNumber("bytes", result.Bytes);
            if (before is { } b) JsonNumbers.Write(json, "base_bits_per_byte", b.BitsPerByte);
            WritePath(json, loaded);
            json.WriteEndObject();
        });
        return ExitCodes.Done;
    }

    private static void ReportLogits(LoadedModel loaded, int length, string target, Surroundings surroundings)
    {
        int vocabulary = loaded.Model.Head.Vocabulary;
        if (!surroundings.Json)
        {
            surroundings.Message($"wrote the logits of {length} tokens to {target}");
            return;
        }
        surroundings.WriteJson(json =>
        {
            json.WriteStartObject();
            json.WriteString("output", target);
            json.WriteNumber("length", length);
            json.WriteNumber("vocabulary", vocabulary);
            WritePath(json, loaded);
            json.WriteEndObject();
        });
    }

    private static int Alone(LoadedModel loaded, Perplexity measure, Surroundings surroundings)
    {
        var result = measure.Of(measure.Losses(useAdapters: true, "perplexity", surroundings));
        if (!surroundings.Json)
        {
            surroundings.Out.WriteLine($"perplexity {result.Perplexity:0.0000} ± {result.StandardError:0.0000} ({result.Tokens} tokens in {result.Chunks} chunks of {result.Context}, {loaded.Arithmetic.Path} path)");
            return ExitCodes.Done;
        }
        surroundings.WriteJson(json =>
        {
            json.WriteStartObject();
            WriteResult(json, result);
            WritePath(json, loaded);
            json.WriteEndObject();
        });
        return ExitCodes.Done;
    }

    private static int BesideBase(LoadedModel loaded, Perplexity measure, bool mustBeBetter, Surroundings surroundings)
    {
        float[] without = measure.Losses(useAdapters: false, "base", surroundings), with = measure.Losses(useAdapters: true, "with adapter", surroundings);
        PerplexityResult before = measure.Of(without), after = measure.Of(with);
        var comparison = Comparison.Of(with, without);
        if (surroundings.Json)
        {
            surroundings.WriteJson(json =>
            {
                json.WriteStartObject();
                WriteResult(json, after);
                WritePath(json, loaded);
                json.WriteStartObject("base");
                WriteNumbers(json, before);
                json.WriteEndObject();
                json.WriteNumber("mean_difference", comparison.MeanDifference);
                json.WriteNumber("difference_standard_error", comparison.StandardError);
                json.WriteString("verdict", comparison.Verdict);
                json.WriteEndObject();
            });
        }
        else
        {
            Table.Write(surroundings.Out, ["", ">perplexity", ">±"],
            [
                ["base", $"{before.Perplexity:0.0000}", $"{before.StandardError:0.0000}"],
                ["with adapter", $"{after.Perplexity:0.0000}", $"{after.StandardError:0.0000}"],
            ]);
            surroundings.Out.WriteLine($"{comparison.Verdict}: {comparison.MeanDifference:+0.0000;-0.0000;0} ± {comparison.StandardError:0.0000} in −ln p a token over {after.Tokens} tokens");
        }
        return mustBeBetter && comparison.Verdict != "better" ? ExitCodes.CheckFailed : ExitCodes.Done;
    }

    private static void WriteResult(Utf8JsonWriter json, PerplexityResult result)
    {
        WriteNumbers(json, result);
        json.WriteNumber("tokens", result.Tokens);
        json.WriteNumber("chunks", result.Chunks);
        json.WriteNumber("ctx", result.Context);
    }

    private static void WriteNumbers(Utf8JsonWriter json, PerplexityResult result)
    {
        JsonNumbers.Write(json, "perplexity", result.Perplexity);
        JsonNumbers.Write(json, "standard_error", result.StandardError);
    }

    private static void WritePath(Utf8JsonWriter json, LoadedModel loaded)
    {
        json.WriteString("path", loaded.Arithmetic.Path);
        json.WriteString("level", loaded.Arithmetic.Level);
    }
}
