using KafkaFs.Journal.Contract;

namespace KafkaFs.Hosting.Tests.Replication;

/// <summary>A journal whose bounds are answered as the test says; all else is passed on.</summary>
internal sealed class FakeJournal(IJournal? inner = null) : IJournal
{
    public Func<JournalBounds> Bounds { get; set; } = () => inner?.QueryBounds(0, CancellationToken.None) ?? new JournalBounds(0, 0);

    public JournalIdentity Identity => inner!.Identity;

    public int PartitionCount => 1;

    public int MaxRecordBytes => 1_000_000;

    public string? Trouble => null;

    public bool IsDisposed { get; private set; }

    public JournalBounds QueryBounds(int partition, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        return Bounds();
    }

    public IJournalAppender OpenAppender(int partition, IAppendListener listener) => inner!.OpenAppender(partition, listener);

    public IJournalReader OpenReader(int partition, long from) => inner!.OpenReader(partition, from);

    public void Dispose()
    {
        IsDisposed = true;
        inner?.Dispose();
    }
}
