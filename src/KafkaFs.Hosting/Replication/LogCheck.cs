using KafkaFs.Journal.Check;
using KafkaFs.Journal.Contract;
using Microsoft.Extensions.Logging;

namespace KafkaFs.Hosting.Replication;

/// <summary>
/// Is this still our log? Looks every few seconds, and at once after what may hide a change; what looks wrong is a verdict only if fresh
/// clients still say so some seconds later, since one broker may tell of a past end or a past topic. Safe for use from several threads.
/// </summary>
/// <param name="journal">The log; must live until <see cref="Run"/> has returned.</param>
/// <param name="known">What the replica knows of it, asked before every look; with true also the hash of its last record, which only a probe needs.</param>
/// <param name="logger">Hears each warning when it begins, and again after <see cref="SayAgainAfter"/>.</param>
/// <param name="clock">Tells when the next look is due, and waits before one that confirms.</param>
public sealed partial class LogCheck(IJournal journal, Func<bool, KnownLog> known, ILogger logger, TimeProvider clock) : ILogCheck, IDisposable
{
    /// <summary>Time between two looks.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    /// <summary>Records that are there and not delivered for so long make the table asked.</summary>
    public static readonly TimeSpan SilenceLimit = TimeSpan.FromSeconds(10);

    /// <summary>A warning that still holds is said again after so long: words with offsets in them change with every look.</summary>
    internal static readonly TimeSpan SayAgainAfter = TimeSpan.FromDays(1);

    // Readers may wait for it.
    private static readonly TimeSpan s_unsettledInterval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_leastInterval = TimeSpan.FromSeconds(1);

    private readonly AutoResetEvent _hurry = new(false);
    private readonly SemaphoreSlim _one = new(1, 1);
    private readonly Suspicions _suspicions = new();
    private readonly Lock _saying = new();
    private readonly Dictionary<LogRow, long> _saidAt = [];
    private volatile string? _stall;
    private volatile int _confirmedEpoch = -1;
    private volatile JournalRefusedException? _verdict;
    private (long Offset, long At)? _silentSince;

    /// <summary>Why the host has to wait for the log (it does not exist now), or null.</summary>
    public string? Stall => _stall;

    /// <summary>Called when records that are there were not delivered for <see cref="SilenceLimit"/>, before the log is checked: a new reader is due.</summary>
    public Action? NothingDelivered { get; init; }

    /// <summary>False while something here keeps the replica from going on: that nothing is applied is no silence of the log then.</summary>
    public Func<bool> WaitsForRecords { get; init; } = () => true;

    /// <inheritdoc/>
    public void Suspect(string why) => _ = SettleAsync(why);

    /// <summary>The same, as <see cref="IJournal.Suspected"/> is to do it.</summary>
    public Task<int> SettleAsync(string why)
    {
        Task<int> settled = _suspicions.Add(why);
        _hurry.Set();
        return settled;
    }

