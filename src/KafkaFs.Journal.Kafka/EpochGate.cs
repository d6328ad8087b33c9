namespace KafkaFs.Journal.Kafka;

/// <summary>
/// Keeps records that another leader wrote from being applied until the topic is known to be the same: by an unclean election it may have lost
/// records that were applied, and be longer again, and once its new ones are applied too nothing tells the histories apart. What was in the
/// topic when it was last checked passes: a rewritten record has a later epoch. For one thread.
/// </summary>
/// <param name="journal">Whose last probe was part of a check that passed.</param>
internal sealed class EpochGate(KafkaJournal journal)
{
    private int _passed = journal.ProbedEpoch;
    private int _asked;
    private Task<int>? _check;

    /// <summary>A record was held back, and <see cref="TryOpen"/> was not true since.</summary>
    public bool IsClosed => _check is not null;

    /// <summary>A record that is next: false if it has to wait.</summary>
    /// <param name="epoch">Of the leader that wrote it; null where brokers do not say it.</param>
    public bool TryPass(int? epoch)
    {
        if (epoch is not int now)
        {
            return true;
        }

        if (now > _passed && _passed >= 0)
        {
            (_asked, _check) = (now, journal.Suspect($"a record of leader epoch {now} after one of {_passed}"));
            return false;
        }

        _passed = Math.Max(_passed, now);
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

        (_passed, _check) = (Math.Max(_asked, _check.Result), null);
        return true;
    }
}
