using System.Runtime.InteropServices;
using KafkaFs.Posix.Suite.Running;
using static KafkaFs.Posix.Suite.Calls.Constants;
using static KafkaFs.Posix.Suite.Calls.Sys;

namespace KafkaFs.Posix.Suite.Rules;

/// <summary>inotify(7), of what is done here.</summary>
[Syscall("inotify")]
internal static class InotifyRules
{
    private const uint All = IN_MODIFY | IN_ATTRIB | IN_CLOSE_WRITE | IN_MOVED_FROM | IN_MOVED_TO | IN_CREATE | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF;

    public static void EventsOfADirectory(Case t)
    {
        t.Folder("d");
        t.Folder("e");
        long fd = t.Keep(InotifyInit());
        t.Ok(InotifyAddWatch(fd, "d", All));
        (string Name, Action Call, string Events)[] calls =
        [
            ("creat", () => t.File("d/f"), "100 f,4 f,8 f"),
            ("write", () => t.Is(0, Truncate("d/f", 10)), "2 f"),
            ("chmod", () => t.Is(0, Chmod("d/f", O(600))), "4 f"),
            ("setxattr", () => t.Is(0, SetXattr("d/f", "user.a", "v")), "4 f"),
            ("mkdir", () => t.Is(0, Mkdir("d/sub", O(755))), "40000100 sub"),
            ("symlink", () => t.Is(0, Symlink("x", "d/l")), "100 l"),
            ("mknod", () => t.Is(0, Mknod("d/p", S_IFIFO | O(644))), "100 p"),
            ("rename", () => t.Is(0, Rename("d/f", "d/g")), "40 f,80 g"),
            ("rename out", () => t.Is(0, Rename("d/g", "e/g")), "40 g"),
            ("rename in", () => t.Is(0, Rename("e/g", "d/g")), "80 g"),
            ("rename of a directory", () => t.Is(0, Rename("d/sub", "d/sub2")), "40000040 sub,40000080 sub2"),
            ("rmdir", () => t.Is(0, Rmdir("d/sub2")), "40000200 sub2"),
            ("link", () => t.Is(0, Link("d/g", "d/h")), "100 h"),
            ("unlink of the last", () => t.Is(0, Unlink("d/l")), "200 l"),
        ];
        foreach ((string name, Action call, string events) in calls)
        {
            t.Context = name;
            call();
            t.Equal(events, Events(fd));
        }
    }

    public static void EventsOfAFile(Case t)
    {
        t.File("f", 644, "content");
        long fd = t.Keep(InotifyInit());
        t.Ok(InotifyAddWatch(fd, "f", All | IN_ACCESS));
        long file = t.Open("f", O_RDWR);
        t.Equal("", Events(fd));
        t.Equal("content", Read(file, 10));
        t.Equal("1 ", Events(fd));
        t.Is(1, Write(file, "x"));
        t.Equal("2 ", Events(fd));
        t.Is(0, Ftruncate(file, 3));
        t.Equal("2 ", Events(fd));
        t.Is(0, Fchmod(file, O(600)));
        t.Equal("4 ", Events(fd));
        t.Is(0, Rename("f", "g"));
        t.Equal("800 ", Events(fd));
        t.Close(file);
        t.Equal("8 ", Events(fd));
        t.Is(0, Unlink("g"));
        t.Equal("4 ,400 ,8000 ", Events(fd));
    }

    private static string Events(long fd)
    {
        byte[] buffer = new byte[4096];
        long length = Read(fd, buffer);
        List<string> events = [];
        for (int at = 0; at < length;)
        {
            ReadOnlySpan<uint> words = MemoryMarshal.Cast<byte, uint>(buffer.AsSpan(at, 16));
            (uint mask, int size) = (words[1], (int)words[3]);
            events.Add($"{mask:x} {Text(buffer.AsSpan(at + 16, size)).TrimEnd('\0')}");
            at += 16 + size;
        }

        return string.Join(',', events);
    }
}
