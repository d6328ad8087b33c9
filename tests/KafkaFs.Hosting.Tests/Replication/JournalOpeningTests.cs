using KafkaFs.Hosting.Replication;
using KafkaFs.Hosting.Status;
using KafkaFs.Journal.Contract;
using KafkaFs.TestKit;
using Xunit;

namespace KafkaFs.Hosting.Tests.Replication;

/// <summary>What a start waits for before there is a journal, and what ends it.</summary>
public sealed class JournalOpeningTests : IDisposable
{
    private readonly TemporaryFolder _folder = new("/var/tmp");
    private readonly HostStatus _status = new(TimeProvider.System);

    [Fact]
    public async Task ADataRootThatFollowsAJournalWaitsForItsBrokers()
    {
        Directory.CreateDirectory(_folder[".kafkafs"]);
        await File.WriteAllTextAsync(_folder[".kafkafs/journal.json"], "", TestContext.Current.CancellationToken);
        using FakeJournal journal = new();
        Assert.Same(journal, await WaitAsync(new Provider(journal, new JournalUnavailableException("no leader"))));
        Assert.Equal((HostState.Stalled, "no leader"), (_status.State, _status.Words));
    }

    // The name of the brokers may be mistyped.
    [Fact]
    public Task ANewDataRootWaitsForNoBrokers() =>
        Assert.ThrowsAsync<JournalUnavailableException>(() => WaitAsync(new Provider(null!, new JournalUnavailableException("no broker"))));

    [Fact]
    public async Task ATopicThatDoesNotExistIsWaitedFor()
    {
        using FakeJournal journal = new();
        Assert.Same(journal, await WaitAsync(new Provider(journal, new JournalRefusedException(JournalRefusal.Missing, "no topic"))));
    }

    [Fact]
    public Task AnyOtherRefusalEndsTheStart() =>
        Assert.ThrowsAsync<JournalRefusedException>(() => WaitAsync(new Provider(null!, new JournalRefusedException(JournalRefusal.Forbidden, "no right"))));

    public void Dispose() => _folder.Dispose();

    private Task<IJournal> WaitAsync(IJournalProvider provider) =>
        JournalOpening.WaitAsync(provider, _folder.Path, _status, TestContext.Current.CancellationToken);

    private sealed class Provider(IJournal journal, JournalException first) : IJournalProvider
    {
        private bool _hasThrown;

        public string Description => "a journal";

        public Task<IJournal> OpenAsync(bool createIfMissing, CancellationToken cancellationToken)
        {
            if (!_hasThrown)
            {
                _hasThrown = true;
                throw first;
            }

            return Task.FromResult(journal);
        }
    }
}
