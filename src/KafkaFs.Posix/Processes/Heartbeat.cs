namespace KafkaFs.Posix.Processes;

/// <summary>Whether work that has to move does. Of one thread at a time; read by any.</summary>
public sealed class Heartbeat(TimeProvider clock)
{
    private const long Resting = long.MinValue;

    private long _at = Resting;

    /// <summary>Time since the last sign of work that is under way; null while there is none.</summary>
    public TimeSpan? Since => Volatile.Read(ref _at) is long at and not Resting ? clock.GetElapsedTime(at) : null;

    /// <summary>Work is under way, and moves.</summary>
    public void Beat() => Volatile.Write(ref _at, clock.GetTimestamp());

    /// <summary>Nothing is under way.</summary>
    public void Rest() => Volatile.Write(ref _at, Resting);
}
