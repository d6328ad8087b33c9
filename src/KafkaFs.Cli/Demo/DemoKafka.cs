using KafkaFs.Journal.Kafka;

namespace KafkaFs.Cli.Demo;

/// <summary>The demo's topic.</summary>
/// <param name="Options">Where it is.</param>
/// <param name="Arguments">The same for the command line of another `kafkafs`, without the topic, and without any secret.</param>
internal sealed record DemoKafka(KafkaJournalOptions Options, string[] Arguments);
