using System.Security.Cryptography;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using KafkaFs.Journal.Check;
using KafkaFs.Journal.Contract;
using KafkaFs.TestKit.Journal;
using KafkaFs.TestKit.Kafka;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace KafkaFs.Journal.Kafka.Tests;

/// <summary>One broker for the tests of the table, which stop it and put back what it held.</summary>
public sealed class RecoveryTableCluster : IDisposable
{
    public KafkaCluster Cluster { get; } = KafkaCluster.StartOwn();

    public void Dispose() => Cluster.Dispose();
}

/// <summary>The rows of the table that a real broker can be made to show, by the probe of an open journal.</summary>
[Trait("Tier", "broker")]
public sealed class RecoveryTableBrokerTests(RecoveryTableCluster broker) : IClassFixture<RecoveryTableCluster>, IDisposable
{
    private readonly Guid _filesystem = Guid.NewGuid();
    private readonly string _topic = KafkaCluster.NewTopic();
    private readonly List<byte[]> _written = [];
    private RecordWriter? _writer;
    private IJournal? _journal;

    private KafkaCluster Cluster => broker.Cluster;

    private RecordWriter Writer => _writer ??= new RecordWriter(_filesystem, Guid.NewGuid());

    /// <summary>What a replica knows that has applied all that this test has written.</summary>
    private KnownLog Known => new()
    {
        Identity = _journal!.Identity,
        Filesystem = _filesystem,
        NextOffset = _written.Count,
        TailHash = SHA256.HashData(_written[^1]),
        MaxRecordBytes = _journal.MaxRecordBytes,
    };

    [Fact]
    public async Task Resume()
    {
        await OpenAsync(records: 5);
        LogFacts found = _journal!.Probe(5, default);
        Assert.Null(RecoveryTable.Judge(Known, found).Finding);
        Assert.Equal((new JournalBounds(0, 5), _filesystem), (found.Bounds, found.Origin?.Filesystem));
        Assert.Equal(Known.TailHash, found.TailHash);
        Assert.Equal([LogRow.FewReplicas], RecoveryTable.Judge(Known, found).Warnings.Select(warning => warning.Row));
        Assert.Equal(3, _journal.Probe(3, default).NextFound);
    }

    // What compaction knows as a tombstone: anybody who may write can append it, and replicas go past it as a void record.
    [Fact]
    public async Task Resume_AfterARecordWithoutAValue()
    {
        await OpenAsync(records: 2);
        ProducerConfig config = new() { BootstrapServers = Cluster.Bootstrap, BatchNumMessages = 1 };
        using IProducer<Null, byte[]> producer = new ProducerBuilder<Null, byte[]>(config).Build();
        await producer.ProduceAsync(new TopicPartition(_topic, 0), new Message<Null, byte[]> { Value = null! });
        KnownLog known = Known with { NextOffset = 3, TailHash = SHA256.HashData([]) };
        Assert.Null(RecoveryTable.Judge(known, _journal!.Probe(3, default)).Finding);
    }

