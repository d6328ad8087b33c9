using System.Buffers;
using KafkaFs.Journal.Codec;
using KafkaFs.MasterHost.Session;
using KafkaFs.Posix;
using KafkaFs.Replica.Namespace;

namespace KafkaFs.MasterHost.FileSystem;

/// <summary>
/// A WRITE, or adjacent ones, answered before the record is in the journal. While it is queued it grows by what is written behind it;
/// its bytes are kept once, in a buffer that doubles, and become the record when it is handed over.
/// </summary>
/// <param name="writes">Where it is counted.</param>
/// <param name="inode">Whose content it is.</param>
/// <param name="maxBytes">Longest that it may grow.</param>
/// <param name="apply">What a record does beyond the tree.</param>
internal sealed class EarlyWrite(EarlyWrites writes, InodeWrites inode, int maxBytes, PartCompletion apply) : PendingCall
{
    private byte[]? _grown;

    public InodeWrites Inode { get; } = inode;

    public required ChangeFlags Flags { get; init; }

    /// <summary>First byte; of an append the one that the kernel expects.</summary>
    public required ulong Offset { get; init; }

    /// <summary>Bytes of content.</summary>
    public required int Length { get; set; }

    /// <summary>Its place among the writes of the inode, from 1. Under the lock of <see cref="EarlyWrites"/>, as <see cref="End"/> and <see cref="HasEnded"/>.</summary>
    public long Number { get; set; }

    /// <summary>First byte after it, when it is applied.</summary>
    public ulong End { get; set; }

    public bool HasEnded { get; set; }

    /// <summary>Where it counts as told that it was lost, before it is. Under the lock of <see cref="EarlyWrites"/>.</summary>
    public IReadOnlyList<LossReport> ToldIn { get; set; } = [];

    /// <summary>Queue number of the inode's write before, which does not grow any more; 0 if there is none.</summary>
    public required long BeforeNumber { get; init; }

    /// <summary>It has the longest record of a WRITE.</summary>
    public bool IsFull => Length >= maxBytes;

    /// <inheritdoc/>
    public override long Hurries => IsFull ? QueueNumber : BeforeNumber;

    /// <summary>Time of the record, nanoseconds since 1970. Under <see cref="InodeWrites.Order"/>.</summary>
    public long TimeNs { get; set; }

    /// <summary>What is written at <paramref name="offset"/> can be a part of it, if it is not too late.</summary>
    public bool IsContinuedBy(ulong offset, int length, ChangeFlags flags) => offset == Offset + (ulong)Length && flags == Flags && Length + length <= maxBytes;

    /// <summary>Takes what is written behind it, and a new time if there is one. Under the session's lock.</summary>
    public void Grow(ReadOnlySpan<byte> data, long? timeNs)
    {
        if (_grown is null || _grown.Length < Length + data.Length)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Min(maxBytes, Math.Max(2 * Length, Length + data.Length)));
            (_grown is null ? RecordStamp.Decode(Record).Data : _grown.AsSpan(0, Length)).CopyTo(larger);
            ReturnBuffer();
            _grown = larger;
        }

        data.CopyTo(_grown.AsSpan(Length));
        Length += data.Length;
        TimeNs = timeNs ?? TimeNs;
    }

    /// <inheritdoc/>
    public override void Seal()
    {
        if (_grown is not null)
        {
            Change change = RecordStamp.Decode(Record);
            change.Data = _grown.AsSpan(0, Length);
            change.Header.TimeNs = TimeNs;
            Record = ChangeCodec.Encode(change);
            ReturnBuffer();
        }
    }

    /// <inheritdoc/>
    public override void Complete(in Change change, Outcome outcome, Effects effects) => Finish(outcome.Errno != Errno.None ? outcome.Errno : apply(change, effects));

    /// <inheritdoc/>
    public override Errno ApplyPart(in Change part, Effects effects) => apply(part, effects);

    /// <inheritdoc/>
    public override void CompleteParts(uint written, Errno errno) => Finish(errno);

    /// <inheritdoc/>
    public override void Abandon(Errno errno) => Finish(errno);

    // An inode may keep it as its last one for long: not its bytes.
    private void Finish(Errno errno)
    {
        Record = [];
        ReturnBuffer();
        writes.End(this, errno);
    }

    private void ReturnBuffer()
    {
        if (_grown is not null)
        {
            ArrayPool<byte>.Shared.Return(_grown);
            _grown = null;
        }
    }
}
