using KafkaFs.Journal;
using KafkaFs.Journal.Codec;

namespace KafkaFs.Replica.Namespace;

/// <summary>
/// Evaluates records: a pure function of the replicated state and one record. It reads no clock, no tree and no setting, and
/// changes nothing; <see cref="NamespaceState.Publish"/> carries out what it finds. For the holder of the apply lock.
/// </summary>
public sealed partial class Evaluation(NamespaceState state)
{
    private const long MsPerSecond = 1_000;
    private const long NsPerMs = 1_000_000;
    private const long NsPerSecond = 1_000_000_000;
    private const long ClockTolerance = 10 * NsPerSecond;

    /// <summary>
    /// What <paramref name="change"/> does at <paramref name="offset"/>. <paramref name="effects"/>, which must be clear, are filled
    /// also for void and failed records, since these may use up their sequence. If not <paramref name="wellFormed"/>, only the
    /// header is looked at.
    /// </summary>
    public Outcome Evaluate(in Change change, bool wellFormed, long offset, long appendTimeMs, Effects effects)
    {
        if (!change.HasHeader)
        {
            return Outcome.IsVoid(VoidReason.Malformed);
        }

        if (!state.IsCreated)
        {
            return wellFormed && offset == 0 && change.Kind == ChangeKind.FilesystemCreated
                ? CreateFilesystem(change, appendTimeMs, effects)
                : Outcome.IsVoid(VoidReason.NotFirst);
        }

        if (change.Header.Filesystem != state.Filesystem)
        {
            return Outcome.IsVoid(VoidReason.OtherFilesystem);
        }

        if (change.Header.Level != state.Level)
        {
            return Outcome.IsVoid(VoidReason.OtherLevel);
        }

        return change.Kind switch
        {
            ChangeKind.FilesystemCreated => Outcome.IsVoid(VoidReason.NotFirst),
            ChangeKind.SessionStarted => wellFormed ? StartSession(change) : Outcome.IsVoid(VoidReason.Malformed),
            ChangeKind.Fence => wellFormed ? EvaluateFence(change) : Outcome.IsVoid(VoidReason.Malformed),
            _ => EvaluateInSession(change, wellFormed, appendTimeMs, effects),
        };
    }

    private Outcome EvaluateInSession(in Change change, bool wellFormed, long appendTimeMs, Effects effects)
    {
        if (!state.Sessions.TryGetValue(change.Header.Session, out SessionState session))
        {
            return Outcome.IsVoid(VoidReason.SessionClosed);
        }

        if (change.Header.Incarnation != session.Incarnation)
        {
            return Outcome.IsVoid(VoidReason.OtherIncarnation);
        }

        if (change.Header.Sequence != session.ExpectedSequence)
        {
            return Outcome.IsVoid(
                change.Header.Sequence < session.ExpectedSequence ? VoidReason.Duplicate : VoidReason.SequenceAhead);
        }

        effects.ConsumesSequence = true;
        if (!wellFormed)
        {
            return Outcome.IsVoid(VoidReason.Malformed);
        }

        effects.TimeNs = ImplicitTime(change.Header.TimeNs, appendTimeMs);
        return EvaluateChange(change, session, effects);
    }

    private Outcome EvaluateChange(in Change change, in SessionState session, Effects effects)
    {
        switch (change.Kind)
        {
            case ChangeKind.FormatRaised:
                return change.NewLevel > state.Level ? Outcome.Success : Outcome.IsVoid(VoidReason.LevelNotAbove);
            case ChangeKind.SessionEnded:
                return Outcome.Success;
            case ChangeKind.Create or ChangeKind.Mkdir or ChangeKind.Mknod or ChangeKind.Symlink:
                if (change.Inode.Session != change.Header.Session || change.Inode.Counter <= session.LastCounter)
                {
                    return Outcome.IsVoid(VoidReason.ImpossibleFileId);
                }

                effects.UsedCounter = change.Inode.Counter;
                return EvaluateMake(change, effects);
            case ChangeKind.Link:
                return EvaluateLink(change, effects);
            case ChangeKind.Unlink or ChangeKind.Rmdir:
                return EvaluateRemove(change, effects);
            case ChangeKind.Rename:
                return EvaluateRename(change, effects);
            case ChangeKind.Write:
                return EvaluateWrite(change, effects);
            case ChangeKind.Truncate:
                return EvaluateTruncate(change, effects);
            case ChangeKind.Allocate:
                return EvaluateAllocate(change, effects);
            case ChangeKind.SetAttr:
                return EvaluateSetAttr(change, effects);
            case ChangeKind.SetXattr:
                return EvaluateSetXattr(change, effects);
            case ChangeKind.RemoveXattr:
                return EvaluateRemoveXattr(change, effects);
            default:
                throw new InvalidOperationException($"{change.Kind} has no evaluation.");
        }
    }

