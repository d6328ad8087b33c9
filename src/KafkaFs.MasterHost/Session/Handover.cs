using System.Diagnostics;
using KafkaFs.Journal.Codec;
using KafkaFs.Journal.Contract;

namespace KafkaFs.MasterHost.Session;

/// <summary>
/// What of a session's records is in the journal's hands. New records go in order as long as nothing is in doubt. After a record of
/// which the journal does not know, or that evaluation met ahead of its turn, nothing new goes until all reports are in; then
/// everything that evaluation has not accepted goes again, the same bytes in order: the sequence rule makes repetitions void. The
/// pace of going again is that of <see cref="Resume"/>. Not thread-safe: used under the session's lock.
/// </summary>
internal sealed class Handover(IJournalAppender appender, PendingTable pending)
{
    /// <summary>Ticket of a record that comes before any session; such a record is never applied from memory.</summary>
    public const long ControlTicket = -1;

    private byte[]? _control;
    private bool _controlIsDue;
    private bool _isDoubtful;
    private ulong _goesAgainFrom = ulong.MaxValue;
    private int _inFlight;

    /// <summary>Appends a record that comes before any session, again and again until <see cref="EndControl"/>.</summary>
    public void BeginControl(byte[] record) => (_control, _controlIsDue) = (record, true);

    /// <summary>The control record has been evaluated.</summary>
    public void EndControl() => (_control, _controlIsDue) = (null, false);

    /// <summary>The journal has reported one record.</summary>
    public void OnReport() => _inFlight--;

    /// <summary>A record may not be in the log, or not in its place.</summary>
    public void Doubt() => _isDoubtful = true;

    /// <summary>Called from time to time: begins to append again what is in doubt, once no report is missing.</summary>
    public void Resume()
    {
        if (_isDoubtful && _inFlight == 0)
        {
            (_isDoubtful, _controlIsDue, _goesAgainFrom) = (false, _control is not null, pending.FirstSequence);
        }

        Advance();
    }

    /// <summary>Hands over as much as the journal takes; the rest follows at the next report.</summary>
    public void Advance()
    {
        if (_isDoubtful || !TryControl() || !TryAgain())
        {
            return;
        }

        while (pending.NextQueued is PendingCall call)
        {
            Restamp(call, pending.NextSequence);
            if (!TryAppend(call))
            {
                return;
            }

            pending.MoveToHandedOver(call);
        }
    }

    private bool TryControl()
    {
        if (_controlIsDue && _control is not null)
        {
            if (!appender.TryAppend(_control, ControlTicket))
            {
                return false;
            }

            _inFlight++;
            _controlIsDue = false;
        }

        return true;
    }

    private bool TryAgain()
    {
        // What was accepted meanwhile need not go again.
        for (_goesAgainFrom = Math.Max(_goesAgainFrom, pending.FirstSequence); _goesAgainFrom < pending.NextSequence; _goesAgainFrom++)
        {
            if (!TryAppend(pending.Find(_goesAgainFrom)!))
            {
                return false;
            }
        }

        _goesAgainFrom = ulong.MaxValue;
        return true;
    }

    private bool TryAppend(PendingCall call)
    {
        call.HandedOverAt = Stopwatch.GetTimestamp();
        if (!appender.TryAppend(call.Record, (long)call.Sequence))
        {
            return false;
        }

        _inFlight++;
        return true;
    }

    // A call before it in the queue may have been withdrawn: sequences have no gaps.
    private static void Restamp(PendingCall call, ulong sequence)
    {
        if (call.Sequence == sequence)
        {
            return;
        }

        if (!ChangeCodec.TryDecode(call.Record, out Change change, out string? defect))
        {
            throw new InvalidOperationException($"A record of this session cannot be decoded: {defect}");
        }

        change.Header.Sequence = sequence;
        call.Record = ChangeCodec.Encode(change);
        call.Sequence = sequence;
    }
}
