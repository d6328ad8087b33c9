namespace KafkaFs.Journal.Check;

/// <summary>What follows from a row.</summary>
public enum LogVerdict
{
    /// <summary>The log is ours; people should know of a weakness.</summary>
    Warn,

    /// <summary>The log is ours; people must know of a loss that has happened.</summary>
    WarnOfLoss,

    /// <summary>Nothing yet: fresh clients look at the record before the next one.</summary>
    LookAtTail,

    /// <summary>Wait: it goes on by itself when this ends.</summary>
    Stall,

    /// <summary>Not our log, or not one that may be followed: the host ends with a refusal, and the way back is a command.</summary>
    Refuse,
}
