namespace KafkaFs.Journal;

/// <summary>
/// The number of one run of one master: the count of accepted SessionStarted records, 1 to 2^31-1. 0 is reserved for records
/// that come before a session.
/// </summary>
public readonly record struct SessionId(uint Number)
{
    /// <summary>The largest session number: the top bit of a FileId stays 0.</summary>
    public const uint Max = int.MaxValue;

    /// <summary>The header of FilesystemCreated and SessionStarted.</summary>
    public static SessionId None => default;

    /// <inheritdoc/>
    public override string ToString() => Number.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
