using KafkaFs.Journal.Check;
using KafkaFs.Journal.Contract;

namespace KafkaFs.Hosting.Replication;

/// <summary>
/// The journal of a replica that can do without it for a while: it is opened in the background, again and again, and until that has worked
/// every question is one without an answer. What it is found to be then is for <see cref="LogCheck"/>.
/// </summary>
public sealed class LateJournal : IJournal
{
    // What Kafka's brokers take unless told otherwise; a Write that the log finds too long goes in parts.
    private const int AssumedMaxRecordBytes = 1024 * 1024;

    private static readonly TimeSpan s_retryAfter = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_confirmAfter = TimeSpan.FromSeconds(2);

    private readonly IJournalProvider _provider;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly Task _opening;
    private volatile JournalException _why;
    private volatile bool _isRefused;
    private volatile IJournal? _journal;
    private Func<string, Task<int>>? _suspected;
    private bool _disposed;

    private LateJournal(IJournalProvider provider, JournalException why)
    {
        (_provider, _why) = (provider, why);
        _opening = Task.Run(OpenAsync);
    }

    /// <summary>
    /// The journal itself where it can be opened now, else this. Throws <see cref="JournalRefusedException"/> for what does not end by itself.
    /// </summary>
    public static async Task<IJournal> OpenAsync(IJournalProvider provider, CancellationToken stop)
    {
        try
        {
            return await provider.OpenAsync(createIfMissing: false, stop).ConfigureAwait(false);
        }
        catch (JournalException exception) when (IsAway(exception))
        {
            return new LateJournal(provider, exception);
        }
    }

    /// <inheritdoc/>
    public JournalIdentity Identity => Opened.Identity;

    /// <inheritdoc/>
    public int PartitionCount => 1;

    /// <inheritdoc/>
    public int MaxRecordBytes => _journal?.MaxRecordBytes ?? AssumedMaxRecordBytes;

    /// <inheritdoc/>
    public int LeaderEpoch => _journal?.LeaderEpoch ?? -1;

    /// <inheritdoc/>
    public string? Trouble => _journal is IJournal journal ? journal.Trouble : _why.Message;

    /// <inheritdoc/>
    public string? ReadingTrouble => _journal?.ReadingTrouble;

    /// <inheritdoc/>
    public Func<string, Task<int>>? Suspected
    {
        get => _suspected;
        set
        {
            lock (_gate)
            {
                _suspected = value;
                _journal?.Suspected = value;
            }
        }
    }

    // Throws as a journal does that gives no answer.
    private IJournal Opened
    {
        get
        {
            if (_journal is IJournal journal)
            {
                return journal;
            }

            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_opening.IsFaulted)
            {
                _opening.GetAwaiter().GetResult();
            }

            throw !_isRefused
                ? new JournalUnavailableException(_why.Message, _why)
                : new JournalRefusedException(((JournalRefusedException)_why).Refusal, _why.Message, _why);
        }
    }

    /// <inheritdoc/>
    public Task<int> ReadMaxRecordBytesAsync(CancellationToken cancellationToken) => Opened.ReadMaxRecordBytesAsync(cancellationToken);

    /// <inheritdoc/>
    public JournalBounds QueryBounds(int partition, CancellationToken cancellationToken) => Opened.QueryBounds(partition, cancellationToken);

    /// <inheritdoc/>
    public IJournalAppender OpenAppender(int partition, IAppendListener listener) => Opened.OpenAppender(partition, listener);

    /// <inheritdoc/>
    public IJournalReader OpenReader(int partition, long from) => Opened.OpenReader(partition, from);

    /// <inheritdoc/>
    public void NoteApplied(long next) => _journal?.NoteApplied(next);

    /// <inheritdoc/>
    public LogFacts Look(CancellationToken stop) => Opened.Look(stop);

    /// <inheritdoc/>
    public LogFacts Probe(long next, CancellationToken stop) => Opened.Probe(next, stop);

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
        }

        // The source stays: an opening under way, which nobody waits for, may look at it still.
        _stop.Cancel();
        _journal?.Dispose();
    }

    private async Task OpenAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(s_retryAfter, _stop.Token).ConfigureAwait(false);
                Arrive(await _provider.OpenAsync(createIfMissing: false, _stop.Token).ConfigureAwait(false));
                return;
            }
            catch (JournalException exception)
            {
                // A right may be given, or not be known to brokers that have just come back; whatever else is wrong may be so for a moment only.
                bool isAgain = exception is JournalRefusedException { Refusal: JournalRefusal refusal } && _why is JournalRefusedException { Refusal: JournalRefusal before } && refusal == before;
                _why = exception;
                if (!IsAway(exception) && exception is not JournalRefusedException { Refusal: JournalRefusal.Forbidden })
                {
                    if (isAgain)
                    {
                        _isRefused = true;
                        return;
                    }

                    await Task.Delay(s_confirmAfter, _stop.Token).ConfigureAwait(false);
                }
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private void Arrive(IJournal journal)
    {
        lock (_gate)
        {
            if (!_disposed)
            {
                journal.Suspected = _suspected;
                _journal = journal;
                return;
            }
        }

        journal.Dispose();
    }

    // A topic or file that is missing may come back, with its broker or its disk.
    private static bool IsAway(JournalException exception) =>
        exception is JournalUnavailableException or JournalRefusedException { Refusal: JournalRefusal.Missing };
}
