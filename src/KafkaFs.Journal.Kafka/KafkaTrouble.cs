using System.Text.RegularExpressions;
using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace KafkaFs.Journal.Kafka;

/// <summary>
/// What keeps the journal from working now, for people; never a secret. Complaints of librdkafka are cleared by whatever works
/// next; what the topic's probe, the appender and a reader say themselves is cleared by the same part only. For several threads.
/// </summary>
internal sealed partial class KafkaTrouble(ILogger logger, KafkaJournalOptions options)
{
    private const string NotVerified = "certificate verify failed";

    /// <summary>Clients complain at each attempt, several a second: the same kind of complaint is logged again after this time.</summary>
    private const long SayAgainMs = 60_000;

    private readonly Lock _saying = new();
    private readonly Dictionary<ErrorCode, long> _said = [];
    private volatile bool _isOpen;
    private int _isGroupDenied;
    private volatile string? _client;
    private volatile string? _denied;
    private volatile string? _topic;
    private volatile string? _appending;
    private volatile string? _reading;
    private volatile string? _replicas;
    private volatile bool _isWaiting;

    /// <summary>The gravest complaint that holds, or null.</summary>
    public string? Words => _topic ?? _appending ?? (_isWaiting ? _replicas : null) ?? _reading ?? _denied ?? _client;

    /// <summary>No broker takes this user's credentials, or none can be trusted: what was found and what to do. Null once one has answered.</summary>
    public string? Denied => _denied;

    /// <summary>What is wrong with the topic itself.</summary>
    public string? Topic { get => _topic; set => _topic = Noted(_topic, value); }

    /// <summary>Why nothing is appended.</summary>
    public string? Appending { get => _appending; set => _appending = Noted(_appending, value); }

    /// <summary>Why nothing is read.</summary>
    public string? Reading { get => _reading; set => _reading = Noted(_reading, value); }

    /// <summary>Hears that a complaint of librdkafka is over, with its words. Set before the first client is made; must not block.</summary>
    public Action<string>? Over { get; set; }

    /// <summary>
    /// What may keep the partition from being written (its leader, its replicas), as the brokers say; null if nothing does. librdkafka
    /// retries without a word, so it is the cause while records wait.
    /// </summary>
    public string? Replicas { set => _replicas = value; }

    /// <summary>Records have been handed over, and none was reported for a while.</summary>
    public bool IsWaiting { set => _isWaiting = value; }

    /// <summary>The journal is open: before that, whoever opens it says what is wrong.</summary>
    public void OnOpened()
    {
        OnAnswer();
        _isOpen = true;
    }

    public void OnError(Error error)
    {
        switch (error.Code)
        {
            case ErrorCode.Local_Authentication:
                Say(error.Code, _denied = RefusedUser(error.Reason));
                break;
            // librdkafka has two codes for a certificate that is not trusted, and only words for what is wrong with it.
            case ErrorCode.Local_Ssl:
            case ErrorCode.Local_Transport when error.Reason.Contains(NotVerified, StringComparison.Ordinal):
                Say(error.Code, _denied = Untrusted(error.Reason));
                break;
            case ErrorCode.GroupAuthorizationFailed:
                OnGroupDenied();
                break;
            // It says of each cause that nothing is left to try, and would hide it.
            case ErrorCode.Local_AllBrokersDown when _denied is not null || _client is not null:
                break;
            default:
                _client = error.Reason;
                Say(error.Code, error.Reason);
                break;
        }
    }

    /// <summary>The group serves people's tools only: what was assigned by hand is read without it.</summary>
    public void OnGroupDenied()
    {
        if (Interlocked.Exchange(ref _isGroupDenied, 1) == 0)
        {
            LogGroupDenied(logger, options.GroupId);
        }
    }

    /// <summary>The position was not committed for the group; the next one may be.</summary>
    public void OnNotTold(string reason) => LogNotTold(logger, options.GroupId, reason);

    public void OnLog(LogMessage message) => LogClient(logger, message.Facility, message.Message);

    /// <summary>A broker has answered: librdkafka's last complaint is over.</summary>
    public void OnAnswer()
    {
        if ((_denied ?? _client) is null)
        {
            return;
        }

        string? words = Interlocked.Exchange(ref _denied, null);
        words = Interlocked.Exchange(ref _client, null) ?? words;
        if (words is not null)
        {
            Over?.Invoke(words);
        }
    }

    private string RefusedUser(string reason)
    {
        string user = options.Properties.GetValueOrDefault("sasl.username") is { Length: > 0 } name ? $"user '{name}'" : "this client";
        return $"the brokers at {options.BootstrapServers} refuse {user}: {Plain(reason, out _)}; correct sasl.username, its password, or sasl.mechanism";
    }

    private string Untrusted(string reason)
    {
        string plain = Plain(reason, out string broker);
        if (!reason.Contains(NotVerified, StringComparison.Ordinal))
        {
            return $"there is no TLS connection with broker {broker}: {plain}";
        }

        string authority = options.Properties.GetValueOrDefault("ssl.ca.location") is { Length: > 0 } file
            ? $"the authority in ssl.ca.location ('{file}')"
            : "an authority that this machine knows (ssl.ca.location names another)";
        return $"the certificate of broker {broker} is not trusted: it is not signed by {authority}, or it is not for the name '{broker.Split(':')[0]}'";
    }

    // "sasl_ssl://HOST:PORT/bootstrap: SASL authentication error: WORDS (after 311ms in state AUTH_REQ, 3 identical error(s) suppressed)".
    private string Plain(string reason, out string broker)
    {
        Match parts = ClientWords().Match(reason);
        broker = parts.Groups["broker"].Success ? parts.Groups["broker"].Value : options.BootstrapServers;
        return parts.Groups["words"].Value;
    }

    private void Say(ErrorCode code, string words)
    {
        if (!_isOpen && _denied == words)
        {
            return;
        }

        lock (_saying)
        {
            long now = Environment.TickCount64;
            if (_said.TryGetValue(code, out long before) && now - before < SayAgainMs)
            {
                return;
            }

            _said[code] = now;
        }

        LogTrouble(logger, code, words);
    }

    private string? Noted(string? before, string? words)
    {
        if (words is not null && words != before)
        {
            LogWords(logger, words);
        }

        return words;
    }

    [GeneratedRegex(@"^(?:\w+://(?<broker>[^/\s]+)/\w+: )?(?:SASL authentication error: )?(?<words>.*?)(?: \(after \d+ms in state [^)]*\))?$", RegexOptions.Singleline)]
    private static partial Regex ClientWords();

    [LoggerMessage(3000, LogLevel.Warning, "Kafka: {Code}: {Reason}")]
    private static partial void LogTrouble(ILogger logger, ErrorCode code, string reason);

    [LoggerMessage(3001, LogLevel.Debug, "librdkafka {Facility}: {Message}")]
    private static partial void LogClient(ILogger logger, string facility, string message);

    [LoggerMessage(3003, LogLevel.Warning, "Kafka: the brokers do not allow Read and Describe on group '{Group}': people's tools do not see this replica's lag; replication goes on")]
    private static partial void LogGroupDenied(ILogger logger, string group);

    [LoggerMessage(3004, LogLevel.Debug, "Kafka: the position of group '{Group}' is not told: {Reason}")]
    private static partial void LogNotTold(ILogger logger, string group, string reason);

    [LoggerMessage(3002, LogLevel.Warning, "Kafka: {Words}")]
    private static partial void LogWords(ILogger logger, string words);
}
