using KafkaFs.Posix.Suite.Running;
using static KafkaFs.Posix.Suite.Calls.Constants;
using static KafkaFs.Posix.Suite.Calls.Errno;
using static KafkaFs.Posix.Suite.Calls.Sys;

namespace KafkaFs.Posix.Suite.Rules;

/// <summary>flock(2), fcntl(2)'s locks of processes and of open files; on one host.</summary>
[Syscall("lock")]
internal static class LockRules
{
    public static void FlockExcludes(Case t)
    {
        t.File("f");
        long first = t.Open("f", O_RDWR), second = t.Open("f", O_RDONLY), duplicate = t.Keep(Dup(first));
        t.Is(0, Flock(first, LOCK_EX | LOCK_NB));
        t.Is(EAGAIN, Flock(second, LOCK_EX | LOCK_NB));
        t.Is(EAGAIN, Flock(second, LOCK_SH | LOCK_NB));
        t.Is(0, Flock(duplicate, LOCK_EX | LOCK_NB));
        t.Is(0, Flock(first, LOCK_SH | LOCK_NB));
        t.Is(0, Flock(second, LOCK_SH | LOCK_NB));
        t.Is(EAGAIN, Flock(first, LOCK_EX | LOCK_NB));
        t.Is(0, Flock(second, LOCK_UN));
        t.Is(0, Flock(first, LOCK_EX | LOCK_NB));
        t.Close(first);
        t.Is(EAGAIN, Flock(second, LOCK_EX | LOCK_NB));
        t.Close(duplicate);
        t.Is(0, Flock(second, LOCK_EX | LOCK_NB));
        t.Is(0, Unlink("f"));
        t.Is(0, Flock(second, LOCK_UN));
        t.Is(EINVAL, Flock(second, 0));
        t.Is(EBADF, Flock(9999, LOCK_EX));
    }

    public static void FlockOfDirectoriesAndFifos(Case t)
    {
        t.Make("directory", "d");
        t.Make("fifo", "p");
        foreach ((string name, int flags) in new[] { ("d", O_RDONLY), ("p", O_RDWR) })
        {
            t.Context = name;
            long first = t.Open(name, flags), second = t.Open(name, flags);
            t.Is(0, Flock(first, LOCK_EX | LOCK_NB));
            t.Is(EAGAIN, Flock(second, LOCK_SH | LOCK_NB));
            t.Is(0, Flock(first, LOCK_UN));
            t.Is(0, Flock(second, LOCK_SH | LOCK_NB));
        }
    }

    public static void OpenFileLocksOfRanges(Case t)
    {
        t.File("f", 644, "0123456789");
        long first = t.Open("f", O_RDWR), second = t.Open("f", O_RDWR), reader = t.Open("f", O_RDONLY), writer = t.Open("f", O_WRONLY);
        t.Is(0, Lock(first, F_OFD_SETLK, F_WRLCK, 0, 5, out _));
        t.Is(EAGAIN, Lock(second, F_OFD_SETLK, F_WRLCK, 4, 1, out _));
        t.Is(EAGAIN, Lock(second, F_OFD_SETLK, F_RDLCK, 0, 1, out _));
        t.Is(0, Lock(second, F_OFD_SETLK, F_WRLCK, 5, 5, out _));
        t.Is(0, Lock(second, F_OFD_GETLK, F_RDLCK, 0, 1, out int found));
        t.Is(F_WRLCK, found);
        t.Is(0, Lock(second, F_OFD_GETLK, F_RDLCK, 20, 1, out found));
        t.Is(F_UNLCK, found);
        t.Is(0, Lock(first, F_OFD_SETLK, F_RDLCK, 0, 5, out _));
        t.Is(0, Lock(reader, F_OFD_SETLK, F_RDLCK, 0, 5, out _));
        t.Is(EAGAIN, Lock(first, F_OFD_SETLK, F_WRLCK, 0, 5, out _));
        t.Is(EBADF, Lock(reader, F_OFD_SETLK, F_WRLCK, 100, 1, out _));
        t.Is(EBADF, Lock(writer, F_OFD_SETLK, F_RDLCK, 100, 1, out _));
        t.Is(0, Lock(writer, F_OFD_SETLK, F_WRLCK, 100, 0, out _));
        t.Is(EAGAIN, Lock(first, F_OFD_SETLK, F_WRLCK, 1L << 40, 1, out _));
        t.Is(0, Lock(first, F_OFD_SETLK, F_UNLCK, 2, 1, out _));
        t.Is(0, Lock(reader, F_OFD_SETLK, F_UNLCK, 0, 0, out _));
        t.Is(0, Lock(second, F_OFD_SETLK, F_WRLCK, 2, 1, out _));
        t.Is(EINVAL, Lock(first, F_OFD_SETLK, 9, 0, 1, out _));
        t.Is(EINVAL, Lock(first, F_OFD_SETLK, F_WRLCK, -1, 1, out _));
        t.Close(first);
        t.Is(0, Lock(second, F_OFD_SETLK, F_WRLCK, 0, 5, out _));
    }

    public static void AProcessDoesNotStandInItsOwnWay(Case t)
    {
        t.File("f");
        long first = t.Open("f", O_RDWR), second = t.Open("f", O_RDWR);
        t.Is(0, Lock(first, F_SETLK, F_WRLCK, 0, 0, out _));
        t.Is(0, Lock(second, F_SETLK, F_WRLCK, 0, 0, out _));
        t.Is(0, Lock(second, F_GETLK, F_WRLCK, 0, 0, out int found));
        t.Is(F_UNLCK, found);
        t.Is(EAGAIN, Lock(first, F_OFD_SETLK, F_WRLCK, 0, 0, out _));
        t.Close(second);
        // The close of any descriptor gives them all up.
        t.Is(0, Lock(first, F_OFD_SETLK, F_WRLCK, 0, 0, out _));
    }
}
