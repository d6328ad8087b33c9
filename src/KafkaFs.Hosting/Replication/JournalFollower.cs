using KafkaFs.Hosting.Metrics;
using KafkaFs.Hosting.Status;
using KafkaFs.Journal.Contract;
using KafkaFs.Replica;

namespace KafkaFs.Hosting.Replication;

/// <summary>
/// Runs a replica: a thread that follows the journal, and a second look at both that keeps the status true. Its tasks fail with
/// what the replica cannot go on from.
/// </summary>
public sealed class JournalFollower : IDisposable
{
    private static readonly TimeSpan s_lookInterval = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan s_boundsInterval = TimeSpan.FromSeconds(1);

    private readonly LocalReplica _replica;
    private readonly IJournal _journal;
    private readonly HostStatus _status;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _caughtUp = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly long _target;
    private string _readyWords = "";
    private bool _ready;

    /// <summary>Starts following; the replica counts as caught up once it has applied what the journal holds now.</summary>
    public JournalFollower(LocalReplica replica, IJournal journal, HostStatus status, KafkaFsMetrics metrics)
    {
        (_replica, _journal, _status) = (replica, journal, status);
        _target = journal.QueryBounds(0, _stop.Token).Next;
        metrics.Observe(replica.Applier.Counters, replica.Namespace);
        status.SetEnd(_target);
        status.Set(HostState.CatchingUp, $"catching up from {replica.Applier.NextOffset} to {_target}");
        Run("journal-follow", Follow);
        Run("status", Look);
        Run("journal-bounds", AskBounds);
    }

    /// <summary>Completes when everything is applied that the journal held at the start.</summary>
    public Task CaughtUp => _caughtUp.Task;

    /// <summary>Completes when following ends: by <see cref="Stop"/>, or with a failure.</summary>
    public Task Ended => _ended.Task;

    /// <summary>From here on the host is ready, in these words, whenever nothing stalls it.</summary>
    public void BecomeReady(string words)
    {
        (_readyWords, _ready) = (words, true);
        _status.Set(HostState.Ready, words);
    }

    /// <summary>Stops following and waits for the record under way.</summary>
    public void Stop()
    {
        _ready = false;
        _stop.Cancel();
        _ended.Task.ContinueWith(static _ => { }, TaskScheduler.Default).Wait();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Stop();
        _stop.Dispose();
    }

    private static void Run(string name, ThreadStart loop) => new Thread(loop) { IsBackground = true, Name = name }.Start();

    private void Follow()
    {
        try
        {
            _replica.Follow(_stop.Token);
            _ended.TrySetResult();
        }
        catch (Exception exception) when (End(exception))
        {
            _caughtUp.TrySetException(exception);
        }
    }

    private bool End(Exception exception)
    {
        _ended.TrySetException(exception);
        return true;
    }

    private void Look()
    {
        while (!_ended.Task.IsCompleted)
        {
            _status.SetPosition(_replica.Applier.NextOffset, _replica.Applier.Counters.LastAppendTimeMs);
            if (_replica.Applier.NextOffset >= _target)
            {
                _caughtUp.TrySetResult();
            }

            if (_replica.Applier.Stall is { } stall)
            {
                _status.Set(HostState.Stalled, stall.ToString());
            }
            else if (_ready)
            {
                _status.Set(HostState.Ready, _journal.Trouble is string trouble ? $"{_readyWords}; journal: {trouble}" : _readyWords);
            }
            else if (_status.State is HostState.CatchingUp)
            {
                _status.Set(HostState.CatchingUp, $"catching up: {_replica.Applier.NextOffset} of {_target}");
            }

            Thread.Sleep(_caughtUp.Task.IsCompleted ? s_lookInterval : TimeSpan.FromMilliseconds(10));
        }
    }

    private void AskBounds()
    {
        while (!_ended.Task.IsCompleted)
        {
            try
            {
                _status.SetEnd(_journal.QueryBounds(0, _stop.Token).Next);
            }
            catch (Exception exception) when (exception is JournalException or OperationCanceledException or ObjectDisposedException)
            {
                // No answer is no finding: the reader reports what is wrong with the log itself.
            }

            _ended.Task.ContinueWith(static _ => { }, TaskScheduler.Default).Wait(s_boundsInterval);
        }
    }
}
