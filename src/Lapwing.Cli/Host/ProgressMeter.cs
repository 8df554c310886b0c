using System.Diagnostics;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Lapwing.Cli.Host;

/// <summary>A long work's report of how far it is.</summary>
internal interface IProgressMeter
{
    /// <summary><paramref name="done"/> units are done; <paramref name="note"/> stands beside the bar (a loss, a perplexity).</summary>
    void Report(double done, string? note = null);

    /// <summary><paramref name="done"/> units were done before this work began: they count as done, and not in the rate.</summary>
    void Resume(double done);
}

/// <summary>Progress with rate and time left: a bar on a terminal, a line every ten seconds otherwise, nothing with <c>--quiet</c>.</summary>
internal static class ProgressMeter
{
    /// <summary>Runs <paramref name="work"/>, which does <paramref name="total"/> units, under a meter.</summary>
    public static T Run<T>(Surroundings surroundings, string what, double total, string unit, Func<IProgressMeter, T> work)
    {
        if (surroundings.Quiet) return work(new Silent());
        if (!surroundings.ErrorIsTerminal)
        {
            var lines = new Lines(surroundings, what, total, unit);
            var result = work(lines);
            lines.Finish();
            return result;
        }
        return OnTerminal(surroundings, what, total, unit, work);
    }

    /// <summary>As <see cref="Run{T}"/>, without a result.</summary>
    public static void Run(Surroundings surroundings, string what, double total, string unit, Action<IProgressMeter> work) =>
        Run(surroundings, what, total, unit, meter =>
        {
            work(meter);
            return true;
        });

    /// <summary><c>1 h 02 min</c>, <c>3 min 20 s</c>, <c>12 s</c>.</summary>
    public static string Duration(double seconds)
    {
        if (!double.IsFinite(seconds) || seconds < 0) return "?";
        long s = (long)Math.Min(Math.Round(seconds), 1e12);
        return s >= 3600 ? $"{s / 3600} h {s / 60 % 60:00} min" : s >= 60 ? $"{s / 60} min {s % 60:00} s" : $"{s} s";
    }

    // A method of its own: Spectre.Console is loaded only when a bar is shown.
    private static T OnTerminal<T>(Surroundings surroundings, string what, double total, string unit, Func<IProgressMeter, T> work)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(surroundings.Error) });
        var rate = new RateColumn(unit);
        return console.Progress().AutoClear(true).HideCompleted(false)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn { Width = 16 }, new PercentageColumn(), rate)
            .Start(context =>
            {
                var task = context.AddTask(Markup.Escape(what), maxValue: Math.Max(total, 1e-9));
                return work(new Bar(task, what, rate));
            });
    }

    private static string Rate(double done, double seconds, string unit)
    {
        if (done <= 0 || seconds <= 0) return "";
        double rate = done / seconds;
        return rate >= 1 ? $"{rate:0.0} {unit}/s" : $"{seconds / done:0.0} s a {(unit.EndsWith('s') ? unit[..^1] : unit)}";
    }

    private sealed class Silent : IProgressMeter
    {
        public void Report(double done, string? note = null)
        {
        }

        public void Resume(double done)
        {
        }
    }

    private sealed class Bar(ProgressTask task, string what, RateColumn rate) : IProgressMeter
    {
        public void Resume(double done) => task.Value = rate.Before = done;

        public void Report(double done, string? note = null)
        {
            task.Value = done;
            if (note is not null) task.Description = Markup.Escape($"{what} ({note})");
        }
    }

    private sealed class RateColumn(string unit) : ProgressColumn
    {
        private const int Roomy = 110;

        /// <summary>Units that were done before.</summary>
        public double Before { get; set; }

        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime)
        {
            double seconds = task.ElapsedTime?.TotalSeconds ?? 0, done = task.Value, now = done - Before;
            string left = now > 0 && done < task.MaxValue ? $"{Duration(seconds / now * (task.MaxValue - done))} left" : "";
            // Eighty columns have room for one of them.
            string rate = options.ConsoleSize.Width >= Roomy || left.Length == 0 ? Rate(now, seconds, unit) : "";
            return new Spectre.Console.Text(rate.Length > 0 && left.Length > 0 ? $"{rate}, {left}" : rate + left);
        }

        protected override bool NoWrap => true;
    }

    private sealed class Lines(Surroundings surroundings, string what, double total, string unit) : IProgressMeter
    {
        private const double Every = 10;
        private readonly Stopwatch watch = Stopwatch.StartNew();
        private double next = Every, last, before;
        private string? note;

        public void Resume(double done) => before = done;

        public void Report(double done, string? note = null)
        {
            last = done;
            this.note = note ?? this.note;
            double seconds = watch.Elapsed.TotalSeconds;
            if (seconds < next) return;
            next = seconds + Every;
            double now = done - before;
            string left = now > 0 && done < total ? $", {Duration(seconds / now * (total - done))} left" : "";
            surroundings.Message($"{what}: {done:0}/{total:0} {unit}, {Rate(now, seconds, unit)}{left}{(this.note is null ? "" : $", {this.note}")}");
        }

        public void Finish() =>
            surroundings.Message($"{what}: {last - before:0} {unit} in {Duration(watch.Elapsed.TotalSeconds)}{(note is null ? "" : $", {note}")}");
    }
}
