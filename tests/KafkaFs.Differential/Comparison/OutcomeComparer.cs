using KafkaFs.Differential.Calls;
using KafkaFs.Differential.Native;
using KafkaFs.Differential.Sides;

namespace KafkaFs.Differential.Comparison;

/// <summary>Compares what a call gave on both sides. One thread.</summary>
/// <param name="seesChanges">Both sides give each change a time of its own, if the one before was seen.</param>
internal sealed class OutcomeComparer(Side subject, Side reference, bool seesChanges)
{
    private readonly HashSet<ulong> _mapped = [];
    private readonly SeenTimes _times = new();

    /// <summary>
    /// Files with a shared writable mapping, by the reference's inode: when a store counts as a change is the filesystem's choice, so their
    /// mtime is not compared.
    /// </summary>
    public IReadOnlySet<ulong> Mapped => _mapped;

    public void OnMapped(ulong ino) => _mapped.Add(ino);

    /// <summary>From here on every mtime is compared again.</summary>
    public void ForgetMapped()
    {
        _mapped.Clear();
        ForgetTimes();
    }

    /// <summary>See <see cref="SeenTimes.Forget"/>.</summary>
    public void ForgetTimes() => _times.Forget();

    /// <summary>What differs, or null.</summary>
    public string? Compare(Call call, in Outcome got, in Outcome expected)
    {
        if (call.Kind == CallKind.Seek && call.Flags is Linux.SEEK_DATA or Linux.SEEK_HOLE)
        {
            return CompareHoles(call, got, expected);
        }

        if (Tolerances.IsEndOfDirectory(call) && reference.StatOfSlot(call.Slot).IsDirectory)
        {
            return null;
        }

        if (got.Errno != expected.Errno)
        {
            bool tolerated = Tolerances.IsMissingDevice(call, got, expected) || Tolerances.IsNotEmpty(call, got, expected)
                || Tolerances.IsXattrLimitOrOther(call, got, expected);
            return tolerated ? null : $"errno {got.Errno}, expected {(expected.Succeeded ? "success" : $"errno {expected.Errno}")}";
        }

        if (got.Stat is { } stat && expected.Stat is { } expectedStat)
        {
            string? difference = Tolerances.MayBeOld(call) ? CompareType(stat, expectedStat) : CompareStat(stat, expectedStat);
            if (difference is not null)
            {
                return difference;
            }
        }

        return got.Value != expected.Value ? $"{got.Value}, expected {expected.Value}" : CompareBytes(subject.Read(got), reference.Read(expected));
    }

    /// <summary>atime is compared where it was just set.</summary>
    public static string? CompareAtime(in Outcome got, in Outcome expected)
    {
        (long Seconds, long) atime = Tolerances.Time(got.Stat?.AtimeSeconds ?? 0, 0), expectedAtime = Tolerances.Time(expected.Stat?.AtimeSeconds ?? 0, 0);
        return atime.Seconds == expectedAtime.Seconds ? null : $"atime {atime.Seconds}, expected {expectedAtime.Seconds}";
    }

    private static string? CompareType(in StatFields got, in StatFields expected)
    {
        (uint type, uint wanted) = (got.Mode & Linux.S_IFMT, expected.Mode & Linux.S_IFMT);
        return type == wanted ? null : $"type {Convert.ToString(type, 8)}, expected {Convert.ToString(wanted, 8)}";
    }

    private string? CompareStat(in StatFields got, in StatFields expected)
    {
        List<string> differences = [];
        Compare("mode", Convert.ToString(got.Mode, 8), Convert.ToString(expected.Mode, 8));
        Compare("uid", got.Uid, expected.Uid);
        Compare("gid", got.Gid, expected.Gid);
        Compare("nlink", got.Links, expected.Links);
        Compare("size", Tolerances.Size(got), Tolerances.Size(expected));
        Compare("rdev", got.Device, expected.Device);
        if (!_mapped.Contains(expected.Ino))
        {
            Compare("mtime", Tolerances.Time(got.MtimeSeconds, got.MtimeNanoseconds), Tolerances.Time(expected.MtimeSeconds, expected.MtimeNanoseconds));
            if (seesChanges && _times.Compare(got, expected) is { } change)
            {
                differences.Add(change);
            }
        }

        return differences.Count == 0 ? null : string.Join("; ", differences);

        void Compare<T>(string field, T value, T wanted)
        {
            if (!EqualityComparer<T>.Default.Equals(value, wanted))
            {
                differences.Add($"{field} {value}, expected {wanted}");
            }
        }
    }

    private static string? CompareBytes(ReadOnlySpan<byte> got, ReadOnlySpan<byte> expected)
    {
        if (got.SequenceEqual(expected))
        {
            return null;
        }

        int at = got.CommonPrefixLength(expected);
        return $"{got.Length} bytes [{Around(got, at)}], expected {expected.Length} bytes [{Around(expected, at)}], different from byte {at} on";
    }

    private static string Around(ReadOnlySpan<byte> bytes, int at) => Convert.ToHexStringLower(bytes.Slice(at, Math.Min(16, bytes.Length - at)));

    /// <summary>
    /// Where data begins is to a block, and a filesystem need not know holes (lseek(2)): data may be where the reference has zeros, but
    /// zeros have to be where a hole is.
    /// </summary>
    private string? CompareHoles(Call call, in Outcome got, in Outcome expected)
    {
        StatFields stat = reference.StatOfSlot(call.Slot);
        if (Tolerances.HasUnknownHoles(stat, _mapped.Contains(stat.Ino)))
        {
            return null;
        }

        bool known = got.Errno is 0 or Linux.ENXIO && expected.Errno is 0 or Linux.ENXIO;
        if (!known)
        {
            return got.Errno == expected.Errno ? null : $"errno {got.Errno}, expected errno {expected.Errno}";
        }

        ReadOnlySpan<byte> content = reference.ContentOfSlot(call.Slot);
        if (call.Offset >= content.Length)
        {
            return got.Errno == Linux.ENXIO ? null : $"{got}, expected errno {Linux.ENXIO} at the end";
        }

        int from = (int)call.Offset;
        if (!got.Succeeded)
        {
            bool rightly = call.Flags == Linux.SEEK_DATA && !content[from..].ContainsAnyExcept((byte)0);
            return rightly ? null : $"errno {got.Errno}, expected {expected}: there is data";
        }

        int found = (int)Math.Clamp(got.Value, -1, int.MaxValue);
        if (found < from || found > content.Length || (found == content.Length && call.Flags == Linux.SEEK_DATA))
        {
            return $"{found}, which is not between {from} and the size {content.Length}";
        }

        bool zeros = call.Flags == Linux.SEEK_DATA
            ? !content[from..found].ContainsAnyExcept((byte)0)
            : found == content.Length || content[found] == 0;
        return zeros ? null : $"{found}, expected {expected}: there is data where a hole is said to be";
    }
}
