using KafkaFs.Posix.Suite.Running;
using static KafkaFs.Posix.Suite.Calls.Constants;
using static KafkaFs.Posix.Suite.Calls.Errno;
using static KafkaFs.Posix.Suite.Calls.Sys;

namespace KafkaFs.Posix.Suite.Rules;

/// <summary>Sockets with a name: unix(7). Handles of files: open_by_handle_at(2). Events: inotify(7).</summary>
[Syscall("socket")]
internal static class SocketRules
{
    public static void BindMakesAFile(Case t)
    {
        long server = t.Keep(Socket()), second = t.Keep(Socket());
        t.Is(0, Bind(server, "s"));
        t.Equal(S_IFSOCK, t.Lstat("s").Type);
        t.Mode(755, t.Lstat("s"));
        t.Is(EADDRINUSE, Bind(second, "s"));
        t.Is(ECONNREFUSED, Connect(second, "s"));
        t.Is(0, Listen(server));
        t.Is(0, Connect(second, "s"));
        t.Is(5, Write(second, "hello"));
        long accepted = t.Keep(Call(43, server, 0, 0));
        t.Equal("hello", Read(accepted, 10));
        t.Is(ENXIO, Open("s", O_RDWR));
        long third = t.Keep(Socket());
        t.Is(0, Rename("s", "t"));
        t.Is(ENOENT, Connect(third, "s"));
        t.Is(0, Connect(third, "t"));
        t.Is(0, Unlink("t"));
        long fourth = t.Keep(Socket());
        t.Is(ENOENT, Connect(fourth, "t"));
        t.Is(0, Bind(fourth, "t"));
        t.File("f");
        t.Is(ECONNREFUSED, Connect(t.Keep(Socket()), "f"));
        t.Is(EADDRINUSE, Bind(t.Keep(Socket()), "f"));
        t.Is(ENOENT, Bind(t.Keep(Socket()), "missing/s"));
        t.Is(ENOTDIR, Bind(t.Keep(Socket()), "f/s"));
    }

    public static void RightsOfSockets(Case t)
    {
        long server = t.Keep(Socket());
        Umask(O(77));
        t.Is(0, Bind(server, "s"));
        t.Mode(700, t.Lstat("s"));
        t.Is(0, Listen(server));
        t.As(User.Alice, () => t.Is(EACCES, Connect(t.Keep(Socket()), "s")));
        t.Is(0, Chmod("s", O(722)));
        t.As(User.Alice, () => t.Is(0, Connect(t.Keep(Socket()), "s")));
        t.Folder("closed");
        t.As(User.Alice, () => t.Is(EACCES, Bind(t.Keep(Socket()), "closed/s")));
    }

    public static void FifosConnectTwoEnds(Case t)
    {
        t.Make("fifo", "p");
        t.Is(0, Link("p", "q"));
        Thread writer = new(() =>
        {
            long fd = Open("q", O_WRONLY);
            Write(fd, "through the fifo");
            Close(fd);
        });
        writer.Start();
        long reader = t.Open("p", O_RDONLY);
        t.Equal("through the fifo", Read(reader, 100));
        writer.Join();
        t.Equal("", Read(reader, 100));
        t.Is(0, t.Stat("p").Size);
        Chmod("p", O(600));
        t.As(User.Alice, () => t.Is(EACCES, Open("p", O_RDONLY | O_NONBLOCK)));
    }

    public static void WritingToAFifoChangesItsTimes(Case t)
    {
        t.Make("fifo", "p");
        long fd = t.Open("p", O_RDWR);
        t.Is(0, Utimens("p", (1, 1), (2, 2)));
        Int128 mtime = t.Stat("p").Mtime;
        t.Is(1, Write(fd, "x"));
        t.Equal(!t.Lacks(Difference.FifoTimes), t.Stat("p").Mtime != mtime);
    }
}
