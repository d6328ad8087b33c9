namespace KafkaFs.MasterHost.Session;

/// <summary>The log does not take a record as it is, and has no copy of it by that handover.</summary>
/// <param name="Reason">The provider's words.</param>
/// <param name="IsTooLong">Shorter ones may be taken.</param>
internal sealed record RecordRefusal(string? Reason, bool IsTooLong);
