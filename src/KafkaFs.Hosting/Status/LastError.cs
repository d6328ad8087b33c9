using Microsoft.Extensions.Logging;

namespace KafkaFs.Hosting.Status;

/// <summary>Remembers the last error that was logged, for `kafkafs status`, and counts what should not be overlooked.</summary>
public sealed class LastError(TimeProvider clock) : ILoggerProvider, ILogger
{
    private readonly long[] _counts = new long[(int)LogLevel.None];
    private volatile Said? _said;

    /// <summary>Null before the first one.</summary>
    public Said? Value => _said;

    /// <summary>Messages of this level so far: Warning, Error or Critical.</summary>
    public long Count(LogLevel level) => Volatile.Read(ref _counts[(int)level]);

    /// <inheritdoc/>
    public ILogger CreateLogger(string categoryName) => this;

    /// <inheritdoc/>
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    /// <inheritdoc/>
    public bool IsEnabled(LogLevel logLevel) => logLevel is LogLevel.Warning or LogLevel.Error or LogLevel.Critical;

    /// <inheritdoc/>
    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel))
        {
            return;
        }

        Interlocked.Increment(ref _counts[(int)logLevel]);
        if (logLevel != LogLevel.Warning)
        {
            _said = new Said(formatter(state, exception), clock.GetUtcNow());
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // It holds nothing.
    }

    /// <summary>An error, in words.</summary>
    public sealed record Said(string Words, DateTimeOffset At);
}
