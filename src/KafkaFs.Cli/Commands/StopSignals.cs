using System.Runtime.InteropServices;

namespace KafkaFs.Cli.Commands;

/// <summary>Ctrl-C, SIGTERM and the end of the terminal as a token: the command ends by itself, however long it takes.</summary>
internal sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration[] _registrations;
    private int _first;

    public StopSignals() =>
        _registrations = [.. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP }.Select(signal => PosixSignalRegistration.Create(signal, Stop))];

    public CancellationToken Token => _source.Token;

    /// <summary>The first one that came; null before.</summary>
    public PosixSignal? First => (PosixSignal)Volatile.Read(ref _first) is var signal && signal != 0 ? signal : null;

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
        {
            registration.Dispose();
        }

        _source.Dispose();
    }

    private void Stop(PosixSignalContext context)
    {
        context.Cancel = true;
        Interlocked.CompareExchange(ref _first, (int)context.Signal, 0);
        _source.Cancel();
    }
}
