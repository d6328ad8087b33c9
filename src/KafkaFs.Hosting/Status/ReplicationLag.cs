namespace KafkaFs.Hosting.Status;

/// <summary>
/// How long the oldest record that is not applied has been in the journal, as far as this host can know: since the end of the
/// journal was first seen behind it; for the backlog found at the start, since the log's own time of the record applied last.
/// Used under its owner's lock.
/// </summary>
internal sealed class ReplicationLag(TimeProvider clock)
{
    // More are merged into the last one: the lag of the newest records is then said too long, never too short.
    private const int MaxSightings = 64;

    private readonly List<Sighting> _behind = [];
    private bool _sawEnd;
    private bool _backlog;
    private long _applied;
    private long _lastAppendTimeMs;

    /// <summary>Seconds; 0 when everything that is known of is applied.</summary>
    public double Seconds
    {
        get
        {
            if (_behind.Count == 0)
            {
                return 0;
            }

            double seen = clock.GetElapsedTime(_behind[0].Timestamp).TotalSeconds;
            return _backlog && _lastAppendTimeMs > 0
                ? Math.Max(seen, (clock.GetUtcNow() - DateTimeOffset.FromUnixTimeMilliseconds(_lastAppendTimeMs)).TotalSeconds)
                : seen;
        }
    }

    /// <summary>The journal ends at <paramref name="end"/> now.</summary>
    public void OnEnd(long end)
    {
        bool first = !_sawEnd;
        _sawEnd = true;
        if (end <= _applied || (_behind.Count > 0 && end <= _behind[^1].End))
        {
            return;
        }

        _backlog |= first;
        if (_behind.Count < MaxSightings)
        {
            _behind.Add(new Sighting(end, clock.GetTimestamp()));
        }
        else
        {
            _behind[^1] = _behind[^1] with { End = end };
        }
    }

    /// <summary>Everything before <paramref name="applied"/> is applied; the log's time of the last record (0: none yet).</summary>
    public void OnApplied(long applied, long lastAppendTimeMs)
    {
        (_applied, _lastAppendTimeMs) = (applied, lastAppendTimeMs);
        int done = _behind.FindIndex(sighting => sighting.End > applied);
        done = done < 0 ? _behind.Count : done;
        _behind.RemoveRange(0, done);
        _backlog &= done == 0;
    }

    private readonly record struct Sighting(long End, long Timestamp);
}