    /// <inheritdoc/>
    public async Task ConfirmAsync(CancellationToken stop)
    {
        await _one.WaitAsync(stop).ConfigureAwait(false);
        try
        {
            // Both times about the same record: the replica may go on meanwhile, by another history, whose records are of course in the log.
            KnownLog before = known(true);
            (LogFinding? finding, int epoch) = await AskFreshAsync(before, stop).ConfigureAwait(false);
            if (finding is { Verdict: LogVerdict.Refuse })
            {
                LogSuspicion(logger, finding.Words);
                await Task.Delay(LogProbe.ConfirmAfter, clock, stop).ConfigureAwait(false);
                (LogFinding? again, epoch) = await AskFreshAsync(before, stop).ConfigureAwait(false);
                finding = again?.Row == finding.Row ? again : again is { Verdict: LogVerdict.Refuse } ? throw Changing(again) : again;
            }

            Conclude(finding);
            _confirmedEpoch = epoch;
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>
    /// Looks until <paramref name="stop"/>; blocks, for a thread of its own. Throws <see cref="JournalRefusedException"/> once it is certain that
    /// the log is not ours, also if another thread's <see cref="ConfirmAsync"/> found that.
    /// </summary>
    public void Run(CancellationToken stop)
    {
        journal.Suspected = SettleAsync;
        long lookedAt = clock.GetTimestamp() - clock.TimestampFrequency * (long)Interval.TotalSeconds;
        while (!stop.IsCancellationRequested)
        {
            ThrowVerdict();
            if (_suspicions.AreNew || clock.GetElapsedTime(lookedAt) >= (_suspicions.AreUnsettled ? s_unsettledInterval : Interval))
            {
                lookedAt = clock.GetTimestamp();
                CheckOnce(stop);
                ThrowVerdict();
            }

            WaitHandle.WaitAny([stop.WaitHandle, _hurry], s_leastInterval);
            stop.WaitHandle.WaitOne(s_leastInterval / 4);
        }

        journal.Suspected = null;
    }

    /// <summary>One look, with fresh clients if something was suspected, or looks wrong. No answer is no finding.</summary>
    internal void CheckOnce(CancellationToken stop)
    {
        string? suspicion = _suspicions.Take();
        try
        {
            suspicion ??= Look(stop);
            if (suspicion is not null)
            {
                LogSuspicion(logger, suspicion);
                ConfirmAsync(stop).GetAwaiter().GetResult();
                _suspicions.Settle(_confirmedEpoch);
            }
        }
        catch (JournalUnavailableException exception)
        {
            // Asked again with the next look; that the log does not answer is said by who asks for its end.
            // What was suspected is not settled by that: the next look asks new clients again.
            _suspicions.Keep(suspicion);
            LogNoAnswer(logger, exception.Message);
        }
        catch (JournalRefusedException exception)
        {
            _verdict = exception;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            LogNoAnswer(logger, "stopping");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _hurry.Dispose();
        _one.Dispose();
    }

    // What asks for fresh clients, in words, or null.
    private string? Look(CancellationToken stop)
    {
        KnownLog before = known(false);
        LogFacts found = Answer(() => journal.Look(stop));
        found = found with { IsSilent = IsSilent(before, found) };
        LogFinding? finding = Judge(before, found);
        if (finding is null or { Verdict: LogVerdict.Stall })
        {
            _stall = finding?.Words;
            return null;
        }

        if (finding.Row == LogRow.NothingDelivered)
        {
            NothingDelivered?.Invoke();
        }

        return finding.Words;
    }

    private async Task<(LogFinding? Finding, int Epoch)> AskFreshAsync(KnownLog before, CancellationToken stop)
    {
        LogFacts found = await Task.Run(() => Answer(() => journal.Probe(before.NextOffset, stop)), stop).ConfigureAwait(false);
        return (Judge(before, found), found.LeaderEpoch ?? -1);
    }

    // What was found before is no news of a log that does not answer.
    private LogFacts Answer(Func<LogFacts> ask)
    {
        try
        {
            return ask();
        }
        catch (JournalUnavailableException)
        {
            _stall = null;
            throw;
        }
    }

    private LogFinding? Judge(KnownLog before, LogFacts found)
    {
        LogJudgement judgement = RecoveryTable.Judge(before, found);
        lock (_saying)
        {
            Say(judgement.Warnings);
        }

        return judgement.Finding;
    }

    private void Say(IReadOnlyList<LogFinding> warnings)
    {
        foreach (LogRow over in _saidAt.Keys.Except(warnings.Select(warning => warning.Row)).ToArray())
        {
            _saidAt.Remove(over);
        }

        foreach (LogFinding warning in warnings)
        {
            if (_saidAt.TryGetValue(warning.Row, out long before) && clock.GetElapsedTime(before) < SayAgainAfter)
            {
                continue;
            }

            _saidAt[warning.Row] = clock.GetTimestamp();
            if (warning.Verdict == LogVerdict.WarnOfLoss)
            {
                LogLoss(logger, warning.Words);
            }
            else
            {
                LogWarning(logger, warning.Words);
            }
        }
    }

    private void Conclude(LogFinding? finding)
    {
        _stall = finding?.Verdict == LogVerdict.Stall ? finding.Words : null;
        switch (finding?.Verdict)
        {
            case LogVerdict.Refuse:
                _verdict = finding.ToException();
                _hurry.Set();
                throw finding.ToException();
            case LogVerdict.Stall:
                throw new JournalUnavailableException(finding.Words);
        }
    }

    private bool IsSilent(KnownLog before, LogFacts found)
    {
        bool hasMore = found.Bounds?.Next > before.Accepted.Reached(before.NextOffset);
        if (!hasMore || !WaitsForRecords() || _silentSince?.Offset != before.NextOffset)
        {
            _silentSince = hasMore ? (before.NextOffset, clock.GetTimestamp()) : null;
            return false;
        }

        return clock.GetElapsedTime(_silentSince.Value.At) >= SilenceLimit;
    }

    private void ThrowVerdict()
    {
        if (_verdict is JournalRefusedException verdict)
        {
            throw new JournalRefusedException(verdict.Refusal, verdict.Message, verdict);
        }
    }

    // Wrong in two ways within seconds: neither is certain.
    private static JournalUnavailableException Changing(LogFinding again) => new($"the log is changing: {again.Words}");

    [LoggerMessage(5020, LogLevel.Information, "The log is checked with new clients: {Why}")]
    private static partial void LogSuspicion(ILogger logger, string why);

    [LoggerMessage(5021, LogLevel.Debug, "No answer to the question whether the log is ours: {Why}")]
    private static partial void LogNoAnswer(ILogger logger, string why);

    [LoggerMessage(5022, LogLevel.Warning, "{Words}")]
    private static partial void LogWarning(ILogger logger, string words);

    [LoggerMessage(5023, LogLevel.Error, "{Words}")]
    private static partial void LogLoss(ILogger logger, string words);
}
