using System.Runtime.InteropServices;
using KafkaFs.Posix.Suite.Calls;
using KafkaFs.Posix.Suite.Running;
using static KafkaFs.Posix.Suite.Calls.Constants;
using static KafkaFs.Posix.Suite.Calls.Errno;
using static KafkaFs.Posix.Suite.Calls.Sys;

namespace KafkaFs.Posix.Suite.Rules;

/// <summary>stat(2) and its kin, statx(2), statfs(2), access(2).</summary>
[Syscall("stat")]
internal static class StatRules
{
    public static void FourCallsSayTheSame(Case t)
    {
        foreach (string type in Case.RealTypes)
        {
            t.Context = type;
            t.Make(type, type);
            t.Own(type, 3, 4);
            FileStatus status = t.Lstat(type);
            long fd = t.Open(type, O_PATH | O_NOFOLLOW);
            t.Equal(status, t.Fstat(fd));
            t.Is(0, FstatAt(AT_FDCWD, type, out FileStatus at, AT_SYMLINK_NOFOLLOW));
            t.Equal(status, at);
            byte[] x = new byte[256];
            t.Is(0, Statx(AT_FDCWD, type, AT_SYMLINK_NOFOLLOW, 0xfff, x));
            t.Equal(0x7ffu, Word(x, 0) & 0x7ff);
            t.Equal((uint)status.BlockSize, Word(x, 4));
            t.Equal((uint)status.Links, Word(x, 16));
            t.Equal(status.Uid, Word(x, 20));
            t.Equal(status.Gid, Word(x, 24));
            t.Equal(status.Mode, MemoryMarshal.Read<ushort>(x.AsSpan(28)));
            t.Equal(status.Inode, MemoryMarshal.Read<ulong>(x.AsSpan(32)));
            t.Is(status.Size, MemoryMarshal.Read<long>(x.AsSpan(40)));
            t.Is(status.Blocks, MemoryMarshal.Read<long>(x.AsSpan(48)));
            t.Equal(status.Atime, Time(x, 64));
            t.Equal(status.Ctime, Time(x, 96));
            t.Equal(status.Mtime, Time(x, 112));
            t.Equal(status.Rdev, Calls.Constants.Device(Word(x, 128), Word(x, 132)));
            t.Equal(status.Device, Calls.Constants.Device(Word(x, 136), Word(x, 140)));
        }
    }

    public static void TheTimeOfBirthStays(Case t)
    {
        if (!t.Has(Difference.Btime))
        {
            return;
        }

        foreach (string type in Case.RealTypes)
        {
            t.Context = type;
            t.Make(type, type);
            Int128 birth = Birth(t, type);
            t.True(birth <= t.Lstat(type).Ctime);
            t.True(birth > t.Lstat(type).Ctime - 5_000_000_000);
            Case.Tick();
            t.Is(0, Lchown(type, 1, 1));
            t.Is(0, Utimens(AT_FDCWD, type, (1, 1), (1, 1), AT_SYMLINK_NOFOLLOW));
            t.Is(0, Rename(type, "new." + type));
            t.Equal(birth, Birth(t, "new." + type));
        }

        t.File("f");
        Int128 before = Birth(t, "f");
        Case.Tick();
        t.Is(0, Truncate("f", 100));
        t.Equal(before, Birth(t, "f"));
        t.File("g");
        Int128 other = Birth(t, "g");
        t.True(other > before);
        t.Is(0, Rename("g", "f"));
        t.Equal(other, Birth(t, "f"));
    }

    public static void StatxFlags(Case t)
    {
        t.File("f");
        byte[] x = new byte[256];
        foreach (int sync in new[] { 0, 0x2000, 0x4000 })
        {
            t.Is(0, Statx(AT_FDCWD, "f", sync, 0x7ff, x));
        }

        t.Is(EINVAL, Statx(AT_FDCWD, "f", 0x6000, 0x7ff, x));
        t.Is(EINVAL, Statx(AT_FDCWD, "f", 1, 0x7ff, x));
        t.Is(EINVAL, Statx(AT_FDCWD, "f", 0, 0x80000000, x));
        long fd = t.Open("f", O_RDONLY);
        t.Is(0, Statx(fd, "", AT_EMPTY_PATH, 0x7ff, x));
        t.Is(ENOENT, Statx(fd, "", 0, 0x7ff, x));
    }

    public static void DevicesHaveTheirNumbers(Case t)
    {
        foreach ((uint major, uint minor) in new (uint, uint)[] { (0, 0), (1, 3), (8, 255), (8, 256), (240, 65_535), (240, 70_000), (511, 200_000) })
        {
            t.Context = $"{major}:{minor}";
            ulong device = Calls.Constants.Device(major, minor);
            t.Is(0, Mknod("c", S_IFCHR | O(600), device));
            t.Is(0, Mknod("b", S_IFBLK | O(600), device));
            t.Equal(device, t.Stat("c").Rdev);
            t.Equal(device, t.Stat("b").Rdev);
            t.Is(0, Rename("c", "d"));
            t.Equal(device, t.Stat("d").Rdev);
            Unlink("d");
            Unlink("b");
        }

        t.Context = "";
        t.Make("regular", "f");
        t.Equal(0ul, t.Stat("f").Rdev);
        if (t.Has(Difference.LargeDevices))
        {
            t.Is(0, Mknod("c", S_IFCHR | O(600), Calls.Constants.Device(0xfff, 0xfffff)));
            t.Equal(Calls.Constants.Device(0xfff, 0xfffff), t.Stat("c").Rdev);
            t.Is(0, Mknod("b", S_IFBLK | O(600), Calls.Constants.Device(259, 0xfffff)));
            t.Equal(Calls.Constants.Device(259, 0xfffff), t.Stat("b").Rdev);
        }
    }

