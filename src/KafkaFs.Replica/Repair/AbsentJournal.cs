using KafkaFs.Journal.Contract;

namespace KafkaFs.Replica.Repair;

/// <summary>Stands for the journal in a repair from another replica, which reads no record.</summary>
internal sealed class AbsentJournal(JournalIdentity identity) : IJournal
{
    public JournalIdentity Identity => identity;

    public int PartitionCount => 1;

    public int MaxRecordBytes => 0;

    public string? Trouble => null;

    public JournalBounds QueryBounds(int partition, CancellationToken cancellationToken) => throw Absent();

    public IJournalAppender OpenAppender(int partition, IAppendListener listener) => throw Absent();

    public IJournalReader OpenReader(int partition, long from) => throw Absent();

    public void Dispose()
    {
    }

    private static InvalidOperationException Absent() => new("A repair from another replica has no journal.");
}
