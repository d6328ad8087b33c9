namespace KafkaFs.Journal.Check;

/// <summary>What <see cref="RecoveryTable"/> says of a log.</summary>
/// <param name="Finding">What keeps the replica from going on, or asks for a closer look; null: the log is ours.</param>
/// <param name="Warnings">What people should know, whatever the finding.</param>
public sealed record LogJudgement(LogFinding? Finding, IReadOnlyList<LogFinding> Warnings)
{
    /// <summary>The finding is a refusal.</summary>
    public bool Refuses => Finding?.Verdict == LogVerdict.Refuse;
}
