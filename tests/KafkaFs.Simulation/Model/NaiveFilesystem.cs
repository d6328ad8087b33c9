using System.Text;
using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.Posix;
using KafkaFs.Replica.Namespace;

namespace KafkaFs.Simulation.Model;

/// <summary>
/// The rules of docs/format.md written down a second time, as plainly as can be, with objects and dictionaries and nothing of the
/// product's: what a record does to a filesystem.
/// </summary>
internal sealed partial class NaiveFilesystem
{
    private const long Second = 1_000_000_000;
    private const long LastSecond = 9_223_372_036;

    public Dictionary<ulong, ModelInode> Inodes { get; } = [];

    public Dictionary<uint, ModelSession> Sessions { get; } = [];

    public Dictionary<Guid, ulong> Runs { get; } = [];

    public bool Created { get; private set; }

    public Guid Filesystem { get; private set; }

    public Limits Limits { get; private set; }

    public uint Level { get; private set; }

    public uint LastSession { get; private set; }

    public long LastCookie { get; private set; }

    public long Clock { get; private set; }

    public ModelInode Root => Inodes[1];

    public static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);

    /// <summary>What the record answers, after it is done.</summary>
    public Outcome Apply(in Change change, bool wellFormed, long offset, long appendTimeMs)
    {
        if (!change.HasHeader)
        {
            return Outcome.IsVoid(VoidReason.Malformed);
        }

        if (!Created)
        {
            return CreateFilesystem(change, wellFormed, offset, appendTimeMs);
        }

        if (change.Header.Filesystem != Filesystem)
        {
            return Outcome.IsVoid(VoidReason.OtherFilesystem);
        }

        if (change.Header.Level != Level)
        {
            return Outcome.IsVoid(VoidReason.OtherLevel);
        }

        if (change.Kind == ChangeKind.FilesystemCreated)
        {
            return Outcome.IsVoid(VoidReason.NotFirst);
        }

        if (change.Kind is ChangeKind.SessionStarted or ChangeKind.Fence)
        {
            return !wellFormed ? Outcome.IsVoid(VoidReason.Malformed) : change.Kind == ChangeKind.Fence ? Fence(change) : Start(change);
        }

        return ApplyInSession(change, wellFormed, appendTimeMs);
    }

    private Outcome ApplyInSession(in Change change, bool wellFormed, long appendTimeMs)
    {
        if (!Sessions.TryGetValue(change.Header.Session.Number, out ModelSession? session))
        {
            return Outcome.IsVoid(VoidReason.SessionClosed);
        }

        if (change.Header.Incarnation != session.Incarnation)
        {
            return Outcome.IsVoid(VoidReason.OtherIncarnation);
        }

        if (change.Header.Sequence != session.Next)
        {
            return Outcome.IsVoid(change.Header.Sequence < session.Next ? VoidReason.Duplicate : VoidReason.SequenceAhead);
        }

        session.Next++;
        if (!wellFormed)
        {
            return Outcome.IsVoid(VoidReason.Malformed);
        }

        long now = Clamp(Math.Max(Math.Min(change.Header.TimeNs, Latest(appendTimeMs)), Clock + 1));
        Clock = Math.Max(Clock, now);
        return ApplyChange(change, session, now);
    }

    private Outcome ApplyChange(in Change change, ModelSession session, long now)
    {
        switch (change.Kind)
        {
            case ChangeKind.FormatRaised:
                if (change.NewLevel <= Level)
                {
                    return Outcome.IsVoid(VoidReason.LevelNotAbove);
                }

                Level = change.NewLevel;
                return Outcome.Success;
            case ChangeKind.SessionEnded:
                Sessions.Remove(change.Closes.Number == 0 ? change.Header.Session.Number : change.Closes.Number);
                return Outcome.Success;
            case ChangeKind.Create or ChangeKind.Mkdir or ChangeKind.Mknod or ChangeKind.Symlink:
                if (change.Inode.Session != change.Header.Session || change.Inode.Counter <= session.LastCounter)
                {
                    return Outcome.IsVoid(VoidReason.ImpossibleFileId);
                }

                session.LastCounter = change.Inode.Counter;
                return Make(change, now);
            case ChangeKind.Link:
                return Link(change, now);
            case ChangeKind.Unlink or ChangeKind.Rmdir:
                return Remove(change, now);
            case ChangeKind.Rename:
                return Rename(change, now);
            case ChangeKind.SetAttr:
                return SetAttr(change, now);
            case ChangeKind.SetXattr or ChangeKind.RemoveXattr:
                return ChangeXattr(change, now);
            default:
                return ChangeContent(change, now);
        }
    }

    private Outcome CreateFilesystem(in Change change, bool wellFormed, long offset, long appendTimeMs)
    {
        if (!wellFormed || offset != 0 || change.Kind != ChangeKind.FilesystemCreated)
        {
            return Outcome.IsVoid(VoidReason.NotFirst);
        }

        Limits limits = change.Limits;
        bool valid = limits.NameMax is > 0 and < 256 && limits.SymlinkMax is > 0 and < 4_096 && limits.LinkMax > 0
            && limits.XattrNameMax is > 0 and < 256 && limits.XattrValueMax <= 65_536 && limits.FileSizeMax < 1UL << 63
            && limits.TimeMinS < limits.TimeMaxS && Int128.Abs(limits.TimeMinS) <= LastSecond && Int128.Abs(limits.TimeMaxS) <= LastSecond;
        if (!valid || change.Header.Session.Number != 0 || change.Header.Level != 1 || change.Header.Filesystem == Guid.Empty
            || change.Mode > 0xfff || change.Uid == uint.MaxValue || change.Gid == uint.MaxValue)
        {
            return Outcome.IsVoid(VoidReason.Malformed);
        }

        Limits = limits;
        long now = Clamp(Math.Min(change.Header.TimeNs, Latest(appendTimeMs)));
        (Created, Filesystem, Level, Clock) = (true, change.Header.Filesystem, change.Header.Level, Math.Max(0, now));
        Inodes[1] = new ModelInode { Id = 1, Type = InodeType.Directory, Mode = change.Mode, Uid = change.Uid, Gid = change.Gid, Mtime = now, Ctime = now, Btime = now };
        return Outcome.Success;
    }

    private Outcome Start(in Change change)
    {
        if (change.Header.Session.Number != 0 || change.Master == Guid.Empty || change.Uuid == Guid.Empty)
        {
            return Outcome.IsVoid(VoidReason.Malformed);
        }

        Guid master = change.Master;
        List<uint> old = [.. Sessions.Where(pair => pair.Value.Master == master).Select(pair => pair.Key)];
        if (change.Run <= Runs.GetValueOrDefault(master) || Sessions.Count - old.Count >= 1_024)
        {
            return Outcome.IsVoid(VoidReason.RunNotAbove);
        }

        old.ForEach(id => Sessions.Remove(id));
        Runs[master] = change.Run;
        Sessions[++LastSession] = new ModelSession { Master = master, Run = change.Run };
        return Outcome.Success;
    }

    private Outcome Fence(in Change change)
    {
        if (change.Header.Sequence != 0)
        {
            return Outcome.IsVoid(VoidReason.Malformed);
        }

        if (!Sessions.TryGetValue(change.Header.Session.Number, out ModelSession? session))
        {
            return Outcome.IsVoid(VoidReason.SessionClosed);
        }

        if (change.Header.Incarnation != session.Incarnation || change.NewIncarnation <= session.Incarnation)
        {
            return Outcome.IsVoid(VoidReason.OtherIncarnation);
        }

        (session.Incarnation, session.Next) = (change.NewIncarnation, 0);
        return Outcome.Success;
    }

    private static long Latest(long appendTimeMs) =>
        (long)Int128.Min((Int128.Max(appendTimeMs, 0) * 1_000_000) + (10 * Second), (Int128)LastSecond * Second);

    private long Clamp(long ns)
    {
        Int128 min = (Int128)Limits.TimeMinS * Second, max = (Int128)Limits.TimeMaxS * Second;
        return ns < min ? (long)min : ns > max ? (long)max : ns;
    }

    // A change of an inode that existed and is gone succeeds and does nothing; of one that never was, ENOENT.
    private Outcome Missing(FileId inode)
    {
        bool existed = inode.Counter != 0 && inode.Session.Number != 0 && inode.Session.Number <= LastSession
            && (!Sessions.TryGetValue(inode.Session.Number, out ModelSession? session) || inode.Counter <= session.LastCounter);
        return existed ? Outcome.Success : Outcome.Failed(Errno.ENOENT);
    }
}

/// <summary>An open session of the naive model.</summary>
internal sealed class ModelSession
{
    public required Guid Master { get; init; }

    public ulong Run { get; init; }

    public uint Incarnation { get; set; }

    public ulong Next { get; set; }

    public uint LastCounter { get; set; }
}
