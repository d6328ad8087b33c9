namespace KafkaFs.Replica.Recovery;

/// <summary>What a repair adds to a recovery, which then carries it out with the rest.</summary>
internal interface IRecoveryAddition
{
    /// <summary>The tree was left at the checkpoint by a clean stop: that is the target, and no record is redone.</summary>
    bool IsAtCheckpoint { get; }

    /// <summary>
    /// Once the namespace is the one at the target: what else is to be touched. Of the tree nothing was changed yet; objects that belong
    /// elsewhere may be put into <paramref name="limbo"/>.
    /// </summary>
    void Extend(RecoveryPlan plan, Limbo limbo, CancellationToken stop);

    /// <summary>Once every object is in its place: contents that do not come by the plan's redo, and the start of those that do.</summary>
    void Fill(RecoveryPlan plan, CancellationToken stop);
}
