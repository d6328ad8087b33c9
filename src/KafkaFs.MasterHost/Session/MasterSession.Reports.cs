using System.Diagnostics;
using KafkaFs.Hosting.Lifetime;
using KafkaFs.Journal.Codec;
using KafkaFs.Journal.Contract;
using KafkaFs.Posix;
using KafkaFs.Replica.Namespace;
using Microsoft.Extensions.Logging;

namespace KafkaFs.MasterHost.Session;

/// <summary>What is known of a session's records, and what it does then: the table "Appends" of the design, a row a method.</summary>
internal sealed partial class MasterSession
{
    // Of the appender that is in use; what others say does not count any more.
    private Listener? _listener;

    private void OnAppended(long ticket, in AppendResult result)
    {
        Handover.Handed handed;
        lock (_gate)
        {
            if (!_handover.TryReport(ticket, out handed))
            {
                return;
            }

            OnReport(handed, result);
            GiveUpOnceDrained();
            Advance();
        }

        if (result.Status == AppendStatus.Placed)
        {
            _applier.Offer(result.Offset, result.AppendTimeMs, handed.Record);
        }
    }

    private void OnReport(in Handover.Handed handed, in AppendResult result)
    {
        switch (result.Status)
        {
            case AppendStatus.Placed:
                _options.OnAcknowledged(Stopwatch.GetElapsedTime(handed.At));
                break;
            case AppendStatus.PlacedSomewhere:
                OnPlacedSomewhere(handed);
                break;
            case AppendStatus.Refused:
                OnRefused(handed, result);
                if (handed.Call is null)
                {
                    // A refused Fence goes again and again, and nothing moves.
                    return;
                }

                break;
            case AppendStatus.Unknown:
                OnUnknown(handed, result.Reason);
                return;
        }

        _silence.OnReport();
        _mending.OnProgress();
    }

    // Not a copy of one that is evaluated.
    private bool IsMissed(in Handover.Handed handed) =>
        handed.Call is PendingCall call ? _pending.Find(call.Sequence) == call : _handover.IsControl(handed.Record);

    private void OnUnknown(in Handover.Handed handed, string? reason)
    {
        if (IsMissed(handed))
        {
            LogUnknown(_logger, handed.Call?.Sequence, reason);
            _handover.Doubt();
        }
    }

    // Durable, but no offset says where.
    private void OnPlacedSomewhere(in Handover.Handed handed)
    {
        if (IsMissed(handed))
        {
            _unplaced.Add(handed.Call);
        }
    }

    private void OnRefused(in Handover.Handed handed, in AppendResult result)
    {
        if (!IsMissed(handed))
        {
            return;
        }

        if (handed.Call is PendingCall call)
        {
            _givingUp.OnRefused(call, result);
        }
        else if (!_givingUp.IsFencing)
        {
            Failure ??= new HostFailure(ExitCode.JournalRefused, $"the journal refused a record of this session: {result.Reason}");
            _endedTask.TrySetResult();
        }
        else
        {
            // The clock of this machine, or a policy of the brokers: nothing goes on until it is mended.
            LogFenceRefused(_logger, result.Reason);
            _handover.Doubt();
        }
    }

    private void GiveUpOnceDrained()
    {
        if (_givingUp.TryAsk())
        {
            _mending.ReadLimit(renew: _pending.HasTooLong);
        }
    }

    // By the mending, under the gate.
    private void BeginFence(bool limitIsNews)
    {
        if (!_ended && Failure is null)
        {
            _givingUp.BeginFence(RecordStamp.Fence(_filesystem, Id, _pending.Incarnation, ChangeHeader.NowNs(_clock)), limitIsNews);
        }
    }

    // A record of this session that used up no sequence.
    private void OnOutside(in Change change, Outcome outcome, ReadOnlySpan<byte> record)
    {
        if (change.Kind == ChangeKind.Fence && outcome.IsAccepted)
        {
            OnFence(change, record);
        }
        else if (outcome.Void == VoidReason.SequenceAhead)
        {
            // It was met before one that must come first: that one is not in the log, though it may have been reported.
            lock (_gate)
            {
                _handover.Doubt();
            }
        }
    }

