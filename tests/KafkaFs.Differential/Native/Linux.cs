namespace KafkaFs.Differential.Native;

/// <summary>Numbers of x86-64 Linux, by the names that the man pages have for them.</summary>
internal static class Linux
{
    public const int O_WRONLY = 1, O_RDWR = 2, O_CREAT = 0x40, O_EXCL = 0x80, O_TRUNC = 0x200, O_APPEND = 0x400, O_NONBLOCK = 0x800;
    public const int O_DIRECT = 0x4000, O_DIRECTORY = 0x10000, O_NOFOLLOW = 0x20000, O_CLOEXEC = 0x80000, O_SYNC = 0x101000;
    public const int S_IFMT = 0xf000, S_IFIFO = 0x1000, S_IFCHR = 0x2000, S_IFDIR = 0x4000, S_IFBLK = 0x6000, S_IFREG = 0x8000;
    public const int S_IFLNK = 0xa000, S_IFSOCK = 0xc000;
    public const int AT_FDCWD = -100, AT_SYMLINK_NOFOLLOW = 0x100, AT_REMOVEDIR = 0x200, AT_EACCESS = 0x200, AT_EMPTY_PATH = 0x1000;
    public const int AT_STATX_FORCE_SYNC = 0x2000, AT_STATX_DONT_SYNC = 0x4000;
    public const int RENAME_NOREPLACE = 1, RENAME_EXCHANGE = 2;
    public const int FALLOC_FL_KEEP_SIZE = 1, FALLOC_FL_PUNCH_HOLE = 2, FALLOC_FL_ZERO_RANGE = 16;
    public const int SEEK_SET = 0, SEEK_CUR = 1, SEEK_END = 2, SEEK_DATA = 3, SEEK_HOLE = 4;
    public const int PROT_READ = 1, PROT_WRITE = 2, MAP_SHARED = 1, MS_ASYNC = 1, MS_INVALIDATE = 2, MS_SYNC = 4;
    public const int XATTR_CREATE = 1, XATTR_REPLACE = 2;
    public const long UTIME_NOW = 0x3fffffff, UTIME_OMIT = 0x3ffffffe;
    public const int EPERM = 1, ENOENT = 2, EINTR = 4, ENXIO = 6, EBADF = 9, EACCES = 13, EEXIST = 17, ENOTDIR = 20, EISDIR = 21, ENODEV = 19, EINVAL = 22, E2BIG = 7, ENODATA = 61, ENOTEMPTY = 39;
    public const int ENOSPC = 28, ERANGE = 34, EOPNOTSUPP = 95;
    public const long SYS_setgroups = 116, SYS_setresuid = 117, SYS_setresgid = 119, SYS_getdents64 = 217, SYS_faccessat2 = 439;
}
