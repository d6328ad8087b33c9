using KafkaFs.Hosting.Lifetime;
using KafkaFs.Journal.Contract;
using Microsoft.Extensions.Logging;

namespace KafkaFs.MasterHost.Session;

/// <summary>
/// Gives a session another appender when the one that it has is of no use, and reads the log's limits again: what takes long or waits for
/// the journal, one thing after the other. Public members are called under the session's lock, except Dispose.
/// </summary>
/// <param name="gate">The session's lock; not held while anything is waited for.</param>
/// <param name="stop">The session has ended.</param>
internal sealed partial class AppenderMending(
    Lock gate, Handover handover, IJournal journal, ILogCheck check, ILogger logger, TimeProvider clock, CancellationToken stop)
{
    private static readonly TimeSpan s_againAfter = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_forbiddenInterval = TimeSpan.FromSeconds(10);

    private IJournalAppender? _old;
    private AppenderFailure? _failure;
    private bool _readsLimit;
    private bool _isRunning;
    private long? _openedAt;
    private int _openedLimit;

    /// <summary>Makes the listener of the next appender, whose reports count from then on; under the lock.</summary>
    public required Func<IAppendListener> NewListener { get; init; }

    /// <summary><see cref="IJournal.OpenAppender"/>, without the lock but for the first one.</summary>
    public required Func<IAppendListener, IJournalAppender> OpenAppender { get; init; }

    /// <summary>Told whether the log takes another length of records than when the last appender was made; under the lock.</summary>
    public required Action<bool> LimitRead { get; init; }

    /// <summary>Told, without the lock, that the log is not ours, or that its settings are not those of a journal.</summary>
    public required Action<HostFailure> Refused { get; init; }

    /// <summary>Runs the work, not on the caller's thread.</summary>
    public required Func<Func<Task>, Task> Run { get; init; }

    /// <summary>What is done now; completed if nothing is.</summary>
    public Task Work { get; private set; } = Task.CompletedTask;

    /// <summary>Why there is no appender, or why the last one failed, until something is appended again.</summary>
    public string? Words { get; private set; }

    /// <summary>A right is missing: a stall from the first moment on.</summary>
    public bool IsForbidden { get; private set; }

    /// <summary>The first appender; throws as <see cref="IJournal.OpenAppender"/> does.</summary>
    public void Open()
    {
        NoteOpening();
        handover.Attach(OpenAppender(NewListener()));
        handover.Resume();
    }

    /// <summary>The first appender is opened once the log is known to be ours: like every later one.</summary>
    public void OpenLater() => Start();

    /// <summary>The journal has taken a record.</summary>
    public void OnProgress() => (Words, IsForbidden) = (null, false);

    /// <summary>
    /// Nothing more is handed over until the log is known to be ours and another appender is there; then everything that was not
    /// accepted goes again.
    /// </summary>
    public void Replace(AppenderFailure failure, string reason)
    {
        LogReplaced(logger, failure, reason);
        Detach();
        (_failure, Words, IsForbidden) = (failure, reason, failure == AppenderFailure.Forbidden);
        Start();
    }

    /// <summary>
    /// Asks the log for the longest record that it takes; with <paramref name="renew"/> through a new appender from then on, whose batches
    /// keep to it.
    /// </summary>
    public void ReadLimit(bool renew)
    {
        _readsLimit = true;
        if (renew)
        {
            Detach();
        }

        Start();
    }

    private void Detach() => _old = handover.Detach() ?? _old;

    private void Start()
    {
        if (!_isRunning)
        {
            _isRunning = true;
            Work = Run(MendAsync);
        }
    }

    private async Task MendAsync()
    {
        try
        {
            while (TryTake(out IJournalAppender? old, out AppenderFailure? failure, out bool readsLimit))
            {
                // A producer that has failed is disposed before the check: nothing of it may land unseen afterwards.
                old?.Dispose();
                if (handover.IsDetached)
                {
                    // A new producer does not know what the log had: it would append to another one without a word.
                    await AskAsync(ConfirmAsync).ConfigureAwait(false);
                }

                if (readsLimit)
                {
                    await AskAsync(ReadLimitAsync).ConfigureAwait(false);
                }

                if (handover.IsDetached)
                {
                    await OpenAsync(failure).ConfigureAwait(false);
                }
            }
        }
        catch (JournalRefusedException exception)
        {
            Refused(new HostFailure(ExitCode.JournalRefused, exception.Message));
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The session has ended.
        }
    }

    private bool TryTake(out IJournalAppender? old, out AppenderFailure? failure, out bool readsLimit)
    {
        lock (gate)
        {
            stop.ThrowIfCancellationRequested();
            (old, failure, readsLimit) = (_old, _failure, _readsLimit);
            (_old, _failure, _readsLimit) = (null, null, false);
            _isRunning = handover.IsDetached || readsLimit;
            return _isRunning;
        }
    }

    private async Task ConfirmAsync()
    {
        await check.ConfirmAsync(stop).ConfigureAwait(false);
        LogConfirmed(logger);
    }

    private async Task ReadLimitAsync()
    {
        int limit = await journal.ReadMaxRecordBytesAsync(stop).ConfigureAwait(false);
        lock (gate)
        {
            LimitRead(limit != _openedLimit);
        }
    }

    // No answer is no finding. A topic that is missing may come back, and so may a right.
    private async Task AskAsync(Func<Task> ask)
    {
        while (true)
        {
            try
            {
                await ask().ConfigureAwait(false);
                return;
            }
            catch (JournalUnavailableException exception)
            {
                NoteUnanswered(exception.Message);
            }
            catch (JournalRefusedException exception) when (exception.Refusal is JournalRefusal.Forbidden or JournalRefusal.Missing)
            {
                Note(exception.Message);
            }

            await Task.Delay(s_againAfter, clock, stop).ConfigureAwait(false);
        }
    }

    private async Task OpenAsync(AppenderFailure? failure)
    {
        await PaceAsync(failure == AppenderFailure.Forbidden ? s_forbiddenInterval : s_againAfter).ConfigureAwait(false);
        IAppendListener listener;
        lock (gate)
        {
            if (_old is not null)
            {
                // It has failed while the log was asked: the next round disposes of it first.
                return;
            }

            listener = NewListener();
        }

        NoteOpening();
        try
        {
            Attach(OpenAppender(listener));
        }
        catch (JournalUnavailableException exception)
        {
            // The next round tries again.
            NoteUnanswered(exception.Message);
        }
    }

    private void NoteOpening() => (_openedAt, _openedLimit) = (clock.GetTimestamp(), journal.MaxRecordBytes);

    // One that fails at once must not be made anew at full speed.
    private async Task PaceAsync(TimeSpan interval)
    {
        TimeSpan since = _openedAt is long openedAt ? clock.GetElapsedTime(openedAt) : interval;
        if (since < interval)
        {
            await Task.Delay(interval - since, clock, stop).ConfigureAwait(false);
        }
    }

    private void Attach(IJournalAppender appender)
    {
        lock (gate)
        {
            if (_failure is null && !stop.IsCancellationRequested)
            {
                handover.Attach(appender);
                handover.Resume();
                return;
            }
        }

        // It has failed already, or comes too late, perhaps after TakeLast.
        appender.Dispose();
    }

    private void Note(string words)
    {
        lock (gate)
        {
            Words = words;
        }
    }

    // A missing right stays the cause until there is another finding.
    private void NoteUnanswered(string words)
    {
        lock (gate)
        {
            Words = IsForbidden ? Words : words;
        }
    }

    /// <summary>The appender that nobody has disposed of yet, once <see cref="Work"/> has ended; under the lock.</summary>
    public IJournalAppender? TakeLast()
    {
        Detach();
        (IJournalAppender? last, _old) = (_old, null);
        return last;
    }

    [LoggerMessage(6010, LogLevel.Warning, "Another producer is needed ({Failure}): {Reason}")]
    private static partial void LogReplaced(ILogger logger, AppenderFailure failure, string reason);

    [LoggerMessage(6011, LogLevel.Information, "The log is still ours: a new producer appends again what was not applied")]
    private static partial void LogConfirmed(ILogger logger);
}
