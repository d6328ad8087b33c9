namespace KafkaFs.Replica;

/// <summary>How far long work has come, phase by phase. Set by the thread that does it, read by any.</summary>
public sealed class WorkProgress(TimeProvider clock)
{
    private volatile Phase? _phase;

    /// <summary>Null while nothing is under way.</summary>
    public ProgressReport? Now => _phase is Phase phase
        ? new ProgressReport(phase.What, Volatile.Read(ref phase.Done), phase.Total, phase.Unit, Math.Round(clock.GetElapsedTime(phase.Began).TotalSeconds, 3))
        : null;

    /// <summary>Another phase begins, in words for a person; <paramref name="total"/> is 0 if nobody can know it.</summary>
    public void Begin(string what, string unit, long total = 0) => _phase = new Phase(what, unit, total, clock.GetTimestamp());

    /// <summary>So much more of the phase is done.</summary>
    public void Advance(long by = 1)
    {
        if (_phase is Phase phase)
        {
            Volatile.Write(ref phase.Done, phase.Done + by);
        }
    }

    /// <summary>Nothing is under way any more.</summary>
    public void End() => _phase = null;

    private sealed class Phase(string what, string unit, long total, long began)
    {
        public long Done;

        public string What => what;

        public string Unit => unit;

        public long Total => total;

        public long Began => began;
    }
}
