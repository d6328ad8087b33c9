using KafkaFs.Journal.Contract;
using KafkaFs.Journal.Embedded;
using KafkaFs.Journal.Kafka;
using Microsoft.Extensions.Logging;

namespace KafkaFs.Hosting.Configuration;

/// <summary>The one place that knows which providers there are.</summary>
public static class JournalProviders
{
    public static IJournalProvider Create(HostSettings settings, ILoggerFactory loggers) =>
        settings.Kafka is KafkaJournalOptions kafka
            ? new KafkaJournalProvider(kafka, loggers.CreateLogger("KafkaFs.Journal.Kafka"))
            : new EmbeddedJournalProvider(settings.EmbeddedFile!, loggers.CreateLogger("KafkaFs.Journal.Embedded"), settings.Accepted.Gap);
}
