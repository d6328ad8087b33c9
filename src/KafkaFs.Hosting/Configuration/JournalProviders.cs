using KafkaFs.Journal.Contract;
using KafkaFs.Journal.Embedded;
using KafkaFs.Journal.Kafka;
using Microsoft.Extensions.Logging;

namespace KafkaFs.Hosting.Configuration;

/// <summary>The one place that knows which providers there are.</summary>
public static class JournalProviders
{
    /// <summary>For a measurement: application data (<see cref="AppContext.GetData"/>) with a provider that is used whatever the settings name.</summary>
    public const string ReplacementKey = "KafkaFs.JournalProvider";

    public static IJournalProvider Create(HostSettings settings, ILoggerFactory loggers) =>
        AppContext.GetData(ReplacementKey) is IJournalProvider replacement ? replacement
            : settings.Kafka is KafkaJournalOptions kafka
            ? new KafkaJournalProvider(kafka, loggers.CreateLogger("KafkaFs.Journal.Kafka"))
            : new EmbeddedJournalProvider(settings.EmbeddedFile!, loggers.CreateLogger("KafkaFs.Journal.Embedded"), settings.Accepted.Gap);
}
