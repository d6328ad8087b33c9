using KafkaFs.Journal.Contract;
using Microsoft.Extensions.Logging;

namespace KafkaFs.MasterHost.Session;

/// <summary>
/// How a record is given up that the log refuses, or whose call was answered since the log is away: it is in the way of all that were handed over after it. Nothing more is handed over until all
/// reports are in; the log is asked what it takes; a Fence is appended, and once that is applied everything that evaluation has not accepted
/// goes again, but for what is given up. Not thread-safe: used under the session's lock.
/// </summary>
internal sealed partial class GivingUp(PendingTable pending, Handover handover, ILogger logger)
{
    private Stage _stage;
    private byte[]? _fence;
    private bool _limitIsNews;

    private enum Stage
    {
        Nothing,
        Draining,
        Asking,
        Fencing,
    }

    /// <summary>The Fence is on its way.</summary>
    public bool IsFencing => _stage == Stage.Fencing;

    /// <summary>The log has refused the record of a call.</summary>
    public void OnRefused(PendingCall call, in AppendResult result)
    {
        LogRefused(logger, call.Sequence, result.Reason);
        call.Refusal = new RecordRefusal(result.Reason, result.IsTooLong);
        Drain();
    }

    /// <summary>A call, which may have gone in parts, was answered EIO before the log had reported all of it.</summary>
    public void OnForsaken(PendingCall call)
    {
        LogForsaken(logger, call.Sequence);
        call.IsForsaken = true;
        Drain();
    }

    private void Drain()
    {
        handover.Hold();
        _stage = _stage == Stage.Nothing ? Stage.Draining : _stage;
    }

    /// <summary>All reports are in after a refusal: the caller asks the log what it takes, and then calls <see cref="BeginFence"/>. True once.</summary>
    public bool TryAsk()
    {
        if (_stage != Stage.Draining || handover.InFlight > 0)
        {
            return false;
        }

        _stage = Stage.Asking;
        return true;
    }

    /// <summary>The log has been asked, and <paramref name="fence"/> is appended.</summary>
    /// <param name="limitIsNews">The producer that was refused did not know what the log takes.</param>
    public void BeginFence(byte[] fence, bool limitIsNews)
    {
        (_stage, _fence, _limitIsNews) = (Stage.Fencing, fence, limitIsNews);
        handover.BeginControl(fence);
        handover.Resume();
    }

    /// <summary>
    /// A Fence of this session is applied: the next incarnation begins, without the calls that are given up. False if it is not the one that was
    /// appended here.
    /// </summary>
    public bool TryEnd(ReadOnlySpan<byte> record, out List<PendingCall> givenUp)
    {
        if (_fence is null || !record.SequenceEqual(_fence))
        {
            givenUp = [];
            return false;
        }

        givenUp = pending.BeginIncarnation(IsGivenUp);
        (_stage, _fence) = (Stage.Nothing, null);
        handover.EndControl();
        handover.Release();
        return true;
    }

    // Not accepted, and the session's Fence says that it never will be.
    private bool IsGivenUp(PendingCall call)
    {
        if (call.Whole.IsForsaken)
        {
            return true;
        }

        if (call.Refusal is not RecordRefusal refusal)
        {
            return false;
        }

        call.Refusal = null;
        if (refusal.IsTooLong)
        {
            Shorten(call);
            if (handover.MayGo(call))
            {
                return false;
            }
        }

        LogGivenUp(logger, refusal.Reason);
        return true;
    }

    // The producer that was refused may not have known the limit. Where it did, the log does not keep to it: the batch was too long for
    // it, which says nothing of each record in it, or else the record alone, of which half is tried.
    private void Shorten(PendingCall call)
    {
        if (!_limitIsNews && call.GoesAlone)
        {
            call.MaxRecordBytes = call.Record.Length / 2;
        }

        call.GoesAlone = !_limitIsNews;
    }

    [LoggerMessage(6001, LogLevel.Error, "The journal refused record {Sequence}: {Reason}; a Fence is appended before what follows it")]
    private static partial void LogRefused(ILogger logger, ulong sequence, string? reason);

    [LoggerMessage(6007, LogLevel.Error, "Record {Sequence} has waited for the journal for too long: its call is answered EIO, outcome unknown; a Fence is appended before what follows it")]
    private static partial void LogForsaken(ILogger logger, ulong sequence);

    [LoggerMessage(6003, LogLevel.Error, "A call whose record the journal refuses is answered EIO: {Reason}")]
    private static partial void LogGivenUp(ILogger logger, string? reason);
}
