using KafkaFs.Journal.Contract;

namespace KafkaFs.MasterHost.Session;

/// <summary>
/// Close-to-open: calls that are to see what was answered on other masters before they came. Each waits until the log was asked for its end
/// after that, and everything before that end is applied here; one question serves all that came before it. While the journal is away reads
/// go on: no call waits longer than the limit, and none at all until there is an answer again. Safe for use from several threads.
/// </summary>
/// <param name="journal">Is asked; must live until this is disposed.</param>
/// <param name="reached">Offset up to which nothing is missing here.</param>
/// <param name="limit">The longest that a call waits.</param>
internal sealed class LogEnd(IJournal journal, Func<long> reached, TimeSpan limit, TimeProvider clock) : IDisposable
{
    private static readonly TimeSpan s_lookInterval = TimeSpan.FromMilliseconds(50);
    // Signals that mean nothing come at any time.
    private static readonly TimeSpan s_interruptible = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_awayInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_stopLimit = TimeSpan.FromSeconds(12);

    private readonly Lock _gate = new();
    private readonly List<Wait> _waits = [];
    private readonly AutoResetEvent _wanted = new(false);
    private readonly CancellationTokenSource _stop = new();
    private Thread? _asking;
    private Thread? _looking;
    private long _questions;
    private long _lowest = long.MaxValue;
    private long _applied;
    private bool _isAway;
    private bool _isOver;

    /// <summary>Calls that wait.</summary>
    public int Count
    {
        get { lock (_gate) { return _waits.Count; } }
    }

    public void Start()
    {
        _asking = Run("log-end", Ask);
        _looking = Run("log-end-limits", Look);
    }

    /// <summary><paramref name="go"/> is called once, here or on another thread, which it must not block.</summary>
    /// <param name="isInterrupted">The caller would rather end: after a second it does not wait any more.</param>
    public void WhenReached(Action go, Func<bool> isInterrupted)
    {
        lock (_gate)
        {
            if (!_isAway && !_isOver)
            {
                // The question under way was asked before.
                _waits.Add(new Wait(go, isInterrupted, _questions + 1, clock.GetTimestamp()));
                _wanted.Set();
                return;
            }
        }

        go();
    }

    /// <summary>Everything before <paramref name="next"/> is applied. By the holder of the apply lock.</summary>
    public void OnApplied(long next)
    {
        Volatile.Write(ref _applied, next);
        if (next >= Volatile.Read(ref _lowest))
        {
            Release();
        }
    }

    /// <summary>No call waits any more.</summary>
    public void End()
    {
        lock (_gate)
        {
            _isOver = true;
        }

        Release();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        End();
        _stop.Cancel();
        _wanted.Set();
        _looking?.Join();
        if (_asking?.Join(s_stopLimit) != false)
        {
            _wanted.Dispose();
            _stop.Dispose();
        }
    }

    private static Thread Run(string name, Action loop)
    {
        Thread thread = new(() => loop()) { IsBackground = true, Name = name };
        thread.Start();
        return thread;
    }

    private void Ask()
    {
        while (!_stop.IsCancellationRequested)
        {
            // While it is away nobody waits: it is asked whether it is back.
            WaitHandle.WaitAny([_wanted, _stop.Token.WaitHandle], IsAway ? s_awayInterval : Timeout.InfiniteTimeSpan);
            if (!_stop.IsCancellationRequested && (IsAway || Count > 0))
            {
                AskOnce();
            }
        }
    }

    private void AskOnce()
    {
        long question;
        lock (_gate)
        {
            question = ++_questions;
        }

        try
        {
            Answered(question, journal.QueryBounds(0, _stop.Token).Next);
        }
        catch (JournalException)
        {
            // What it means is said by who checks the log; asked again, since there are calls that wait.
            _stop.Token.WaitHandle.WaitOne(s_lookInterval);
            _wanted.Set();
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            End();
        }
    }

    private void Answered(long question, long end)
    {
        lock (_gate)
        {
            // An answer alone is not enough: this machine may apply nothing.
            _isAway &= Math.Max(reached(), Volatile.Read(ref _applied)) < end;
            foreach (Wait wait in _waits)
            {
                if (wait.Question <= question && wait.Target is null)
                {
                    wait.Target = end;
                }
            }
        }

        Release();
    }

    private void Look()
    {
        while (!_stop.Token.WaitHandle.WaitOne(s_lookInterval))
        {
            Release();
        }
    }

    // Those whose end is reached, and those that have waited too long.
    private void Release()
    {
        List<Action>? over = null;
        lock (_gate)
        {
            long applied = Math.Max(reached(), Volatile.Read(ref _applied));
            for (int index = _waits.Count - 1; index >= 0; index--)
            {
                TimeSpan waited = clock.GetElapsedTime(_waits[index].Since);
                bool isLate = waited >= limit, isUnwanted = waited >= s_interruptible && _waits[index].IsInterrupted();
                if (isLate && !_isAway)
                {
                    // Asked from here on until it is back.
                    _isAway = true;
                    _wanted.Set();
                }

                if (_isOver || isLate || isUnwanted || _waits[index].Target <= applied)
                {
                    (over ??= []).Add(_waits[index].Go);
                    _waits.RemoveAt(index);
                }
            }

            Volatile.Write(ref _lowest, _waits.Min(static wait => wait.Target) ?? long.MaxValue);
        }

        over?.ForEach(static go => go());
    }

    private bool IsAway
    {
        get { lock (_gate) { return _isAway; } }
    }

    private sealed class Wait(Action go, Func<bool> isInterrupted, long question, long since)
    {
        public Action Go { get; } = go;

        public Func<bool> IsInterrupted { get; } = isInterrupted;

        /// <summary>The first question that was asked after the call came.</summary>
        public long Question { get; } = question;

        public long Since { get; } = since;

        /// <summary>Where the log ended then; null before the answer.</summary>
        public long? Target { get; set; }
    }
}
