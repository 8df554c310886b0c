using System.Diagnostics;
using System.Text;

namespace Lapwing.Fuzz;

/// <summary>How a run ended: a kind of success, or an exception and the place in the code that threw it.</summary>
/// <param name="Signature">The same for all inputs that end alike.</param>
/// <param name="Example">Text for a person.</param>
internal sealed record Outcome(string Signature, string Example)
{
    public static Outcome Of(string success) => new("ok: " + success, "ok: " + success);

    public static Outcome Of(Exception error, int frames)
    {
        var signature = new StringBuilder();
        for (var e = error; e is not null; e = e.InnerException)
        {
            signature.Append(e.GetType().Name);
            foreach (var frame in new StackTrace(e, fNeedFileInfo: false).GetFrames().Take(frames))
                signature.Append(" < ").Append(frame.GetMethod()?.DeclaringType?.Name).Append('.').Append(frame.GetMethod()?.Name).Append('+').Append(frame.GetILOffset());
            signature.Append('\n');
        }
        return new Outcome(signature.ToString(), $"{error.GetType().Name}: {error.Message}");
    }
}
