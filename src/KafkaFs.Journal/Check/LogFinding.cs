using KafkaFs.Journal.Contract;

namespace KafkaFs.Journal.Check;

/// <summary>A row of <see cref="RecoveryTable"/> that applies.</summary>
/// <param name="Row">Which.</param>
/// <param name="Verdict">What follows.</param>
/// <param name="Refusal">The kind of refusal; of no meaning for other verdicts.</param>
/// <param name="Words">What was found and what to do, for a person.</param>
public sealed record LogFinding(LogRow Row, LogVerdict Verdict, JournalRefusal Refusal, string Words)
{
    /// <summary>The finding as what ends a replica.</summary>
    public JournalRefusedException ToException() => new(Refusal, Words);
}