    private void OnFence(in Change change, ReadOnlySpan<byte> record)
    {
        List<PendingCall> givenUp;
        lock (_gate)
        {
            if (_ended)
            {
                return;
            }

            if (_givingUp.TryEnd(record, out givenUp))
            {
                _unplaced.Clear();
                Advance();
            }
        }

        if (_pending.Incarnation != change.NewIncarnation)
        {
            End(new HostFailure(ExitCode.SessionClosed, $"a Fence of session {Id} is not of this process: somebody else writes in its name"));
        }

        AbandonAll(givenUp);
    }

    private void OnFailed(Listener listener, AppenderFailure failure, string reason)
    {
        if (failure == AppenderFailure.Listener)
        {
            End(new HostFailure(ExitCode.Internal, $"a report of the journal could not be dealt with: {reason}"));
            return;
        }

        lock (_gate)
        {
            if (listener == _listener && !_ended)
            {
                Replace(failure, reason);
            }
        }
    }

    // With another record there, the log that acknowledges is not the one that was applied: nothing goes before it is checked. What was
    // there so long ago that nobody knows is looked at as well, and meanwhile the record may be nowhere: it goes again.
    private void OnOddAcknowledgement(bool isOther, string words)
    {
        LogOdd(_logger, words);
        _check.Suspect(words);
        lock (_gate)
        {
            if (!isOther)
            {
                _handover.Doubt();
            }
            else if (!_ended)
            {
                Replace(AppenderFailure.LogInDoubt, words);
            }
        }
    }

    private void Replace(AppenderFailure failure, string reason)
    {
        _mending.Replace(failure, reason);
        GiveUpOnceDrained();
    }

    private void Resume()
    {
        bool isStalled;
        lock (_gate)
        {
            if (_ended || Failure is not null)
            {
                return;
            }

            if (_unplaced.AreOverdue())
            {
                // It is not where it was said to be: once more is never wrong.
                _handover.Doubt();
            }

            _handover.Resume();
            _silence.Look(_handover.Waiting > 0);
            _standstill.Look(_pending.HandedOver > 0, _applier.NextOffset);
            isStalled = _mending.IsForbidden || _silence.IsLong || _standstill.IsLong;
        }

        Forsake(Waits.Look(isStalled));
    }

    // They have waited for too long. What was not handed over leaves no trace; the rest must not be applied late, unknown to the caller: once the
    // journal is back, nothing goes before a Fence.
    private void Forsake(List<IJournalWait> overdue)
    {
        foreach (IJournalWait wait in overdue)
        {
            if (wait.TryFail(out IReadOnlyList<PendingCall> forsaken))
            {
                foreach (PendingCall withdrawn in forsaken.Where(call => !call.IsForsaken && TryForsake(call)))
                {
                    withdrawn.Abandon(Errno.EIO);
                }
            }
        }
    }

    // True if it was withdrawn.
    private bool TryForsake(PendingCall call)
    {
        lock (_gate)
        {
            if (!_ended && _pending.TryWithdraw(call))
            {
                return true;
            }

            // It may be through by now.
            if (!_ended && _pending.Holds(call))
            {
                _givingUp.OnForsaken(call);
                GiveUpOnceDrained();
            }

            return false;
        }
    }

    // Under the gate.
    private void Advance()
    {
        if (!_ended && Failure is null)
        {
            _handover.Advance();
            _silence.Look(_handover.Waiting > 0);
        }
    }

    // A broken invariant in there must not leave calls waiting for ever.
    private Task RunWatched(Func<Task> work)
    {
        Task running = _options.Run(work);
        running.ContinueWith(
            failed => _endedTask.TrySetException(failed.Exception!.InnerExceptions),
            CancellationToken.None,
            TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        return running;
    }

    [LoggerMessage(6000, LogLevel.Warning, "The journal does not know what became of record {Sequence} ({Reason}); it is appended again")]
    private static partial void LogUnknown(ILogger logger, ulong? sequence, string? reason);

    [LoggerMessage(6004, LogLevel.Error, "The journal refuses the session's Fence, and nothing is appended before it: {Reason}")]
    private static partial void LogFenceRefused(ILogger logger, string? reason);

    [LoggerMessage(6005, LogLevel.Error, "{Words}; the log is checked")]
    private static partial void LogOdd(ILogger logger, string words);

    private sealed class Listener(MasterSession session) : IAppendListener
    {
        public void OnAppended(long ticket, in AppendResult result) => session.OnAppended(ticket, result);

        public void OnFailed(AppenderFailure failure, string reason) => session.OnFailed(this, failure, reason);
    }
}
