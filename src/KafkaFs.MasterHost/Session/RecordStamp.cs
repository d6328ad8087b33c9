using KafkaFs.Journal;
using KafkaFs.Journal.Codec;

namespace KafkaFs.MasterHost.Session;

/// <summary>Puts records of this session into another place of its order, and makes the Fences that allow it.</summary>
internal static class RecordStamp
{
    /// <summary>The record's change; its spans lie in <paramref name="record"/>.</summary>
    public static Change Decode(ReadOnlySpan<byte> record) => ChangeCodec.TryDecode(record, out Change change, out string? defect)
        ? change
        : throw new InvalidOperationException($"A record of this session cannot be decoded: {defect}");

    /// <summary>Gives a call that is not handed over its place.</summary>
    public static void Place(PendingCall call, uint incarnation, ulong sequence)
    {
        if (call.Sequence == sequence && call.Incarnation == incarnation)
        {
            return;
        }

        Change change = Decode(call.Record);
        (change.Header.Incarnation, change.Header.Sequence) = (incarnation, sequence);
        (call.Record, call.Incarnation, call.Sequence) = (ChangeCodec.Encode(change), incarnation, sequence);
    }

    /// <summary>Gives a call that was submitted before the session had a number what it lacks.</summary>
    public static void Number(PendingCall call, Guid filesystem, SessionId session)
    {
        if (!call.IsEarly)
        {
            return;
        }

        Change change = Decode(call.Record);
        (change.Header.Filesystem, change.Header.Session) = (filesystem, session);
        if (MakesInode(change.Kind))
        {
            change.Inode = FileId.Of(session, change.Inode.Counter);
        }

        (call.Record, call.IsEarly) = (ChangeCodec.Encode(change), false);
    }

    /// <summary>Records of this kind name a new inode, of the session's own.</summary>
    public static bool MakesInode(ChangeKind kind) => kind is ChangeKind.Create or ChangeKind.Mkdir or ChangeKind.Mknod or ChangeKind.Symlink;

    /// <summary>The record that ends <paramref name="incarnation"/> of a session, and begins the next one.</summary>
    public static byte[] Fence(Guid filesystem, SessionId session, uint incarnation, long timeNs)
    {
        Change change = new() { Kind = ChangeKind.Fence, NewIncarnation = checked(incarnation + 1) };
        change.Header.Filesystem = filesystem;
        change.Header.Level = ChangeCodec.Level;
        change.Header.Session = session;
        change.Header.Incarnation = incarnation;
        change.Header.TimeNs = timeNs;
        return ChangeCodec.Encode(change);
    }
}
