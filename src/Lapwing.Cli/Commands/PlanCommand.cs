using System.CommandLine;
using Lapwing.Cli.Engine;
using Lapwing.Cli.Host;
using Lapwing.Cli.Machine;
using Lapwing.Cli.Tuning;

namespace Lapwing.Cli.Commands;

/// <summary><c>plan MODEL DATA</c>: what tuning would take, before it begins.</summary>
internal static class PlanCommand
{
    public static Command Create(Surroundings surroundings)
    {
        var command = new Command("plan", "Before tuning: steps, tokens, memory, time, measured on this machine with the largest batch");
        var engine = new EngineOptions().AddTo(command, withAdapters: false);
        var settings = new TuneSettings().AddTo(command);
        command.SetAction(parsed =>
        {
            using var prepared = TunePreparation.Make(parsed, engine, settings, surroundings);
            using var run = prepared.Begin(surroundings.Interruption.Token);
            surroundings.Message("trying the largest batch");
            var plan = run.Plan();
            long modelBytes = prepared.Loaded.Model.Parameters.Sum(p => p.Value.RowBytes * p.Value.Rows), available = MachineFacts.Read().AvailableBytes;
            bool fits = plan.LearningBytes + plan.ActivationBytes + modelBytes <= available;
            if (surroundings.Json)
            {
                surroundings.WriteJson(json =>
                {
                    json.WriteStartObject();
                    json.WriteString("method", run.Method);
                    json.WriteNumber("lr", prepared.Options.Trainer.PeakRate);
                    json.WriteNumber("batch", prepared.Options.Trainer.Batches.BatchSize);
                    json.WriteNumber("length", prepared.Options.Length);
                    json.WriteNumber("rows", run.Split.Training.Length);
                    json.WriteNumber("held_out", run.Split.Validation.Length);
                    json.WriteNumber("steps", plan.Steps);
                    json.WriteNumber("tokens", plan.Tokens);
                    json.WriteNumber("validation_tokens", plan.ValidationTokens);
                    json.WriteNumber("trained_parameters", plan.TrainedParameters);
                    JsonNumbers.Write(json, "tokens_per_second", Math.Round(plan.TokensPerSecond, 2));
                    JsonNumbers.Write(json, "seconds", Math.Round(plan.Duration.TotalSeconds, 1));
                    json.WriteNumber("activation_bytes", plan.ActivationBytes);
                    json.WriteNumber("learning_bytes", plan.LearningBytes);
                    json.WriteNumber("model_bytes", modelBytes);
                    json.WriteNumber("available_bytes", available);
                    json.WriteBoolean("fits", fits);
                    json.WriteEndObject();
                });
                return;
            }
            surroundings.Out.WriteLine(Learning.Describe(prepared, run));
            Table.WriteFacts(surroundings.Out,
            [
                ("tokens", $"{plan.Tokens} forward and backward{(plan.ValidationTokens > 0 ? $", {plan.ValidationTokens} forward only" : "")}"),
                ("time", $"{ProgressMeter.Duration(plan.Duration.TotalSeconds)} at {plan.TokensPerSecond:0} tok/s"),
                ("memory", $"{Wording.Bytes(plan.ActivationBytes)} for activations, {Wording.Bytes(plan.LearningBytes)} for what learns, {Wording.Bytes(modelBytes)} for the model; {Wording.Bytes(available)} are free"),
            ]);
            if (!fits) surroundings.Out.WriteLine("it does not fit: lower --tokens-at-once or --length, add --recompute, or train --top-layers only");
        });
        return command;
    }
}
