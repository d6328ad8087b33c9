using System.Diagnostics;
using System.Runtime.InteropServices;
using KafkaFs.Journal;
using KafkaFs.Journal.Contract;

namespace KafkaFs.MasterHost.Session;

/// <summary>
/// What of a session's records is in the journal's hands. New records go in order as long as nothing is in doubt. After a record of
/// which the journal does not know, or that evaluation met ahead of its turn, nothing new goes until all reports are in; then
/// everything that evaluation has not accepted goes again, the same bytes in order: the sequence rule makes repetitions void. The
/// pace of going again is that of <see cref="Resume"/>. Without an appender everything waits, and all but control records until the
/// session has begun. Not thread-safe: used under the session's lock.
/// </summary>
/// <param name="journal">Says how long a record may be now: a longer Write goes in parts, the rest as it is, for the log to refuse.</param>
internal sealed class Handover(PendingTable pending, IJournal journal)
{
    // Enough for the journal to have something to do while the next ones grow.
    private const int PatientRecords = 2;

    private readonly Dictionary<long, Handed> _inFlight = [];
    private IJournalAppender? _appender;
    private byte[]? _control;
    private bool _controlIsDue;
    private bool _isDoubtful;
    private bool _isHeld = true;
    private (Guid Filesystem, SessionId Session) _begun;
    private bool _lastIsAlone;
    private ulong _goesAgainFrom = ulong.MaxValue;
    private long _lastTicket;

    /// <summary>Records handed over and not reported.</summary>
    public int InFlight => _inFlight.Count;

    /// <summary>There is no appender.</summary>
    public bool IsDetached => _appender is null;

    /// <summary>Records that no report is known of, or that wait to be handed over (again); a control record until it is evaluated: all wait for it.</summary>
    public int Waiting => Math.Max(_control is null ? 0 : 1, pending.Queued + (_controlIsDue ? 1 : 0)
        + (_isDoubtful || _isHeld || _goesAgainFrom < pending.NextSequence || _appender is null ? pending.HandedOver : _inFlight.Count));

    /// <summary>A producer is there; what is not accepted goes again, by the next <see cref="Resume"/>.</summary>
    public void Attach(IJournalAppender appender) => (_appender, _isDoubtful) = (appender, true);

    /// <summary>Takes the appender away, if there is one: no report of it counts any more.</summary>
    public IJournalAppender? Detach()
    {
        IJournalAppender? appender = _appender;
        _appender = null;
        _inFlight.Clear();
        return appender;
    }

    /// <summary>Appends a record outside of the sequence, again and again until <see cref="EndControl"/>, before anything else.</summary>
    public void BeginControl(byte[] record) => (_control, _controlIsDue) = (record, true);

    /// <summary>It is the control record that is on its way now.</summary>
    public bool IsControl(byte[] record) => record == _control;

    /// <summary>The control record has been evaluated.</summary>
    public void EndControl() => (_control, _controlIsDue) = (null, false);

    /// <summary>The log has accepted the session: what was submitted before goes from here on.</summary>
    public void Begin(Guid filesystem, SessionId session) => (_begun, _isHeld) = ((filesystem, session), false);

    /// <summary>Only control records go from here on, until <see cref="Release"/>.</summary>
    public void Hold() => _isHeld = true;

    /// <summary>Everything goes, from the first record of a new incarnation on.</summary>
    public void Release() => (_isHeld, _isDoubtful, _goesAgainFrom) = (false, false, ulong.MaxValue);

    /// <summary>The journal has reported a record; false for a report that came too late to count.</summary>
    public bool TryReport(long ticket, out Handed handed) => _inFlight.Remove(ticket, out handed);

    /// <summary>A record may not be in the log, or not in its place.</summary>
    public void Doubt() => _isDoubtful = true;

    /// <summary>Called from time to time: begins to append again what is in doubt, once no report is missing.</summary>
    public void Resume()
    {
        if (_isDoubtful && _inFlight.Count == 0 && _appender is not null)
        {
            (_isDoubtful, _controlIsDue, _goesAgainFrom) = (false, _control is not null, pending.FirstSequence);
        }

        Advance();
    }

    /// <summary>Hands over as much as the journal takes; the rest follows at the next report.</summary>
    public void Advance()
    {
        if (_isDoubtful || _appender is null || !TryControl() || _isHeld || !TryAgain())
        {
            return;
        }

        while (pending.NextQueued is PendingCall call && !(pending.MayNextWait && _inFlight.Count >= PatientRecords))
        {
            call.Seal();
            RecordStamp.Number(call, _begun.Filesystem, _begun.Session);
            int limit = LimitOf(call);
            List<PendingCall>? parts = call.Record.Length > limit && SplitWrite.CanSplit(call, limit) ? SplitWrite.Split(call, limit) : null;
            PendingCall first = parts?[0] ?? call;
            RecordStamp.Place(first, pending.Incarnation, pending.NextSequence);
            if (!TryAppend(first.Record, first))
            {
                return;
            }

            if (parts is not null)
            {
                // Not before one of them has gone: a call that is whole can be withdrawn.
                pending.ReplaceFirst(parts);
            }

            pending.MoveToHandedOver(first);
        }
    }

    /// <summary>The log may take the call's record as it is, or in parts.</summary>
    public bool MayGo(PendingCall call) => call.Record.Length <= LimitOf(call) || SplitWrite.CanSplit(call, LimitOf(call));

    private int LimitOf(PendingCall call) => Math.Min(journal.MaxRecordBytes, call.MaxRecordBytes);

    private bool TryControl()
    {
        if (_controlIsDue && _control is not null)
        {
            if (!TryAppend(_control, null))
            {
                return false;
            }

            _controlIsDue = false;
        }

        return true;
    }

    private bool TryAgain()
    {
        // What was accepted meanwhile need not go again.
        for (_goesAgainFrom = Math.Max(_goesAgainFrom, pending.FirstSequence); _goesAgainFrom < pending.NextSequence; _goesAgainFrom++)
        {
            PendingCall call = pending.Find(_goesAgainFrom)!;
            if (!TryAppend(call.Record, call))
            {
                return false;
            }
        }

        _goesAgainFrom = ulong.MaxValue;
        return true;
    }

    // Its report takes the session's lock, so it comes after this.
    private bool TryAppend(byte[] record, PendingCall? call)
    {
        bool isAlone = call is { GoesAlone: true };
        if ((_inFlight.Count > 0 && (isAlone || _lastIsAlone)) || !_appender!.TryAppend(record, ++_lastTicket))
        {
            return false;
        }

        _lastIsAlone = isAlone;
        _inFlight.Add(_lastTicket, new Handed(record, call, Stopwatch.GetTimestamp()));
        return true;
    }

    /// <summary>A record in the journal's hands.</summary>
    /// <param name="Record">Its bytes.</param>
    /// <param name="Call">Null for a control record.</param>
    /// <param name="At">When it was handed over; a Stopwatch timestamp.</param>
    [StructLayout(LayoutKind.Auto)]
    internal readonly record struct Handed(byte[] Record, PendingCall? Call, long At);
}
