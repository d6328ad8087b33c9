using KafkaFs.Posix.Suite.Calls;
using KafkaFs.Posix.Suite.Running;
using static KafkaFs.Posix.Suite.Calls.Constants;
using static KafkaFs.Posix.Suite.Calls.Errno;
using static KafkaFs.Posix.Suite.Calls.Sys;

namespace KafkaFs.Posix.Suite.Rules;

/// <summary>utimensat(2), futimens(3).</summary>
[Syscall("utimensat")]
internal static class UtimensRules
{
    public static void TimesAreKeptToTheNanosecond(Case t)
    {
        foreach (string type in Case.RealTypes)
        {
            t.Make(type, type);
            foreach ((long seconds, long nanoseconds) in new (long, long)[] { (0, 0), (1, 1), (1_700_000_000, 123_456_789), (1_700_000_000, 999_999_999), (-1, 0), (-1, 999_999_999), (-1_000_000_000, 5), (int.MaxValue, 1), (int.MaxValue + 1L, 2), (8_000_000_000, 7) })
            {
                t.Context = $"{type} {seconds}.{nanoseconds}";
                t.Is(0, Utimens(AT_FDCWD, type, (seconds, nanoseconds), (seconds + 1, nanoseconds), AT_SYMLINK_NOFOLLOW));
                Int128 expected = (Int128)seconds * 1_000_000_000 + nanoseconds;
                t.Equal(expected, t.Lstat(type).Atime);
                t.Equal(expected + 1_000_000_000, t.Lstat(type).Mtime);
            }
        }
    }

    public static void TimesOfOtherAges(Case t)
    {
        if (!t.Has(Difference.FarTimes))
        {
            return;
        }

        t.File("f");
        foreach (long seconds in new[] { -3_000_000_000, -10_000_000_000, 20_000_000_000, 100_000_000_000 })
        {
            t.Context = $"{seconds}";
            t.Is(0, Utimens("f", (seconds, 5), (seconds, 6)));
            t.Equal((Int128)seconds * 1_000_000_000 + 6, t.Stat("f").Mtime);
        }
    }

    public static void NowAndOmit(Case t)
    {
        t.File("f");
        t.Is(0, Utimens("f", (100, 5), (200, 6)));
        t.Is(0, Utimens("f", (0, UTIME_OMIT), (300, 7)));
        t.Equal((Int128)100_000_000_005, t.Stat("f").Atime);
        t.Equal((Int128)300_000_000_007, t.Stat("f").Mtime);
        t.Is(0, Utimens("f", (400, 8), (0, UTIME_OMIT)));
        t.Equal((Int128)400_000_000_008, t.Stat("f").Atime);
        t.Equal((Int128)300_000_000_007, t.Stat("f").Mtime);
        t.Is(0, Utimens("f", (0, UTIME_NOW), (0, UTIME_OMIT)));
        t.True(Near(t.Stat("f").Atime));
        t.Equal((Int128)300_000_000_007, t.Stat("f").Mtime);
        t.Is(0, Utimens("f", (100, 5), (0, UTIME_NOW)));
        t.Equal((Int128)100_000_000_005, t.Stat("f").Atime);
        t.True(Near(t.Stat("f").Mtime));
        t.Is(0, Utimens("f", (100, 5), (200, 6)));
        t.Is(0, Utimens("f", null, null));
        t.True(Near(t.Stat("f").Mtime));
        t.True(Near(t.Stat("f").Atime));
        t.Equal(t.Stat("f").Mtime, t.Stat("f").Atime);
        FileStatus before = t.Stat("f");
        t.Is(0, Utimens("f", (0, UTIME_OMIT), (0, UTIME_OMIT)));
        t.Equal(before, t.Stat("f"));
        long fd = t.Open("f", O_RDONLY);
        t.Is(0, Futimens(fd, (7, 8), (9, 10)));
        t.Equal((Int128)9_000_000_010, t.Fstat(fd).Mtime);
        t.True(Near(t.Fstat(fd).Ctime));
    }

    public static void LinksHaveTheirOwn(Case t)
    {
        t.File("f");
        Symlink("f", "l");
        Symlink("nowhere", "m");
        t.Is(0, Utimens(AT_FDCWD, "f", (1, 0), (2, 0)));
        t.Is(0, Utimens(AT_FDCWD, "l", (3, 0), (4, 0), AT_SYMLINK_NOFOLLOW));
        t.Equal((Int128)2_000_000_000, t.Stat("l").Mtime);
        t.Equal((Int128)4_000_000_000, t.Lstat("l").Mtime);
        t.Is(0, Utimens(AT_FDCWD, "l", (5, 0), (6, 0)));
        t.Equal((Int128)6_000_000_000, t.Stat("f").Mtime);
        t.Equal((Int128)4_000_000_000, t.Lstat("l").Mtime);
        t.Is(ENOENT, Utimens("m", (1, 1), (1, 1)));
        t.Is(0, Utimens(AT_FDCWD, "m", (1, 1), (1, 1), AT_SYMLINK_NOFOLLOW));
    }

    public static void WhatIsRefused(Case t)
    {
        t.File("f");
        FileStatus before = t.Stat("f");
        t.Is(EINVAL, Utimens("f", (1, 1_000_000_000), (1, 1)));
        t.Is(EINVAL, Utimens("f", (1, 1), (1, -1)));
        t.Is(EINVAL, Utimens("f", (1, -5), (0, UTIME_OMIT)));
        t.Is(EINVAL, Utimens(AT_FDCWD, "f", null, null, 1));
        t.Is(EBADF, Futimens(9999, (1, 1), (1, 1)));
        t.Equal(before, t.Stat("f"));
    }

    // Explicit times: the owner. Now: the owner or who may write. Half now, half omitted: the owner.
    public static void WhoMaySetThem(Case t)
    {
        foreach (int mode in new[] { 666, 644, 444, 600, 622, 200, 0 })
        {
            bool mayWrite = mode is 666 or 622;
            t.Context = $"{mode}";
            t.File("f", mode);
            t.Own("f", 1001, 1001);
            t.As(User.Bob, () =>
            {
                t.Is(mayWrite ? 0 : EACCES, Utimens("f", null, null));
                t.Is(mayWrite ? 0 : EACCES, Utimens("f", (0, UTIME_NOW), (0, UTIME_NOW)));
                t.Is(EPERM, Utimens("f", (1, 1), (1, 1)));
                t.Is(EPERM, Utimens("f", (0, UTIME_NOW), (0, UTIME_OMIT)));
                t.Is(EPERM, Utimens("f", (0, UTIME_OMIT), (0, UTIME_NOW)));
                t.Is(EPERM, Utimens("f", (0, UTIME_NOW), (5, 5)));
                t.Is(0, Utimens("f", (0, UTIME_OMIT), (0, UTIME_OMIT)));
            });
            t.As(User.Alice, () =>
            {
                t.Is(0, Utimens("f", null, null));
                t.Is(0, Utimens("f", (1, 1), (1, 1)));
                t.Is(0, Utimens("f", (0, UTIME_NOW), (0, UTIME_OMIT)));
                t.Is(0, Utimens("f", (0, UTIME_OMIT), (0, UTIME_NOW)));
            });
            Unlink("f");
        }
    }

    private static bool Near(Int128 time) => Int128.Abs(time - (Int128)(DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100) < 60_000_000_000;
}
