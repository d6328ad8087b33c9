using KafkaFs.Journal.Codec;
using KafkaFs.Replica.Namespace;

namespace KafkaFs.Replica.Apply;

/// <summary>What a replica has applied since it was opened. Written by the holder of the apply lock, read by anyone.</summary>
public sealed class ApplyCounters
{
    private readonly long[] _byKind = new long[(int)ChangeKind.RemoveXattr + 1];
    private readonly long[] _byVoid = new long[Enum.GetValues<VoidReason>().Length];
    private long _bytes;
    private long _lastAppendTimeMs;

    /// <summary>Bytes of all records.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>The log's time of the last record, milliseconds since 1970; 0 before the first.</summary>
    public long LastAppendTimeMs => Volatile.Read(ref _lastAppendTimeMs);

    /// <summary>Records of one kind that were not void.</summary>
    public long Accepted(ChangeKind kind) => Volatile.Read(ref _byKind[(int)kind]);

    /// <summary>Records that were void for one reason.</summary>
    public long Void(VoidReason reason) => Volatile.Read(ref _byVoid[(int)reason]);

    /// <summary>Counts a record; returns how many were void for its reason so far, 0 if it was not void.</summary>
    internal long Count(ChangeKind kind, Outcome outcome, int bytes, long appendTimeMs)
    {
        Volatile.Write(ref _bytes, _bytes + bytes);
        Volatile.Write(ref _lastAppendTimeMs, appendTimeMs);
        if (outcome.IsAccepted)
        {
            Volatile.Write(ref _byKind[(int)kind], _byKind[(int)kind] + 1);
            return 0;
        }

        ref long count = ref _byVoid[(int)outcome.Void];
        Volatile.Write(ref count, count + 1);
        return count;
    }
}
