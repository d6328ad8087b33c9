using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace KafkaFs.Journal.Kafka;

/// <summary>What librdkafka complains about now, for people: written by its callbacks, cleared by success. Never a secret.</summary>
internal sealed partial class KafkaTrouble(ILogger logger)
{
    private volatile string? _words;

    /// <summary>The last complaint since something worked, or null.</summary>
    public string? Words => _words;

    public void OnError(Error error)
    {
        _words = error.Reason;
        LogTrouble(logger, error.Code, error.Reason);
    }

    public void OnLog(LogMessage message) => LogClient(logger, message.Facility, message.Message);

    public void Clear() => _words = null;

    [LoggerMessage(3000, LogLevel.Warning, "Kafka: {Code}: {Reason}")]
    private static partial void LogTrouble(ILogger logger, ErrorCode code, string reason);

    [LoggerMessage(3001, LogLevel.Debug, "librdkafka {Facility}: {Message}")]
    private static partial void LogClient(ILogger logger, string facility, string message);
}
