namespace KafkaFs.Journal.Kafka;

/// <summary>
/// Keeps records that another leader wrote from being applied until the topic is known to be the same: by an unclean election it may have lost
/// records that were applied, and be longer again, and once its new ones are applied too nothing tells the histories apart. For one thread.
/// </summary>
internal sealed class EpochGate(KafkaJournal journal)
{
    private int _epoch = -1;
    private int _asked;
    private Task? _check;

    /// <summary>A record was held back, and <see cref="TryOpen"/> was not true since.</summary>
    public bool IsClosed => _check is not null;

    /// <summary>A record that is next: false if it has to wait. The first one passes, since the topic was checked before it was read.</summary>
    /// <param name="epoch">Of the leader that wrote it; null where brokers do not say it.</param>
    public bool TryPass(int? epoch)
    {
        if (epoch is not int now)
        {
            return true;
        }

        if (_epoch >= 0 && now != _epoch)
        {
            (_asked, _check) = (now, journal.Suspect($"a record of leader epoch {now} after one of {_epoch}"));
            return false;
        }

        _epoch = now;
        journal.NoteEpoch(now);
        return true;
    }

    /// <summary>True once the topic is known to be the same: the record passes now.</summary>
    public bool TryOpen()
    {
        if (_check is not { IsCompleted: true })
        {
            return false;
        }

        (_epoch, _check) = (_asked, null);
        return true;
    }
}
