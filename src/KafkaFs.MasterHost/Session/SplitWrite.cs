using KafkaFs.Journal.Codec;
using KafkaFs.Posix;
using KafkaFs.Replica.Namespace;

namespace KafkaFs.MasterHost.Session;

/// <summary>
/// A Write that is too long for one record, as several: the same inode, times and flags, consecutive offsets. Those of an append append
/// each, so that none of them can fall upon what another master has appended between them. The call is answered when all are
/// through: with the bytes up to the first that failed, and none is appended again behind one that was given up. Safe for use from several
/// threads: parts are completed by the holder of the apply lock, and given up by whoever ends the session.
/// </summary>
internal sealed class SplitWrite
{
    private const int PageBytes = 4_096;

    // Offset, sequence and lengths of a part may take more bytes than those of the whole.
    private const int PrefixSlackBytes = 64;

    private readonly Lock _gate = new();
    private readonly PendingCall _whole;
    private int _open;
    private uint _written;
    private Errno _errno;

    private SplitWrite(PendingCall whole) => _whole = whole;

    /// <summary>The record is a Write whose parts can be of <paramref name="maxRecordBytes"/>, with a page of data each at least.</summary>
    public static bool CanSplit(PendingCall call, int maxRecordBytes)
    {
        Change change = RecordStamp.Decode(call.Record);
        return change.Kind == ChangeKind.Write && change.Data.Length > PageBytes && PartBytes(call, change, maxRecordBytes) >= PageBytes;
    }

    /// <summary>The parts, in order; <see cref="CanSplit"/> has said that it works.</summary>
    public static List<PendingCall> Split(PendingCall call, int maxRecordBytes)
    {
        Change change = RecordStamp.Decode(call.Record);
        ReadOnlySpan<byte> data = change.Data;
        ulong offset = change.Offset;
        int size = PartBytes(call, change, maxRecordBytes);
        SplitWrite split = new(call);
        List<PendingCall> parts = [];
        for (int start = 0; start < data.Length; start += size)
        {
            change.Data = data.Slice(start, Math.Min(size, data.Length - start));
            change.Offset = offset + (ulong)start;
            parts.Add(new Part(split)
            {
                Record = ChangeCodec.Encode(change),
                Incarnation = call.Incarnation,
                Sequence = call.Sequence,
                MaxRecordBytes = maxRecordBytes,
            });
        }

        split._open = parts.Count;
        return parts;
    }

    private static int PartBytes(PendingCall call, in Change change, int maxRecordBytes)
    {
        int prefix = call.Record.Length - change.Data.Length + PrefixSlackBytes;
        return (maxRecordBytes - prefix) & ~(PageBytes - 1);
    }

    private void OnPart(uint written, Errno errno)
    {
        lock (_gate)
        {
            if (_errno == Errno.None)
            {
                _written += written;
                _errno = errno;
            }

            if (--_open > 0)
            {
                return;
            }
        }

        // It was the last one: nothing changes any more.
        _whole.CompleteParts(_written, _errno);
    }

    private sealed class Part(SplitWrite split) : PendingCall
    {
        // A part may have gone in parts itself.
        public override PendingCall Whole => split._whole.Whole;

        public override void Complete(in Change change, Outcome outcome, Effects effects)
        {
            Errno errno = outcome.Errno != Errno.None ? outcome.Errno : split._whole.ApplyPart(change, effects);
            split.OnPart(errno == Errno.None ? (uint)change.Data.Length : 0, errno);
        }

        public override void Abandon(Errno errno) => split.OnPart(0, errno);

        public override Errno ApplyPart(in Change part, Effects effects) => split._whole.ApplyPart(part, effects);

        public override void CompleteParts(uint written, Errno errno) => split.OnPart(written, errno);
    }
}