    public static void SizesAndBlocks(Case t)
    {
        long fd = t.Open("f", O_RDWR | O_CREAT);
        t.Is(0, t.Fstat(fd).Blocks);
        t.Is(100_000, Write(fd, ContentRules.Pattern(100_000)));
        t.Is(0, Fsync(fd));
        t.Is(100_000, t.Fstat(fd).Size);
        t.True(t.Fstat(fd).Blocks * 512 is >= 100_000 and < 300_000);
        t.True(t.Fstat(fd).BlockSize is >= 512 and <= 1 << 22);
        t.Is(0, Ftruncate(fd, 0));
        t.Is(0, Fsync(fd));
        t.Is(0, t.Fstat(fd).Blocks);
        t.Make("fifo", "p");
        t.Is(0, t.Stat("p").Size);
        t.Make("character", "c");
        t.Is(0, t.Stat("c").Size);
        Symlink("12345", "l");
        t.Is(5, t.Lstat("l").Size);
    }

    public static void InodeNumbersAreDifferentAndStay(Case t)
    {
        HashSet<ulong> seen = [];
        for (int file = 0; file < 100; file++)
        {
            t.File($"f{file}");
            t.True(seen.Add(t.Stat($"f{file}").Inode));
        }

        ulong first = t.Stat("f0").Inode;
        t.Is(0, Rename("f0", "g"));
        t.Equal(first, t.Stat("g").Inode);
        t.Is(0, Truncate("g", 0));
        t.Equal(first, t.Stat("g").Inode);
        t.Equal(t.Stat(".").Device, t.Stat("g").Device);
    }

    public static void StatfsIsOfTheFilesystem(Case t)
    {
        t.File("f");
        long[] words = new long[15], other = new long[15];
        t.Is(0, Statfs(".", words));
        t.True(words[1] is >= 512 and <= 1 << 22);
        t.True(words[2] > 0);
        t.True(words[3] >= words[4]);
        t.True(words[2] >= words[3]);
        t.Is(255, words[8]);
        t.Is(0, Fstatfs(t.Open("f", O_RDONLY), other));
        t.Is(words[0], other[0]);
        t.Is(words[1], other[1]);
        t.Is(words[2], other[2]);
        t.Is(words[8], other[8]);
        t.Is(EBADF, Fstatfs(9999, other));
        long fd = t.Open("f", O_RDWR);
        t.Is(8 << 20, Write(fd, ContentRules.Pattern(8 << 20)));
        t.Is(0, Fsync(fd));
        t.Is(0, Fstatfs(fd, other));
        t.True(other[3] * other[1] < words[3] * words[1]);
    }

    public static void AccessAsksTheRealUser(Case t)
    {
        t.File("f", 700);
        t.Is(0, Access("f", R_OK | W_OK | X_OK));
        t.Is(EINVAL, Access("f", 8));
        t.Is(EINVAL, Access("f", -1));
        t.Is(EINVAL, FaccessAt2(AT_FDCWD, "f", R_OK, 0x40));
        t.As(User.Alice, () =>
        {
            t.Is(0, Access("f", F_OK));
            t.Is(EACCES, Access("f", R_OK));
            t.Is(EACCES, FaccessAt2(AT_FDCWD, "f", R_OK, AT_EACCESS));
        });
        Symlink("f", "l");
        t.As(User.Alice, () =>
        {
            t.Is(EACCES, Access("l", R_OK));
            t.Is(0, FaccessAt2(AT_FDCWD, "l", R_OK | W_OK, AT_SYMLINK_NOFOLLOW));
        });
        long fd = t.Open("f", O_PATH);
        t.Is(0, FaccessAt2(fd, "", R_OK, AT_EMPTY_PATH));
    }

    private static Int128 Birth(Case t, string name)
    {
        byte[] x = new byte[256];
        t.Is(0, Statx(AT_FDCWD, name, AT_SYMLINK_NOFOLLOW, 0x800, x));
        t.Equal(0x800u, Word(x, 0) & 0x800);
        return Time(x, 80);
    }

    private static uint Word(byte[] bytes, int at) => MemoryMarshal.Read<uint>(bytes.AsSpan(at));

    private static Int128 Time(byte[] bytes, int at) => (Int128)MemoryMarshal.Read<long>(bytes.AsSpan(at)) * 1_000_000_000 + Word(bytes, at + 8);
}
