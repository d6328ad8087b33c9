using KafkaFs.Hosting.Metrics;
using KafkaFs.Hosting.Status;
using KafkaFs.Journal.Contract;
using KafkaFs.Replica;

namespace KafkaFs.Hosting.Replication;

/// <summary>
/// Runs a replica: a thread that follows the journal, one that asks the journal for its end, one that checks whether it is still ours,
/// and one that looks at all of them and keeps the status true. Its tasks fail with what the replica cannot go on from. The replica and the journal are the caller's, who calls
/// <see cref="Stop"/> before it disposes either.
/// </summary>
public sealed class JournalFollower : IDisposable
{
    private static readonly TimeSpan s_lookInterval = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan s_catchUpLookInterval = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan s_boundsInterval = TimeSpan.FromSeconds(1);

    // A question has a limit of its own (three steps of 5 s with Kafka, fewer when it is stopped), and may wait for another one.
    private static readonly TimeSpan s_stopLimit = TimeSpan.FromSeconds(15);

    private readonly LocalReplica _replica;
    private readonly IJournal _journal;
    private readonly HostStatus _status;
    private readonly BoundsWatch _bounds;
    private readonly ReadingWatch _reading;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _caughtUp = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Thread _follow;
    private readonly Thread _look;
    private readonly Thread _ask;
    private readonly Thread _checking;
    private readonly LogCheck _check;
    private volatile JournalRefusedException? _verdict;
    private volatile string? _readyWords;
    private volatile string? _away;
    private bool _stopped;
    private bool _hasAnswer;

    /// <summary>
    /// Starts following, and asks nothing itself: a journal that is away now is waited for. The replica counts as caught up once it
    /// has applied what the journal held at its first answer. One that was opened unchecked follows once the log is known to be its own.
    /// </summary>
    /// <param name="check">Is run from here on until <see cref="Stop"/>; the caller's.</param>
    public JournalFollower(LocalReplica replica, IJournal journal, LogCheck check, HostStatus status, KafkaFsMetrics metrics, TimeProvider? clock = null)
    {
        (_replica, _journal, _status, _check) = (replica, journal, status, check);
        _bounds = new BoundsWatch(journal, () => replica.Applier.NextOffset, status, check.Suspect, clock ?? TimeProvider.System);
        _reading = new ReadingWatch(journal, clock ?? TimeProvider.System);
        metrics.Observe(replica);
        status.SetPosition(replica.Applier.NextOffset, 0);
        status.Watch(() => replica.Hang(HostStatus.HangLimit));
        status.Set(HostState.CatchingUp, $"catching up from {replica.Applier.NextOffset}");
        _follow = Start("journal-follow", Follow);
        _look = Start("status", Look);
        _ask = Start("journal-bounds", AskBounds);
        _checking = Start("journal-check", () => EndByVerdict(() => check.Run(_stop.Token)));
    }

    /// <summary>Completes when everything is applied that the journal held at the start.</summary>
    public Task CaughtUp => _caughtUp.Task;

    /// <summary>Completes when following ends: by <see cref="Stop"/>, or with a failure.</summary>
    public Task Ended => _ended.Task;

    /// <summary>What else keeps the host from being ready, in words, or null; asked again and again, must not wait.</summary>
    public Func<string?>? AlsoStalled { get; init; }

    /// <summary>From here on the host is ready, in these words, whenever nothing stalls it.</summary>
    public void BecomeReady(string words)
    {
        _readyWords = words;
        _status.Set(HostState.Ready, words);
    }

    /// <summary>
    /// Stops following, and waits for the record under way and for the journal's last answer: nothing of this uses replica or
    /// journal afterwards.
    /// </summary>
    public void Stop()
    {
        if (_stopped)
        {
            return;
        }

        (_stopped, _readyWords) = (true, null);
        _stop.Cancel();
        _follow.Join();
        _look.Join();
        _journal.NoteApplied(_replica.Applier.NextOffset);
        _hasAnswer = _ask.Join(s_stopLimit) && _checking.Join(s_stopLimit);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Stop();
        if (_hasAnswer)
        {
            _stop.Dispose();
        }
    }

