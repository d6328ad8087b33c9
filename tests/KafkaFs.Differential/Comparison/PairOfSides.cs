using KafkaFs.Differential.Calls;
using KafkaFs.Differential.Generation;
using KafkaFs.Differential.Model;
using KafkaFs.Differential.Native;
using KafkaFs.Differential.Sides;

namespace KafkaFs.Differential.Comparison;

/// <summary>Subject and reference: makes a call on one, then on the other, and compares at once. One thread.</summary>
/// <param name="subject">Owned.</param>
/// <param name="reference">Owned.</param>
/// <param name="model">Is told what the reference answers.</param>
/// <param name="profile">What the two filesystems have in common.</param>
internal sealed class PairOfSides(Side subject, Side reference, NameModel model, SideProfile profile) : IDisposable
{
    private readonly OutcomeComparer _comparer = new(subject, reference, profile.SeesChanges);

    public Side Subject => subject;

    public Side Reference => reference;

    /// <summary>Calls made, on each side.</summary>
    public long Calls { get; private set; }

    /// <summary>Calls that both sides answered with an error.</summary>
    public long Errors { get; private set; }

    /// <summary>What differs, or null.</summary>
    public string? Run(Call call)
    {
        bool sizeStays = SizeBefore(call) == call.Length;
        if (call.User != 0)
        {
            Credentials.Become(call.User);
        }

        Outcome got = subject.Execute(call), expected = reference.Execute(call);
        if (call.User != 0)
        {
            Credentials.Return();
        }

        (Calls, Errors) = (Calls + 1, Errors + (expected.Succeeded ? 0 : 1));
        if (Tolerances.MayBeXattrLimit(call, got, expected) && got.Errno != expected.Errno && MakeEqualAtLimit(call, got.Succeeded))
        {
            return null;
        }

        string? difference = _comparer.Compare(call, got, expected);
        if (difference is null)
        {
            difference = FollowUp(call, expected);
            model.Apply(call, expected);
            foreach (Call times in expected.Succeeded ? Tolerances.UncertainTimes(call, sizeStays, profile.HasXfs, IsFifo(call)) : [])
            {
                _ = (subject.Execute(times), reference.Execute(times));
            }
        }

        return difference;
    }

    /// <summary>A question of the comparison itself; the outcomes for more.</summary>
    public string? Ask(Call question, out Outcome got, out Outcome expected)
    {
        (got, expected) = (subject.Execute(question), reference.Execute(question));
        return _comparer.Compare(question, got, expected);
    }

    /// <summary>Files whose mtime is not compared get one that is.</summary>
    public bool HasUncertainTime(in Outcome reference) => reference.Stat is { } stat && _comparer.Mapped.Contains(stat.Ino);

    /// <summary>From here on every mtime is compared.</summary>
    public void EndUncertainty() => _comparer.ForgetMapped();

    public void Dispose()
    {
        subject.Dispose();
        reference.Dispose();
    }

    private long SizeBefore(Call call) => call.Kind switch
    {
        CallKind.Truncate => reference.Execute(new Call { Kind = CallKind.Stat, Path = call.Path }).Stat?.Size ?? -1,
        CallKind.Ftruncate => reference.StatOfSlot(call.Slot).Size,
        _ => -1,
    };

    private bool IsFifo(Call call) => call.Slot >= 0 && (reference.StatOfSlot(call.Slot).Mode & Linux.S_IFMT) == Linux.S_IFIFO;

    private string? FollowUp(Call call, in Outcome expected)
    {
        switch (call.Kind)
        {
            case CallKind.Map when expected.Succeeded && (call.Flags & Linux.PROT_WRITE) != 0:
                _comparer.OnMapped(reference.StatOfSlot(call.Slot).Ino);
                return null;
            case CallKind.Seek when call.Flags is Linux.SEEK_DATA or Linux.SEEK_HOLE:
                // Both may have gone to a place of their own.
                Call back = call with { Flags = Linux.SEEK_SET };
                _ = (subject.Execute(back), reference.Execute(back));
                return null;
            case CallKind.Utimens or CallKind.Futimens when expected.Succeeded:
                CallKind kind = call.Kind == CallKind.Futimens ? CallKind.Fstat : call.Flags != 0 ? CallKind.Lstat : CallKind.Stat;
                return Ask(call with { Kind = kind, Flags = 0 }, out Outcome got, out Outcome wanted)
                    ?? (call.Offset == Linux.UTIME_OMIT ? null : OutcomeComparer.CompareAtime(got, wanted));
            case CallKind.DirRest when expected.Succeeded:
                return JudgeScan(call.Slot);
            default:
                return null;
        }
    }

    private string? JudgeScan(int slot)
    {
        if (model.ScanOf(slot) is not { } scan)
        {
            return null;
        }

        // After an exchange of names tmpfs may show another twice: what the reference does wrong itself is no difference.
        string? difference = scan.Judge(subject.Seen(slot));
        bool isShared = difference == scan.Judge(reference.Seen(slot));
        subject.Rewind(slot);
        reference.Rewind(slot);
        scan.Rewind();
        return isShared ? null : difference;
    }

    // The side that refused still has what was there before.
    private bool MakeEqualAtLimit(Call call, bool subjectAccepted)
    {
        (Side accepting, Side refusing) = subjectAccepted ? (subject, reference) : (reference, subject);
        if (XattrBytes(accepting, call) < Tolerances.XattrBytesOfAll)
        {
            return false;
        }

        CallKind get = call.Kind == CallKind.SetXattr ? CallKind.GetXattr : CallKind.FgetXattr;
        Outcome old = refusing.Execute(call with { Kind = get, Length = 1 << 16 });
        accepting.PutXattr(call, refusing.Read(old), old.Succeeded);
        _comparer.ForgetTimes();
        return true;
    }

    private static long XattrBytes(Side side, Call call)
    {
        bool byPath = call.Kind == CallKind.SetXattr;
        Outcome list = side.Execute(call with { Kind = byPath ? CallKind.ListXattr : CallKind.FlistXattr });
        long total = 0;
        foreach (string name in System.Text.Encoding.Latin1.GetString(side.Read(list)).Split('\0'))
        {
            Outcome value = side.Execute(call with { Kind = byPath ? CallKind.GetXattr : CallKind.FgetXattr, Path2 = name, Length = 0 });
            total += name.Length + Math.Max(value.Value, 0) + 32;
        }

        return total;
    }
}
