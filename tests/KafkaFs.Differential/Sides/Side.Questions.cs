using System.Text;
using KafkaFs.Differential.Calls;
using KafkaFs.Differential.Native;

namespace KafkaFs.Differential.Sides;

/// <content>Calls that change nothing.</content>
internal sealed unsafe partial class Side
{
    private Outcome ExecuteQuestion(Call call)
    {
        byte* stat = stackalloc byte[StatFields.NativeBytes];
        switch (call.Kind)
        {
            case CallKind.Stat:
                return OfStat(Libc.fstatat(_root, P(call.Path), stat, 0), stat);
            case CallKind.Lstat:
                return OfStat(Libc.fstatat(_root, P(call.Path), stat, Linux.AT_SYMLINK_NOFOLLOW), stat);
            case CallKind.Fstat:
                return OfStat(Libc.fstat(Fd(call.Slot), stat), stat);
            case CallKind.Statx:
                int result = Libc.statx(_root, P(call.Path), call.Flags | Linux.AT_SYMLINK_NOFOLLOW, 0xfff, stat);
                return result < 0 ? Of(result) : new Outcome(0, 0, 0, StatFields.FromStatx(stat));
            case CallKind.Access:
                fixed (byte* path = Terminated(call.Path))
                {
                    return Of(Libc.syscall(Linux.SYS_faccessat2, _root, (nint)path, call.Mode, call.Flags));
                }

            case CallKind.Readlink:
                return OfRead(Libc.readlinkat(_root, P(call.Path), _buffer, 4_096));
            case CallKind.List:
                return ListAll(call.Path);
            default:
                return ReadContent(call.Path);
        }
    }

    private static byte[] Terminated(string path) => [.. Encoding.Latin1.GetBytes(path), 0];

    private static Outcome OfStat(int result, byte* stat) => result < 0 ? Of(result) : new Outcome(0, 0, 0, StatFields.FromStat(stat));

    private Outcome ListAll(string path)
    {
        int fd = Libc.openat(_root, P(path), Linux.O_DIRECTORY | Linux.O_CLOEXEC, 0);
        if (fd < 0)
        {
            return Of(fd);
        }

        List<string> names = [];
        int errno = DirectoryEntries.ReadAll(fd, names);
        _ = Libc.close(fd);
        return errno != 0 ? new Outcome(errno, -1) : Text(names);
    }

    private Outcome ReadContent(string path)
    {
        int fd = Libc.openat(_root, P(path), Linux.O_CLOEXEC | Linux.O_NONBLOCK, 0);
        if (fd < 0)
        {
            return Of(fd);
        }

        StatFields stat = StatOf(fd);
        Outcome outcome = OfStat(stat.IsFile ? Libc.pread(fd, _buffer, BufferBytes, 0) : 0, stat);
        _ = Libc.close(fd);
        return outcome;
    }

    private static Outcome OfStat(nint read, StatFields stat) => OfRead(read) with { Stat = stat };
}
