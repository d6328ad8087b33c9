using System.Diagnostics;
using System.Globalization;
using KafkaFs.Posix;
using KafkaFs.Posix.Files;
using KafkaFs.Replica.Namespace;

namespace KafkaFs.Replica.Tree;

/// <summary>Limits that are numbers: each is tried at its very end, and where that is refused what is held is searched for.</summary>
internal sealed partial class LimitsProbe
{
    // More than this is not tried of all xattrs of one inode, bytes: filesystems that hold so much have no such limit.
    private const uint MaxTriedXattrBytes = 256 * 1024;

    // Links are made one by one only where nothing is known of the filesystem, and no longer than this.
    private static readonly TimeSpan s_linkTime = TimeSpan.FromSeconds(2);

    private void TryLinks(SafeFd file)
    {
        Errno errno = FileCalls.LinkDescriptor(file, _directory, "link"u8);
        if (errno != Errno.None)
        {
            Lacks($"hard links ({errno})");
            return;
        }

        long held = _linkMax ?? CountLinks(file, made: 2);
        if (held < _limits.LinkMax)
        {
            Lacks("hard links", _limits.LinkMax, held, "names of one file");
        }
    }

    // The names that the file can have, or the limit if it has not shown a smaller one in time.
    private long CountLinks(SafeFd file, long made)
    {
        long start = Stopwatch.GetTimestamp();
        Errno errno = Errno.None;
        while (errno == Errno.None && made < _limits.LinkMax && Stopwatch.GetElapsedTime(start) < s_linkTime)
        {
            errno = FileCalls.LinkDescriptor(file, _directory, Utf8(string.Create(CultureInfo.InvariantCulture, $"l{made}")));
            made += errno == Errno.None ? 1 : 0;
        }

        return errno == Errno.EMLINK ? made : _limits.LinkMax;
    }

    private void TryTimes(SafeFd file)
    {
        const long nsPerSecond = 1_000_000_000, odd = 123_456_789;
        (long seconds, uint rest) = SetAndReadTime(file, odd);
        if ((seconds, rest) != (0, (uint)odd))
        {
            Lacks(string.Create(CultureInfo.InvariantCulture, $"times to the nanosecond (it holds {seconds}.{rest:d9} s for 0.{odd} s)"));
        }

        foreach (long second in (ReadOnlySpan<long>)[_limits.TimeMinS, _limits.TimeMaxS])
        {
            (seconds, _) = SetAndReadTime(file, second * nsPerSecond);
            if (seconds != second)
            {
                Lacks("times", second, seconds, "seconds since 1970");
            }
        }
    }

    // What lies beyond is clamped without an error.
    private static (long Seconds, uint Nanoseconds) SetAndReadTime(SafeFd file, long ns)
    {
        DescriptorCalls.ChangeTimes(file, ns, ns);
        StatxTime time = Stat(file).Mtime;
        return (time.Seconds, time.Nanoseconds);
    }

    private void TryFileSize(SafeFd file)
    {
        ulong asked = _limits.FileSizeMax;
        Errno errno = DescriptorCalls.Truncate(file, asked);
        if (errno != Errno.None)
        {
            // A filesystem without sparse files would fill its disk to find out.
            string held = _linkMax is null ? errno.ToString() : string.Create(CultureInfo.InvariantCulture, $"it holds {LargestHeld(asked, size => DescriptorCalls.Truncate(file, size))}");
            Lacks(string.Create(CultureInfo.InvariantCulture, $"files of {asked} bytes ({held})"));
        }

        DescriptorCalls.Truncate(file, 0);
    }

    private void TryXattrs(SafeFd file)
    {
        TryXattrs(file, "user.");
        if (_ownership == TreeOwnership.Full)
        {
            TryXattrs(file, "trusted.");
        }
    }

    private void TryXattrs(SafeFd file, string space)
    {
        byte[] shortest = Utf8($"{space}x");
        Errno errno = SetAndRemove(file, shortest, 0);
        if (errno != Errno.None)
        {
            Lacks($"extended attributes {space}* ({errno}{(space == "user." ? "; tmpfs has them since Linux 6.6" : "")})");
            return;
        }

        int name = (int)_limits.XattrNameMax;
        if (name > shortest.Length && SetAndRemove(file, XattrName(space, name), 0) is not (Errno.None or Errno.EDQUOT))
        {
            Lacks($"{space}* names", (ulong)name, LargestHeld((ulong)name, bytes => SetAndRemove(file, XattrName(space, (int)bytes), 0), (ulong)shortest.Length), "bytes");
        }

        ulong value = Math.Min(_limits.XattrValueMax, _limits.XattrTotalMax);
        if (SetAndRemove(file, shortest, (int)value) is not (Errno.None or Errno.EDQUOT))
        {
            Lacks($"{space}* values", value, LargestHeld(value, bytes => SetAndRemove(file, shortest, (int)bytes)), "bytes");
            return;
        }

        TryXattrTotal(space, (int)value);
        TryXattrTotal(space, 0);
    }

    // Once with values as large as may be, once with as many attributes as may be: each costs a filesystem something of its own.
    private void TryXattrTotal(string space, int valueBytes)
    {
        uint total = Math.Min(_limits.XattrTotalMax, MaxTriedXattrBytes);
        using SafeFd file = Make(Utf8($"{space}{valueBytes}"));
        Errno errno = file.IsInvalid ? Errno.EDQUOT : Errno.None;
        long held = 0;
        for (int index = 0; errno == Errno.None; index++)
        {
            byte[] name = Utf8(string.Create(CultureInfo.InvariantCulture, $"{space}{index:x}"));
            long room = total - held - name.Length - Evaluation.XattrOverheadBytes;
            if (room < 0 || name.Length > _limits.XattrNameMax)
            {
                return;
            }

            byte[] value = new byte[Math.Min(valueBytes, room)];
            errno = XattrCalls.Set(file, name, value);
            held += errno == Errno.None ? name.Length + value.Length + Evaluation.XattrOverheadBytes : 0;
        }

        if (errno != Errno.EDQUOT)
        {
            Lacks($"{space}* attributes of one file", total, held, "bytes in all");
        }
    }

    private static byte[] XattrName(string space, int bytes) => Utf8(space.PadRight(bytes, 'x'));

    private static Errno SetAndRemove(SafeFd file, byte[] name, int valueBytes)
    {
        Errno errno = XattrCalls.Set(file, name, new byte[valueBytes]);
        return errno != Errno.None ? errno : XattrCalls.Remove(file, name);
    }

    // The largest value below `refused` that is not refused.
    private static ulong LargestHeld(ulong refused, Func<ulong, Errno> call, ulong held = 0)
    {
        while (refused - held > 1)
        {
            ulong middle = held + ((refused - held) / 2);
            (held, refused) = call(middle) == Errno.None ? (middle, refused) : (held, middle);
        }

        return held;
    }
}
