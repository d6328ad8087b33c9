namespace KafkaFs.Replica.Namespace;

/// <summary>Takes the rows of a <see cref="NamespaceDelta"/>; each key of a table comes once, in ascending order.</summary>
internal interface INamespaceRows
{
    /// <summary>The row is now <paramref name="row"/>, which is valid during the call.</summary>
    void Put(NamespaceTable table, long key, ReadOnlySpan<byte> row);

    /// <summary>The row is gone, or was never there.</summary>
    void Delete(NamespaceTable table, long key);
}
