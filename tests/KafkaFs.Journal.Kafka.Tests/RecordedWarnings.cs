using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace KafkaFs.Journal.Kafka.Tests;

/// <summary>A log that keeps what is a warning or worse. For several threads.</summary>
internal sealed class RecordedWarnings : ILogger
{
    private readonly ConcurrentQueue<string> _lines = new();

    public IReadOnlyCollection<string> Lines => _lines;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (logLevel >= LogLevel.Warning)
        {
            _lines.Enqueue(formatter(state, exception));
        }
    }
}