    [Fact]
    public async Task TopicMissing()
    {
        await OpenAsync(records: 3);
        await DeleteAsync();
        Found(LogRow.TopicMissing, LogVerdict.Stall);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task TopicIdDiffers_EvenWithTheSameRecords(bool accepted)
    {
        await OpenAsync(records: 3);
        KnownLog known = Known;
        byte[][] same = [.. _written];
        await DeleteAsync();
        (await Provider.OpenAsync(true, default)).Dispose();
        await WriteAsync(same);
        LogFacts found = _journal!.Probe(3, default);
        LogFinding? finding = RecoveryTable.Judge(accepted ? known with { Accepted = new Acceptance(Topic: found.Identity!.Log) } : known, found).Finding;
        Assert.Equal(accepted ? null : LogRow.TopicIdDiffers, finding?.Row);
    }

    [Fact]
    public async Task ClusterIdDiffers()
    {
        await OpenAsync(records: 3);
        using KafkaCluster other = KafkaCluster.StartOwn();
        using IJournal mirror = await new KafkaJournalProvider(new KafkaJournalOptions { BootstrapServers = other.Bootstrap, Topic = _topic }, NullLogger.Instance).OpenAsync(true, default);
        await WriteAsync(other.Bootstrap, [.. _written]);
        LogFacts found = mirror.Probe(3, default);
        Assert.Equal(LogRow.ClusterIdDiffers, RecoveryTable.Judge(Known, found).Finding?.Row);
        Assert.Null(RecoveryTable.Judge(Known with { Accepted = new Acceptance(Cluster: found.Identity!.Cluster) }, found).Finding);
    }

    [Fact]
    public async Task NotAJournal()
    {
        await OpenAsync(records: 0);
        await WriteAsync([[1, 2, 3]]);
        Found(LogRow.NotAJournal, LogVerdict.Refuse);
    }

    [Fact]
    public async Task OtherFilesystem()
    {
        await OpenAsync(records: 3);
        Found(LogRow.OtherFilesystem, LogVerdict.Refuse, Known with { Filesystem = Guid.NewGuid() });
    }

    [Fact]
    public async Task EndsBefore_ForTheOpenJournalAlso()
    {
        await OpenAsync(records: 6);
        Cluster.TruncateLog(_topic, 4);
        Found(LogRow.EndsBefore, LogVerdict.Refuse);
    }

    [Fact]
    public async Task TailDiffers_OfARestoredLogThatIsLongerThanBefore()
    {
        await OpenAsync(records: 3);
        Cluster.KeepCopy();
        await WriteAsync([Writer.Mkdir("lost")]);
        KnownLog known = Known;
        Cluster.Rewind();
        await WriteAsync([Writer.Mkdir("another"), Writer.Mkdir("and more")]);
        Found(LogRow.TailDiffers, LogVerdict.Refuse, known);
    }

    [Fact]
    public async Task RecordsDeleted_AndStartDeleted()
    {
        await OpenAsync(records: 5);
        using (IAdminClient admin = Admin())
        {
            await admin.DeleteRecordsAsync([new TopicPartitionOffset(_topic, 0, 3)]);
        }

        LogJudgement resumes = RecoveryTable.Judge(Known, _journal!.Probe(5, default));
        Assert.Null(resumes.Finding);
        Assert.Contains(resumes.Warnings, warning => warning.Row == LogRow.StartDeleted);
        Found(LogRow.RecordsDeleted, LogVerdict.Refuse, Known with { NextOffset = 2, TailHash = null });
    }

    [Fact]
    public async Task OffsetsMissing_AlsoAtTheEndWhereAConsumerWaitsForEver()
    {
        await OpenAsync(records: 2);
        KnownLog known = Known;
        ProducerConfig transactional = new() { BootstrapServers = Cluster.Bootstrap, TransactionalId = _topic };
        using IProducer<Null, byte[]> producer = new ProducerBuilder<Null, byte[]>(transactional).Build();
        producer.InitTransactions(TimeSpan.FromSeconds(30));
        producer.BeginTransaction();
        byte[] record = Writer.Mkdir("transactional");
        await producer.ProduceAsync(_topic, new Message<Null, byte[]> { Value = record });
        producer.CommitTransaction(TimeSpan.FromSeconds(30));
        while (_journal!.QueryBounds(0, default).Next < 4)
        {
            // The marker is written soon after the commit is answered.
            await Task.Delay(50);
        }

        known = known with { NextOffset = 3, TailHash = SHA256.HashData(record) };
        Found(LogRow.OffsetsMissing, LogVerdict.Refuse, known);
        Assert.Null(RecoveryTable.Judge(known with { Accepted = new Acceptance(Gap: new OffsetGap(3, 3)) }, _journal.Probe(3, default)).Finding);

        // A reader goes past what is accepted, and past nothing else.
        await WriteAsync([Writer.Mkdir("after")]);
        Assert.Equal(JournalRefusal.Gap, Assert.Throws<JournalRefusedException>(() => ReadOne(_journal, 3)).Refusal);
        using IJournal acceptingAnother = await new KafkaJournalProvider(Options with { AcceptedGap = new OffsetGap(3, 4) }, NullLogger.Instance).OpenAsync(false, default);
        Assert.Equal(JournalRefusal.Gap, Assert.Throws<JournalRefusedException>(() => ReadOne(acceptingAnother, 3)).Refusal);
        using IJournal accepting = await new KafkaJournalProvider(Options with { AcceptedGap = new OffsetGap(3, 3) }, NullLogger.Instance).OpenAsync(false, default);
        Assert.Equal(4, ReadOne(accepting, 3));
    }

    [Fact]
    public async Task PartitionCountChanged()
    {
        await OpenAsync(records: 2);
        using (IAdminClient admin = Admin())
        {
            await admin.CreatePartitionsAsync([new PartitionsSpecification { Topic = _topic, IncreaseTo = 2 }]);
        }

        await UntilAsync(LogRow.PartitionCountChanged);
    }

    [Theory]
    [InlineData("cleanup.policy", "compact", LogRow.Compaction)]
    [InlineData("retention.ms", "3600000", LogRow.FiniteRetention)]
    [InlineData("retention.bytes", "1000000", LogRow.FiniteRetention)]
    [InlineData("max.message.bytes", "60000", LogRow.MessagesTooShort)]
    public async Task SettingsThatLoseRecords_WhileTheJournalIsOpen(string key, string value, LogRow row)
    {
        await OpenAsync(records: 2);
        await SetAsync(key, value);
        await UntilAsync(row);
    }

    [Theory]
    [InlineData("unclean.leader.election.enable", "true", LogRow.UncleanElection)]
    [InlineData("message.timestamp.type", "CreateTime", LogRow.CreateTime)]
    [InlineData("max.message.bytes", "200000", LogRow.MessageLimitLowered)]
    public async Task SettingsThatAreWeak_WhileTheJournalIsOpen(string key, string value, LogRow row)
    {
        await OpenAsync(records: 2);
        KnownLog known = Known;
        await SetAsync(key, value);
        for (int attempt = 0; !RecoveryTable.Judge(known, _journal!.Look(default)).Warnings.Any(warning => warning.Row == row); attempt++)
        {
            Assert.True(attempt < 50, $"{row} was not found.");
            await Task.Delay(100);
        }

        Assert.Equal(row == LogRow.MessageLimitLowered ? 200_000 - 1_024 : known.MaxRecordBytes, _journal!.MaxRecordBytes);
    }

    public void Dispose() => _journal?.Dispose();

    private KafkaJournalOptions Options => new() { BootstrapServers = Cluster.Bootstrap, Topic = _topic };

    private KafkaJournalProvider Provider => new(Options, NullLogger.Instance);

    private async Task OpenAsync(int records)
    {
        _journal = await Provider.OpenAsync(true, default);
        if (records > 0)
        {
            await WriteAsync([Writer.FilesystemCreated(), Writer.SessionStarted(), .. Enumerable.Range(2, records - 2).Select(index => Writer.Mkdir($"d{index}"))]);
        }
    }

    private async Task WriteAsync(params byte[][] records)
    {
        await WriteAsync(Cluster.Bootstrap, records);
        _written.AddRange(records);
    }

    // One batch a record, so that a log can be cut anywhere.
    private async Task WriteAsync(string bootstrap, byte[][] records)
    {
        using IProducer<Null, byte[]> producer = new ProducerBuilder<Null, byte[]>(new ProducerConfig { BootstrapServers = bootstrap, LingerMs = 0 }).Build();
        foreach (byte[] record in records)
        {
            await producer.ProduceAsync(_topic, new Message<Null, byte[]> { Value = record });
        }
    }

    private void Found(LogRow row, LogVerdict verdict, KnownLog? known = null)
    {
        known ??= Known;
        LogFinding? finding = RecoveryTable.Judge(known, _journal!.Probe(known.NextOffset, default)).Finding;
        Assert.Equal((row, verdict), (finding?.Row, finding?.Verdict));
    }

    private async Task UntilAsync(LogRow row)
    {
        KnownLog known = Known;
        for (int attempt = 0; RecoveryTable.Judge(known, _journal!.Look(default)).Finding?.Row != row; attempt++)
        {
            Assert.True(attempt < 50, $"{row} was not found.");
            await Task.Delay(100);
        }
    }

    private static long ReadOne(IJournal journal, long from)
    {
        using IJournalReader reader = journal.OpenReader(0, from);
        JournalBatch batch = new(maxRecords: 1);
        for (int attempt = 0; !reader.Read(batch, TimeSpan.FromMilliseconds(200)); attempt++)
        {
            Assert.True(attempt < 100, "Nothing was read.");
        }

        return batch[0].Offset;
    }

    private async Task DeleteAsync()
    {
        using IAdminClient admin = Admin();
        await admin.DeleteTopicsAsync([_topic]);
        await Task.Delay(1_000);
    }

    private async Task SetAsync(string key, string value)
    {
        using IAdminClient admin = Admin();
        ConfigResource topic = new() { Type = ResourceType.Topic, Name = _topic };
        await admin.IncrementalAlterConfigsAsync(
            new Dictionary<ConfigResource, List<ConfigEntry>> { [topic] = [new ConfigEntry { Name = key, Value = value, IncrementalOperation = AlterConfigOpType.Set }] });
    }

    private IAdminClient Admin() => new AdminClientBuilder(new AdminClientConfig { BootstrapServers = Cluster.Bootstrap }).Build();
}
