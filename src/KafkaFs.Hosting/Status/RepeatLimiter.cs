using Microsoft.Extensions.Logging;

namespace KafkaFs.Hosting.Status;

/// <summary>
/// Keeps a log readable: of warnings and errors of one kind (category and event id) 20 are written in 10 s, and then how many more there were.
/// Everything else is written as it comes. Owns the one that writes.
/// </summary>
[ProviderAlias("Console")]
internal sealed partial class RepeatLimiter : ILoggerProvider
{
    private const int Limit = 20;

    private static readonly TimeSpan s_window = TimeSpan.FromSeconds(10);

    private readonly ILoggerProvider _inner;
    private readonly ITimer _timer;
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Category, int Event), Kind> _kinds = [];

    public RepeatLimiter(ILoggerProvider inner, TimeProvider clock)
    {
        _inner = inner;
        _timer = clock.CreateTimer(_ => EndWindow(), null, s_window, s_window);
    }

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => new Limited(this, categoryName, _inner.CreateLogger(categoryName));

    /// <inheritdoc/>
    public void Dispose()
    {
        _timer.Dispose();
        EndWindow();
        _inner.Dispose();
    }

    private bool MayWrite(string category, EventId eventId, ILogger logger)
    {
        lock (_gate)
        {
            if (!_kinds.TryGetValue((category, eventId.Id), out Kind? kind))
            {
                _kinds.Add((category, eventId.Id), kind = new Kind(eventId, logger));
            }

            return ++kind.Count <= Limit;
        }
    }

    private void EndWindow()
    {
        Kind[] ended;
        lock (_gate)
        {
            ended = [.. _kinds.Values.Where(static kind => kind.Count > Limit)];
            _kinds.Clear();
        }

        foreach (Kind kind in ended)
        {
            LogMore(kind.Logger, kind.Count - Limit, kind.Event.Id, kind.Event.Name, s_window.TotalSeconds);
        }
    }

    [LoggerMessage(5040, LogLevel.Warning, "{Count} more of event {Event} ({Name}) in {Seconds} s are not written down")]
    private static partial void LogMore(ILogger logger, long count, int @event, string? name, double seconds);

    private sealed class Kind(EventId eventId, ILogger logger)
    {
        public EventId Event => eventId;

        public ILogger Logger => logger;

        public long Count { get; set; }
    }

    private sealed class Limited(RepeatLimiter owner, string category, ILogger inner) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => inner.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => inner.IsEnabled(logLevel);

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel is not (LogLevel.Warning or LogLevel.Error) || owner.MayWrite(category, eventId, inner))
            {
                inner.Log(logLevel, eventId, state, exception, formatter);
            }
        }
    }
}
