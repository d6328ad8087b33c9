namespace KafkaFs.MasterHost.Session;

/// <summary>What a session may be made with.</summary>
internal sealed record SessionOptions
{
    /// <summary>A journal that has reported nothing for so long, while records wait for it, is a stall.</summary>
    public TimeSpan StallAfter { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>A call that has waited for so long, while the journal is stalled, is answered EIO, and its record given up by a Fence; null: it waits.</summary>
    public TimeSpan? ChangeTimeout { get; init; }

    /// <summary>The journal is away, and has not been checked: the first appender is opened once the log is known to be ours.</summary>
    public bool IsJournalAway { get; init; }

    /// <summary>Inodes that a session can make; the one after them ends it.</summary>
    public uint MaxInodes { get; init; } = uint.MaxValue;

    /// <summary>Told the time from handover to acknowledgement of each record.</summary>
    public Action<TimeSpan> OnAcknowledged { get; init; } = static _ => { };

    /// <summary>Runs what waits for the journal, not on the caller's thread.</summary>
    public Func<Func<Task>, Task> Run { get; init; } = Task.Run;
}