    private static Outcome CreateFilesystem(in Change change, long appendTimeMs, Effects effects)
    {
        if (change.Header.Level != 1 || change.Header.Filesystem == Guid.Empty || change.Header.Session != SessionId.None
            || !IsMode(change.Mode) || !IsOwner(change.Uid) || !IsOwner(change.Gid) || !AreLimits(change.Limits))
        {
            return Outcome.IsVoid(VoidReason.Malformed);
        }

        long now = ClampTime(Math.Min(change.Header.TimeNs, LatestTime(appendTimeMs)), change.Limits);
        effects.TimeNs = now;
        (effects.Kind, effects.Inode) = (EffectKind.Make, FileId.Root);
        effects.Update(FileId.Root, NewAttributes(InodeType.Directory, change, now), InodeAspects.None);
        return Outcome.Success;
    }

    private Outcome StartSession(in Change change)
    {
        if (change.Header.Session != SessionId.None || change.Master == Guid.Empty || change.Uuid == Guid.Empty)
        {
            return Outcome.IsVoid(VoidReason.Malformed);
        }

        // The sessions of the master itself end by this very record: else crashed masters could fill the table and never start again.
        Guid master = change.Master;
        bool room = state.Sessions.Values.Count(session => session.Master != master) < NamespaceState.MaxSessions
            && state.LastSession < SessionId.Max;
        return change.Run > state.LastRun(master) && room ? Outcome.Success : Outcome.IsVoid(VoidReason.RunNotAbove);
    }

    private Outcome EvaluateFence(in Change change)
    {
        // It stands outside the sequence.
        if (change.Header.Sequence != 0)
        {
            return Outcome.IsVoid(VoidReason.Malformed);
        }

        if (!state.Sessions.TryGetValue(change.Header.Session, out SessionState session))
        {
            return Outcome.IsVoid(VoidReason.SessionClosed);
        }

        return change.Header.Incarnation == session.Incarnation && change.NewIncarnation > session.Incarnation
            ? Outcome.Success
            : Outcome.IsVoid(VoidReason.OtherIncarnation);
    }

    // Time never runs backwards in the log, and one clock that is ahead cannot freeze it.
    private long ImplicitTime(long recordNs, long appendTimeMs)
    {
        long time = Math.Max(Math.Min(recordNs, LatestTime(appendTimeMs)), state.LogClockNs + 1);
        return ClampTime(time);
    }

    // An append time that no broker's clock shows counts as 1970 or 2262, so that nothing overflows.
    private static long LatestTime(long appendTimeMs) =>
        (Math.Clamp(appendTimeMs, 0, (Limits.TimeBoundS * MsPerSecond) - (ClockTolerance / NsPerMs)) * NsPerMs) + ClockTolerance;

    private long ClampTime(long ns) => ClampTime(ns, state.Limits);

    private static long ClampTime(long ns, in Limits limits) =>
        Math.Clamp(ns, limits.TimeMinS * NsPerSecond, limits.TimeMaxS * NsPerSecond);

    private InodeAttributes Current(FileId inode, Effects effects)
    {
        if (effects.TryGetUpdate(inode, out InodeUpdate update))
        {
            return update.After;
        }

        return state.TryGetAttributes(inode, out InodeAttributes attributes)
            ? attributes
            : throw new InvalidOperationException($"Inode {inode} is not in the namespace.");
    }

    // An inode that was there once: its FileId never returns, and a change of it is successful and does nothing. Which counters a closed
    // session used is not kept: of those, all count as used. No master writes a record that could tell the difference.
    private bool ExistedOnce(FileId inode)
    {
        if (inode.Session == SessionId.None || inode.Session.Number > state.LastSession || inode.Counter == 0)
        {
            return false;
        }

        return !state.Sessions.TryGetValue(inode.Session, out SessionState session) || inode.Counter <= session.LastCounter;
    }

    private static InodeAttributes NewAttributes(InodeType type, in Change change, long now) => new()
    {
        Type = type,
        Mode = (ushort)change.Mode,
        Uid = change.Uid,
        Gid = change.Gid,
        Links = 1,
        MtimeNs = now,
        CtimeNs = now,
        BtimeNs = now,
    };

    private static bool IsMode(uint mode) => mode <= 0xfff;

    private static bool IsOwner(uint id) => id != uint.MaxValue;

    /// <summary>Each limit is in its domain (proto/fuse.proto, FilesystemCreated).</summary>
    internal static bool AreLimits(in Limits limits) =>
        limits.NameMax is >= 1 and <= 255
        && limits.SymlinkMax is >= 1 and <= 4_095
        && limits.LinkMax >= 1
        && limits.XattrNameMax is >= 1 and <= 255
        && limits.XattrValueMax <= 65_536
        && limits.FileSizeMax <= long.MaxValue
        && limits.TimeMinS >= -Limits.TimeBoundS
        && limits.TimeMinS < limits.TimeMaxS
        && limits.TimeMaxS <= Limits.TimeBoundS;
}
