using KafkaFs.Journal;
using KafkaFs.Journal.Check;
using KafkaFs.Journal.Codec;
using KafkaFs.Journal.Contract;
using KafkaFs.Replica.Apply;
using KafkaFs.Replica.Namespace;
using KafkaFs.Replica.Recovery;
using KafkaFs.Replica.Rejoin;

namespace KafkaFs.Replica.Sessions;

/// <summary>
/// The sessions of a journal, by the rules of evaluation. What a record does to the tree has no influence on sessions: here it only uses
/// up its sequence, so memory is that of the sessions, however large the filesystem is. For one thread.
/// </summary>
public sealed class SessionReplay
{
    private readonly NamespaceState _state;
    private readonly Evaluation _evaluation;
    private readonly Effects _effects = new();
    private readonly Dictionary<SessionId, OpenSession> _open = [];

    /// <param name="acceptedGap">Offsets that the journal lacks and that are gone past, as its options have to say too; null: none.</param>
    public SessionReplay(OffsetGap? acceptedGap = null)
    {
        _state = new NamespaceState { AcceptedGap = acceptedGap };
        _evaluation = new Evaluation(_state);
    }

    /// <summary>Offset of the next record.</summary>
    public long NextOffset => _state.NextOffset;

    public Guid Filesystem => _state.Filesystem;

    /// <summary>Number of the last session that was started.</summary>
    public SessionId Last => new(_state.LastSession);

    /// <summary>No further master may start.</summary>
    public bool IsFull => _open.Count >= NamespaceState.MaxSessions;

    /// <summary>The open sessions, in the order of their numbers.</summary>
    public IEnumerable<OpenSession> Open => _open.Values.OrderBy(session => session.Id.Number);

    /// <summary>
    /// Reads all of a journal as it is now; <paramref name="description"/> names it, <paramref name="acceptedGap"/> is as above. Throws what <see cref="JournalOrigin.Require"/> and
    /// <see cref="LogRange.Read"/> throw.
    /// </summary>
    public static SessionReplay Read(IJournal journal, string description, OffsetGap? acceptedGap, CancellationToken stop)
    {
        JournalOrigin.Require(journal, description, stop);
        SessionReplay sessions = new(acceptedGap);
        LogRange.Read(journal, 0, journal.QueryBounds(0, stop).Next, acceptedGap, (in JournalRecord record) => sessions.Replay(record), stop);
        return sessions;
    }

    public OpenSession? Find(SessionId id) => _open.GetValueOrDefault(id);

    /// <summary>
    /// The record at <see cref="NextOffset"/>. The outcome of one that is about sessions is that of every replica; of one that changes the
    /// tree it is not known. Throws <see cref="JournalRefusedException"/> for one that no software of this level may go past.
    /// </summary>
    public Outcome Replay(in JournalRecord record)
    {
        bool wellFormed = ChangeCodec.TryDecode(record.Bytes, out Change change, out string? defect);
        _effects.Clear();
        Outcome outcome = _evaluation.Evaluate(change, wellFormed && IsAboutSessions(change.Kind), record.Offset, record.AppendTimeMs, _effects);
        AcceptanceRules.Require(change, outcome, defect, record.Offset);
        _state.Publish(change, outcome, _effects, record.Offset);
        if (_effects.ConsumesSequence && _open.TryGetValue(change.Header.Session, out OpenSession? session))
        {
            _open[session.Id] = session with { Records = session.Records + 1, LastMs = record.AppendTimeMs };
        }

        if (outcome.IsAccepted && change.Kind is ChangeKind.SessionStarted or ChangeKind.SessionEnded)
        {
            Follow(change, record.AppendTimeMs);
        }

        return outcome;
    }

    private static bool IsAboutSessions(ChangeKind kind) => kind is ChangeKind.FilesystemCreated or ChangeKind.FormatRaised
        or ChangeKind.SessionStarted or ChangeKind.SessionEnded or ChangeKind.Fence;

    private void Follow(in Change change, long timeMs)
    {
        if (change.Kind == ChangeKind.SessionStarted)
        {
            _open.Add(Last, new OpenSession(Last, change.Master, change.Run, 0, timeMs, timeMs));
        }

        foreach (SessionId ended in _open.Keys.Where(id => !_state.Sessions.ContainsKey(id)).ToArray())
        {
            _open.Remove(ended);
        }
    }
}
