using KafkaFs.Hosting.Status;
using KafkaFs.TestKit;
using Microsoft.Extensions.Logging;
using Xunit;

namespace KafkaFs.Hosting.Tests.Status;

public sealed class RepeatLimiterTests : ILoggerProvider, ILogger
{
    private readonly ManualClock _clock = new();
    private readonly List<string> _written = [];

    [Fact]
    public void OfAFloodTwentyAreWrittenAndThenHowManyMore()
    {
        RepeatLimiter limiter = new(this, _clock);
        ILogger logger = limiter.CreateLogger("one");
        for (int number = 0; number < 500; number++)
        {
            logger.Log(LogLevel.Error, new EventId(7, "Refused"), $"refused {number}", null, static (state, _) => state);
            logger.Log(LogLevel.Information, new EventId(8), "calm", null, static (state, _) => state);
        }

        logger.Log(LogLevel.Critical, new EventId(7), "the end", null, static (state, _) => state);
        // Another event, and the same of somebody else, are other kinds.
        logger.Log(LogLevel.Error, new EventId(9), "another", null, static (state, _) => state);
        limiter.CreateLogger("two").Log(LogLevel.Error, new EventId(7), "theirs", null, static (state, _) => state);
        Assert.Equal(500, _written.Count(static line => line == "calm"));
        Assert.Equal(20, _written.Count(static line => line.StartsWith("refused", StringComparison.Ordinal)));
        Assert.Equal(["the end", "another", "theirs"], _written[^3..]);
        _clock.FireTimers();
        Assert.Equal("480 more of event 7 (Refused) in 10 s are not written down", _written[^1]);
        logger.Log(LogLevel.Error, new EventId(7), "again", null, static (state, _) => state);
        Assert.Equal("again", _written[^1]);
        limiter.Dispose();
        Assert.Equal("again", _written[^1]);
    }

    ILogger ILoggerProvider.CreateLogger(string categoryName) => this;

    IDisposable? ILogger.BeginScope<TState>(TState state) => null;

    bool ILogger.IsEnabled(LogLevel logLevel) => true;

    void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _written.Add(formatter(state, exception));

    void IDisposable.Dispose()
    {
        // It holds nothing.
    }
}