    private Thread Start(string name, Action loop)
    {
        Thread thread = new(() => Run(loop)) { IsBackground = true, Name = name };
        thread.Start();
        return thread;
    }

    private void Run(Action loop)
    {
        try
        {
            loop();
        }
        catch (Exception exception) when (End(exception))
        {
            _stop.Cancel();
        }
    }

    // Not ready from here on, not only when the host has taken everything down.
    private bool End(Exception exception)
    {
        _status.Set(HostState.Refused, exception.Message);
        _caughtUp.TrySetException(exception);
        _ended.TrySetException(exception);
        return true;
    }

    private void Follow()
    {
        if (_replica.IsUnchecked)
        {
            AwaitJournal();
        }

        if (!_replica.IsUnchecked)
        {
            _replica.Follow(_stop.Token);
        }

        if (_verdict is JournalRefusedException verdict)
        {
            End(verdict);
        }

        _ended.TrySetResult();
    }

    // Nothing is read before the log is known to be ours, and nothing is appended either: a session starts once this has caught up.
    private void AwaitJournal()
    {
        while (_replica.IsUnchecked && !_stop.IsCancellationRequested)
        {
            try
            {
                _check.ConfirmAsync(_stop.Token).GetAwaiter().GetResult();
                _replica.OnChecked();
                _away = null;
            }
            catch (JournalUnavailableException exception)
            {
                _away = $"the journal is away since the start: {exception.Message}; what is here is read as the last run left it, and changes wait";
                _stop.Token.WaitHandle.WaitOne(s_boundsInterval);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                // Stopped; or another thread's verdict, which is told when this has ended.
                return;
            }
        }
    }

    private void AskBounds()
    {
        do
        {
            EndByVerdict(() => _bounds.Ask(_stop.Token));
        }
        while (!_stop.Token.WaitHandle.WaitOne(s_boundsInterval));
    }

    // What follows the journal ends first, and then says why.
    private void EndByVerdict(Action ask)
    {
        try
        {
            ask();
        }
        catch (JournalRefusedException exception)
        {
            _verdict = exception;
            _stop.Cancel();
        }
    }

    private void Look()
    {
        while (!_ended.Task.IsCompleted)
        {
            _status.SetPosition(_replica.Applier.NextOffset, _replica.Applier.Counters.LastAppendTimeMs);
            _journal.NoteApplied(_replica.Applier.NextOffset);
            _status.Checkpoint = _replica.Checkpoints.Durable is { Position: > 0 } checkpoint ? checkpoint : null;
            if (!_replica.IsUnchecked && _replica.Reached >= _bounds.Target)
            {
                _caughtUp.TrySetResult();
            }

            SetState();
            Task.WaitAny([_ended.Task], _caughtUp.Task.IsCompleted ? s_lookInterval : s_catchUpLookInterval);
        }
    }

    private void SetState()
    {
        string? unread = _reading.Look();
        if (_replica.Stall is { } stall)
        {
            _status.Set(HostState.Stalled, stall.ToString());
        }
        else if (_away is string away)
        {
            _status.Set(HostState.Stalled, away);
        }
        else if ((_check.Stall ?? _bounds.Stall ?? unread) is string silence)
        {
            _status.Set(HostState.Stalled, silence);
        }
        else if (AlsoStalled?.Invoke() is string words)
        {
            _status.Set(HostState.Stalled, words);
        }
        else if (_readyWords is string ready)
        {
            _status.Set(HostState.Ready, (_bounds.Complaint ?? _journal.ReadingTrouble) is string complaint ? $"{ready}; journal: {complaint}" : ready);
        }
        else
        {
            _status.Set(HostState.CatchingUp, $"catching up: {_replica.Applier.NextOffset} of {_bounds.Target?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "?"}");
        }
    }
}
