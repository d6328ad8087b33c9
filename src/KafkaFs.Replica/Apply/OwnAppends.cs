using KafkaFs.Journal.Contract;

namespace KafkaFs.Replica.Apply;

/// <summary>
/// What this process appends to the journal that its replica follows, as far as <see cref="TailRule"/> has to know it. A master opens
/// its appenders here. Safe for use from several threads; nothing of it waits but <see cref="WaitReleased"/>.
/// </summary>
public sealed class OwnAppends : IDisposable
{
    private readonly Lock _gate = new();
    private readonly TailRule _rule;
    private readonly AutoResetEvent _wake = new(false);
    private volatile bool _isReleased;

    internal OwnAppends(TimeProvider clock) => _rule = new TailRule(clock);

    /// <summary>
    /// Opens an appender of <paramref name="journal"/> whose records are counted here. The tail is fetched for good while a record has no
    /// report, so an appender that has failed must be disposed.
    /// </summary>
    public IJournalAppender Open(IJournal journal, int partition, IAppendListener listener) => new CountedAppender(this, journal, partition, listener);

    /// <summary>A record of another session was applied.</summary>
    public void OnForeign() => OnOthers();

    /// <summary>Own records wait for others' that nothing but the tail brings: it is fetched at once.</summary>
    internal void OnGap() => OnOthers();

    internal void OnHandedOver()
    {
        lock (_gate)
        {
            _rule.OnHandedOver();
        }
    }

    /// <summary>Reports came, or never will, for <paramref name="count"/> records.</summary>
    internal void OnReported(int count)
    {
        lock (_gate)
        {
            _rule.OnReported(count);
        }
    }

    /// <summary>A record of ours is in the log, at an offset that was not told: only the tail brings it.</summary>
    internal void OnPlacedSomewhere() => OnOthers();

    /// <summary><see cref="TailRule.Reads"/>; <paramref name="isWriting"/> tells that the answer may soon be another.</summary>
    internal bool Reads(bool hasGap, out bool isWriting)
    {
        lock (_gate)
        {
            isWriting = _rule.Outstanding > 0;
            return _rule.Reads(hasGap);
        }
    }

    /// <summary>From here on others' records end <see cref="WaitReleased"/>; ask the rule once more after this.</summary>
    internal void BeginRelease() => _isReleased = true;

    /// <summary>The tail is fetched again.</summary>
    internal void EndRelease() => _isReleased = false;

    /// <summary>Waits until the rule should be asked again: true, and at once, when there is a sign of others' records.</summary>
    internal bool WaitReleased(WaitHandle stop) => WaitHandle.WaitAny([_wake, stop], TailRule.QuietAfter) == 0;

    /// <inheritdoc/>
    public void Dispose() => _wake.Dispose();

    private void OnOthers()
    {
        lock (_gate)
        {
            _rule.OnOthers();
        }

        if (_isReleased)
        {
            _wake.Set();
        }
    }
}
