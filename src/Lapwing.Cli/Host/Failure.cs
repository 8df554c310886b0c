using System.Reflection;
using System.Text;

namespace Lapwing.Cli.Host;

/// <summary>Turns what a command threw into one line and an exit code.</summary>
internal static class Failure
{
    /// <summary>Reports <paramref name="error"/> on standard error and returns the exit code for it.</summary>
    public static int Report(Exception error, Surroundings surroundings)
    {
        error = Unwrap(error);
        if (error is OutputClosedException) return ExitCodes.Done;
        if (surroundings.Debug) surroundings.Error.WriteLine(error);
        if (error is OperationCanceledException)
        {
            surroundings.Message("interrupted");
            return ExitCodes.Interrupted;
        }
        surroundings.Error.WriteLine("error: " + OneLine(Describe(error)));
        return error is UsageException ? ExitCodes.WrongUsage : ExitCodes.Failed;
    }

    /// <summary>Joins lines and spells out control characters: file names and file contents must not reach the terminal raw.</summary>
    public static string OneLine(string text)
    {
        var builder = new StringBuilder(text.Length);
        foreach (char c in text.ReplaceLineEndings(" ").Trim())
        {
            if (char.IsControl(c)) builder.Append("\\u").Append(((int)c).ToString("x4"));
            else builder.Append(c);
        }
        return builder.ToString();
    }

    private static string Describe(Exception error) => error switch
    {
        UsageException or InvalidDataException or NotSupportedException => error.Message,
        FileNotFoundException { FileName: { Length: > 0 } name } when !error.Message.Contains("; ", StringComparison.Ordinal) => $"{name} does not exist; check the path",
        DirectoryNotFoundException when !error.Message.Contains("; ", StringComparison.Ordinal) => $"{error.Message.TrimEnd('.')}; check the path",
        UnauthorizedAccessException => $"{error.Message.TrimEnd('.')}; check its owner and mode",
        IOException => error.Message,
        // ArgumentException appends the parameter's name, which is ours and not the person's.
        ArgumentException { ParamName: { Length: > 0 } name } => error.Message.Replace($" (Parameter '{name}')", "", StringComparison.Ordinal),
        ArgumentException => error.Message,
        OutOfMemoryException => "there is not enough memory for this; take a smaller model, a shorter --ctx, or close other programs",
        _ => $"an unexpected {error.GetType().Name}: {error.Message} (a defect of lapwing: run again with LAPWING_DEBUG=1 and report what it prints)",
    };

    private static Exception Unwrap(Exception error) => error switch
    {
        AggregateException { InnerExceptions.Count: > 0 } many => Unwrap(many.InnerExceptions[0]),
        TargetInvocationException { InnerException: { } inner } => Unwrap(inner),
        TypeInitializationException { InnerException: { } inner } => Unwrap(inner),
        _ => error,
    };
}
