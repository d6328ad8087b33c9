using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace KafkaFs.Journal.Kafka;

/// <summary>
/// What keeps the journal from working now, for people; never a secret. Complaints of librdkafka are cleared by whatever works
/// next; what the topic's probe, the appender and a reader say themselves is cleared by the same part only. For several threads.
/// </summary>
internal sealed partial class KafkaTrouble(ILogger logger)
{
    private volatile string? _client;
    private volatile string? _topic;
    private volatile string? _appending;
    private volatile string? _reading;

    /// <summary>The gravest complaint that holds, or null.</summary>
    public string? Words => _topic ?? _appending ?? _reading ?? _client;

    /// <summary>What is wrong with the topic itself.</summary>
    public string? Topic { get => _topic; set => _topic = Noted(_topic, value); }

    /// <summary>Why nothing is appended.</summary>
    public string? Appending { get => _appending; set => _appending = Noted(_appending, value); }

    /// <summary>Why nothing is read.</summary>
    public string? Reading { get => _reading; set => _reading = Noted(_reading, value); }

    public void OnError(Error error)
    {
        _client = error.Reason;
        LogTrouble(logger, error.Code, error.Reason);
    }

    public void OnLog(LogMessage message) => LogClient(logger, message.Facility, message.Message);

    /// <summary>A broker has answered: librdkafka's last complaint is over.</summary>
    public void OnAnswer() => _client = null;

    private string? Noted(string? before, string? words)
    {
        if (words is not null && words != before)
        {
            LogWords(logger, words);
        }

        return words;
    }

    [LoggerMessage(3000, LogLevel.Warning, "Kafka: {Code}: {Reason}")]
    private static partial void LogTrouble(ILogger logger, ErrorCode code, string reason);

    [LoggerMessage(3001, LogLevel.Debug, "librdkafka {Facility}: {Message}")]
    private static partial void LogClient(ILogger logger, string facility, string message);

    [LoggerMessage(3002, LogLevel.Warning, "Kafka: {Words}")]
    private static partial void LogWords(ILogger logger, string words);
}
