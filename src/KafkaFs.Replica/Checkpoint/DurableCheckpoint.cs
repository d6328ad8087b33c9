using System.Globalization;

namespace KafkaFs.Replica.Checkpoint;

/// <summary>What a durable checkpoint says of the replica; the two belong together.</summary>
/// <param name="Position">Offset of the first record that it does not hold.</param>
/// <param name="StateHash">The state hash at that position: the same on every replica that stands there.</param>
public sealed record DurableCheckpoint(long Position, UInt128 StateHash)
{
    /// <summary>The state hash with 32 hexadecimal digits.</summary>
    public string Hash => StateHash.ToString("x32", CultureInfo.InvariantCulture);
}
