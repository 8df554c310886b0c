using System.Runtime.InteropServices;

namespace Lapwing.Cli.Host;

/// <summary>
/// Ctrl-C and SIGTERM as a cancellation: the command unwinds, its writers remove what they had begun, and the process returns 130.
/// Who presses Ctrl-C a second time does not want to wait for that.
/// </summary>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource source = new();
    private readonly List<PosixSignalRegistration> registrations = [];
    private CancellationTokenSource? turn;

    /// <summary>Cancelled on interruption.</summary>
    public CancellationToken Token => source.Token;

    /// <summary>Listens to the process's signals.</summary>
    public static Interruption OfProcess()
    {
        var interruption = new Interruption();
        foreach (var signal in new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM })
            interruption.registrations.Add(PosixSignalRegistration.Create(signal, interruption.OnSignal));
        return interruption;
    }

    /// <summary>
    /// A turn of a chat: until it is disposed, Ctrl-C ends the turn and not the program.
    /// </summary>
    public Turn BeginTurn() => new(this);

    /// <summary>Interrupts.</summary>
    public void Interrupt() => source.Cancel();

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var registration in registrations) registration.Dispose();
        source.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        if (context.Signal == PosixSignal.SIGINT && turn is { IsCancellationRequested: false } current)
        {
            current.Cancel();
            return;
        }
        if (source.IsCancellationRequested) Environment.Exit(ExitCodes.Interrupted);
        source.Cancel();
    }

    /// <summary>See <see cref="BeginTurn"/>.</summary>
    internal sealed class Turn : IDisposable
    {
        private readonly Interruption owner;
        private readonly CancellationTokenSource linked;

        public Turn(Interruption owner)
        {
            this.owner = owner;
            linked = CancellationTokenSource.CreateLinkedTokenSource(owner.Token);
            owner.turn = linked;
        }

        public CancellationToken Token => linked.Token;

        public void Dispose()
        {
            owner.turn = null;
            linked.Dispose();
        }
    }
}
