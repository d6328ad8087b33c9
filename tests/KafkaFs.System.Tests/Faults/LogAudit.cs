using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.Journal.Contract;
using KafkaFs.Replica.Namespace;

namespace KafkaFs.System.Tests.Faults;

/// <summary>
/// Reads a log from its first record and follows the rule of sessions and sequences in a way of its own: what it finds void must be
/// what replicas found void, and a (session, incarnation, sequence) must have one content however often it was appended.
/// </summary>
internal sealed class LogAudit
{
    private readonly Dictionary<uint, Session> _open = [];
    private readonly Dictionary<Guid, ulong> _lastRun = [];
    private readonly Dictionary<(uint Session, uint Incarnation, ulong Sequence), int> _contents = [];
    private readonly SortedDictionary<string, long> _voids = new(StringComparer.Ordinal);
    private uint _lastSession;
    private long _accepted;
    private long _fences;
    private bool _isCreated;

    /// <summary>What is wrong with the log itself.</summary>
    public List<string> Problems { get; } = [];

    /// <summary>Records that count as void, by <see cref="VoidReason"/>, as far as sessions and sequences decide.</summary>
    public IReadOnlyDictionary<string, long> Voids => _voids;

    public string Summary => $"{_accepted} records in sequence of {_lastSession} sessions, {_fences} fences, void: {(_voids.Count == 0 ? "none" : string.Join(", ", _voids.Select(pair => $"{pair.Key} {pair.Value}")))}";

    /// <summary>Takes records from 0 to <paramref name="end"/>.</summary>
    public void Read(IJournal journal, long end)
    {
        using IJournalReader reader = journal.OpenReader(0, 0);
        JournalBatch batch = new();
        for (int silent = 0; reader.NextOffset < end && silent < 60;)
        {
            silent = reader.Read(batch, TimeSpan.FromSeconds(1)) ? 0 : silent + 1;
            for (int index = 0; index < batch.Count; index++)
            {
                Take(batch[index]);
            }
        }

        if (reader.NextOffset < end)
        {
            Problems.Add($"the log gives nothing from {reader.NextOffset} on, {end} is its end");
        }
    }

    private void Take(in JournalRecord record)
    {
        if (!ChangeCodec.TryDecode(record.Bytes, out Change change, out string? defect))
        {
            Problems.Add($"record {record.Offset} cannot be decoded: {defect}");
            return;
        }

        VoidReason reason = change.Kind switch
        {
            ChangeKind.FilesystemCreated => Created(),
            ChangeKind.SessionStarted => Started(change),
            ChangeKind.Fence => Fenced(change),
            _ => InSession(change, record),
        };
        if (reason != VoidReason.None)
        {
            _voids[reason.ToString()] = _voids.GetValueOrDefault(reason.ToString()) + 1;
        }
    }

    private VoidReason Created()
    {
        bool again = _isCreated;
        _isCreated = true;
        return again ? VoidReason.NotFirst : VoidReason.None;
    }

    private VoidReason Started(in Change change)
    {
        if (change.Run <= _lastRun.GetValueOrDefault(change.Master))
        {
            return VoidReason.RunNotAbove;
        }

        Guid master = change.Master;
        _lastRun[master] = change.Run;
        foreach (uint closed in _open.Where(pair => pair.Value.Master == master).Select(pair => pair.Key).ToArray())
        {
            _open.Remove(closed);
        }

        _open[++_lastSession] = new Session(master);
        return VoidReason.None;
    }

    private VoidReason Fenced(in Change change)
    {
        if (!_open.TryGetValue(change.Header.Session.Number, out Session? session))
        {
            return VoidReason.SessionClosed;
        }

        if (change.Header.Incarnation != session.Incarnation || change.NewIncarnation <= session.Incarnation)
        {
            return VoidReason.OtherIncarnation;
        }

        (session.Incarnation, session.Expected) = (change.NewIncarnation, 0);
        _fences++;
        return VoidReason.None;
    }

    private VoidReason InSession(in Change change, in JournalRecord record)
    {
        uint number = change.Header.Session.Number;
        KeepsItsContent(change.Header, record);
        if (!_open.TryGetValue(number, out Session? session))
        {
            return VoidReason.SessionClosed;
        }

        if (change.Header.Incarnation != session.Incarnation)
        {
            return VoidReason.OtherIncarnation;
        }

        if (change.Header.Sequence != session.Expected)
        {
            return change.Header.Sequence < session.Expected ? VoidReason.Duplicate : VoidReason.SequenceAhead;
        }

        session.Expected++;
        _accepted++;
        if (change.Kind == ChangeKind.SessionEnded)
        {
            _open.Remove(change.Closes == SessionId.None ? number : change.Closes.Number);
        }

        return VoidReason.None;
    }

    private void KeepsItsContent(in ChangeHeader header, in JournalRecord record)
    {
        HashCode hash = default;
        hash.AddBytes(record.Bytes);
        int content = hash.ToHashCode();
        (uint, uint, ulong) key = (header.Session.Number, header.Incarnation, header.Sequence);
        if (!_contents.TryAdd(key, content) && _contents[key] != content)
        {
            Problems.Add($"record {record.Offset}: session, incarnation, sequence {key} was there before with another content");
        }
    }

    private sealed class Session(Guid master)
    {
        public Guid Master { get; } = master;

        public uint Incarnation { get; set; }

        public ulong Expected { get; set; }
    }
}
