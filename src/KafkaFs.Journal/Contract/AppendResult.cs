namespace KafkaFs.Journal.Contract;

/// <summary>What is known of a record that was handed over.</summary>
public enum AppendStatus
{
    /// <summary>Durable, at <see cref="AppendResult.Offset"/>.</summary>
    Placed,

    /// <summary>Durable, at an offset that the log did not tell: a repetition that it had already.</summary>
    PlacedSomewhere,

    /// <summary>Not in the log, and never will be; <see cref="AppendResult.Reason"/> says why.</summary>
    Refused,

    /// <summary>It may be in the log, or arrive there later, or not: append the same bytes again.</summary>
    Unknown,
}

/// <summary>The report for one record.</summary>
/// <param name="Status">What is known.</param>
/// <param name="Offset">Where the record is; -1 unless <see cref="AppendStatus.Placed"/>.</param>
/// <param name="AppendTimeMs">The log's own time of the append, milliseconds since 1970; -1 unless placed.</param>
/// <param name="Reason">The provider's words for anything but success.</param>
public readonly record struct AppendResult(AppendStatus Status, long Offset, long AppendTimeMs, string? Reason)
{
    /// <summary>Refused for the length of the record, or of those that were sent with it: shorter ones may be taken.</summary>
    public bool IsTooLong { get; init; }

    public static AppendResult Placed(long offset, long appendTimeMs) => new(AppendStatus.Placed, offset, appendTimeMs, null);

    public static AppendResult PlacedSomewhere() => new(AppendStatus.PlacedSomewhere, -1, -1, null);

    public static AppendResult Refused(string reason) => new(AppendStatus.Refused, -1, -1, reason);

    public static AppendResult TooLong(string reason) => Refused(reason) with { IsTooLong = true };

    public static AppendResult Unknown(string reason) => new(AppendStatus.Unknown, -1, -1, reason);
}
