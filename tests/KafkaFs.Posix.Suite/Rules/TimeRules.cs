using KafkaFs.Posix.Suite.Calls;
using KafkaFs.Posix.Suite.Running;
using static KafkaFs.Posix.Suite.Calls.Constants;
using static KafkaFs.Posix.Suite.Calls.Errno;
using static KafkaFs.Posix.Suite.Calls.Sys;
using static KafkaFs.Posix.Suite.Rules.ContentCalls;

namespace KafkaFs.Posix.Suite.Rules;

/// <summary>Which call changes which time: inode(7).</summary>
[Syscall("time")]
internal static class TimeRules
{
    private const string M = "m", C = "c", MC = "mc", None = "";

    public static void OfTheFile(Case t)
    {
        (string Name, string Changed, Func<long> Call)[] calls =
        [
            ("write", MC, () => With(O_WRONLY, fd => Write(fd, "x"))),
            ("append", MC, () => With(O_WRONLY | O_APPEND, fd => Write(fd, "x"))),
            ("pwrite", MC, () => With(O_WRONLY, fd => Pwrite(fd, "x", 3))),
            ("pwrite beyond", MC, () => With(O_WRONLY, fd => Pwrite(fd, "x", 5000))),
            ("writev", MC, () => With(O_WRONLY, fd => Writev(fd, ["x", "y"]))),
            ("write of nothing", None, () => With(O_WRONLY, fd => Write(fd, ""))),
            ("copy_file_range", MC, () => With(O_WRONLY, Copied)),
            ("read", None, () => With(O_RDONLY, fd => Read(fd, new byte[10]))),
            ("open and close", None, () => With(O_RDWR, _ => 0)),
            ("fsync", None, () => With(O_RDWR, Fsync)),
            ("truncate shorter", MC, () => Truncate("f", 3)),
            ("truncate longer", MC, () => Truncate("f", 30)),
            ("ftruncate shorter", MC, () => With(O_WRONLY, fd => Ftruncate(fd, 3))),
            ("ftruncate longer", MC, () => With(O_WRONLY, fd => Ftruncate(fd, 30))),
            ("truncate to nothing", MC, () => Truncate("f", 0)),
            ("open to truncate", MC, () => PathCall.Opened(Open("f", O_WRONLY | O_TRUNC))),
            ("creat", MC, () => PathCall.Opened(Creat("f", O(644)))),
            ("fallocate longer", C, () => With(O_WRONLY, fd => Fallocate(fd, 0, 0, 10_000))),
            ("chmod", C, () => Chmod("f", O(600))),
            ("chmod to the same", C, () => Chmod("f", O(644))),
            ("fchmod", C, () => With(O_RDONLY, fd => Fchmod(fd, O(600)))),
            ("chown", C, () => Chown("f", 1, 1)),
            ("chown to the same", C, () => Chown("f", 0, 0)),
            ("setxattr", C, () => SetXattr("f", "user.b", "v")),
            ("setxattr to another value", C, () => SetXattr("f", "user.a", "w")),
            ("removexattr", C, () => RemoveXattr("f", "user.a")),
            ("removexattr of none", None, () => RemoveXattr("f", "user.none") == ENODATA ? 0 : -1),
            ("getxattr", None, () => GetXattr("f", "user.a", new byte[10])),
            ("link", C, () => Link("f", "f3")),
            ("unlink of another name", C, () => Unlink("f2")),
            ("rename", C, () => Rename("f", "f4") | Rename("f4", "f")),
            ("rename over its other name", None, () => Rename("f", "f2")),
            ("rename over another name", C, () => Rename("source", "f2")),
            ("utimensat of atime", C, () => Utimens(AT_FDCWD, "f", (5, 5), (0, UTIME_OMIT))),
            ("utimensat of nothing", None, () => Utimens(AT_FDCWD, "f", (0, UTIME_OMIT), (0, UTIME_OMIT))),
            ("utimensat of mtime", MC, () => Utimens(AT_FDCWD, "f", (0, UTIME_OMIT), (5, 5))),
            ("stat", None, () => Stat("f", out _)),
            ("access", None, () => Access("f", R_OK)),
            ("chmod that fails", None, () => Chmod("f/", O(600)) == ENOTDIR ? 0 : -1),
            ("truncate that fails", None, () => Truncate("f", -1) == EINVAL ? 0 : -1),
        ];
        foreach ((string name, string changed, Func<long> call) in calls)
        {
            t.Context = name;
            t.File("source", 644, "source");
            t.File("f", 644, "content");
            Link("f", "f2");
            SetXattr("f", "user.a", "v");
            FileStatus before = t.Stat("f");
            Case.Tick();
            t.Ok(call());
            Changed(t, changed, before, t.Stat("f"));
            foreach (string left in new[] { "f", "f2", "f3", "source" })
            {
                Unlink(left);
            }
        }
    }

    public static void OfTheDirectory(Case t)
    {
        (string Name, string Changed, Func<long> Call)[] calls =
        [
            ("mkdir", MC, () => Mkdir("d/new", O(755))),
            ("mknod", MC, () => Mknod("d/new", S_IFIFO | O(644))),
            ("creat", MC, () => PathCall.Opened(Creat("d/new", O(644)))),
            ("creat of what is there", None, () => PathCall.Opened(Creat("d/file", O(644)))),
            ("symlink", MC, () => Symlink("x", "d/new")),
            ("link", MC, () => Link("d/file", "d/new")),
            ("unlink", MC, () => Unlink("d/file")),
            ("rmdir", MC, () => Rmdir("d/sub")),
            ("rename within", MC, () => Rename("d/file", "d/new")),
            ("rename of a directory within", MC, () => Rename("d/sub", "d/new")),
            ("rename out", MC, () => Rename("d/file", "e/new")),
            ("rename of a directory out", MC, () => Rename("d/sub", "e/new")),
            ("rename in", MC, () => Rename("e/file", "d/new")),
            ("rename over", MC, () => Rename("e/file", "d/file")),
            ("exchange", MC, () => RenameAt2("e/file", "d/file", RENAME_EXCHANGE)),
            ("rename to itself", None, () => Rename("d/file", "d/file")),
            ("mkdir that fails", None, () => Mkdir("d/file", O(755)) == EEXIST ? 0 : -1),
            ("unlink that fails", None, () => Unlink("d/none") == ENOENT ? 0 : -1),
            ("rmdir that fails", None, () => Rmdir("d/file") == ENOTDIR ? 0 : -1),
            ("rename that fails", None, () => RenameAt2("d/file", "d/sub", RENAME_NOREPLACE) == EEXIST ? 0 : -1),
            ("write to a file", None, () => Truncate("d/file", 100)),
            ("chmod of a file", None, () => Chmod("d/file", O(600))),
            ("setxattr of a file", None, () => SetXattr("d/file", "user.a", "v")),
            ("utimensat of a file", None, () => Utimens("d/file", null, null)),
            ("mkdir deeper", None, () => Mkdir("d/sub/deeper", O(755))),
            ("chmod", C, () => Chmod("d", O(700))),
            ("chown", C, () => Chown("d", 1, 1)),
            ("setxattr", C, () => SetXattr("d", "user.a", "v")),
            ("reading", None, () => PathCall.Opened(Open("d", O_RDONLY | O_DIRECTORY))),
        ];
        foreach ((string name, string changed, Func<long> call) in calls)
        {
            t.Context = name;
            t.Folder("d");
            t.Folder("e");
            t.File("d/file");
            t.Folder("d/sub");
            t.File("e/file");
            FileStatus before = t.Stat("d");
            Case.Tick();
            t.Ok(call());
            Changed(t, changed, before, t.Stat("d"));
            t.Is(0, Rename("d", $"{name}.d"));
            t.Is(0, Rename("e", $"{name}.e"));
        }
    }

    public static void BothDirectoriesAndTheFileOfARename(Case t)
    {
        foreach (string type in Case.RealTypes)
        {
            t.Context = type;
            t.Folder($"d.{type}");
            t.Folder($"e.{type}");
            t.Make(type, $"d.{type}/x");
            (FileStatus from, FileStatus to, FileStatus file) = (t.Stat($"d.{type}"), t.Stat($"e.{type}"), t.Lstat($"d.{type}/x"));
            Case.Tick();
            t.Is(0, Rename($"d.{type}/x", $"e.{type}/x"));
            Changed(t, MC, from, t.Stat($"d.{type}"));
            Changed(t, MC, to, t.Stat($"e.{type}"));
            Changed(t, C, file, t.Lstat($"e.{type}/x"));
        }
    }

    public static void ANewFileHasNow(Case t)
    {
        foreach (string type in Case.RealTypes)
        {
            t.Context = type;
            Int128 before = Now();
            Case.Tick();
            t.Make(type, type);
            FileStatus status = t.Lstat(type);
            Case.Tick();
            Int128 after = Now();
            t.True(status.Mtime >= before && status.Mtime <= after);
            t.True(status.Ctime >= before && status.Ctime <= after);
            t.True(status.Atime >= before && status.Atime <= after);
        }
    }

    public static void TheOpenFileShowsTheSame(Case t)
    {
        long fd = t.Open("f", O_RDWR | O_CREAT);
        for (int round = 0; round < 5; round++)
        {
            Int128 mtime = t.Fstat(fd).Mtime;
            Case.Tick();
            t.Is(1, Write(fd, "x"));
            t.True(t.Fstat(fd).Mtime > mtime);
            t.Equal(t.Fstat(fd), t.Stat("f"));
        }

        FileStatus last = t.Fstat(fd);
        Case.Tick();
        t.Close(fd);
        t.Equal(last.Mtime, t.Stat("f").Mtime);
        t.Equal(last.Size, t.Stat("f").Size);
    }

    public static void ReadingSetsAtimeAtMost(Case t)
    {
        t.File("f", 644, "content");
        t.Folder("d");
        Symlink("x", "l");
        t.Is(0, Utimens("f", (100, 0), (200, 0)));
        FileStatus before = t.Stat("f");
        Case.Tick();
        t.Equal("content", t.Content("f"));
        t.Equal(before.Mtime, t.Stat("f").Mtime);
        t.Equal(before.Ctime, t.Stat("f").Ctime);
        if (t.Has(Difference.Atime))
        {
            t.True(t.Stat("f").Atime > before.Atime);
        }
        else
        {
            t.Equal(before.Atime, t.Stat("f").Atime);
        }
    }

    private static Int128 Now() => (Int128)(DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100;

    private static void Changed(Case t, string changed, FileStatus before, FileStatus after)
    {
        bool mtime = changed.Contains(M, StringComparison.Ordinal), ctime = changed.Contains(C, StringComparison.Ordinal);
        // Of fallocate they differ.
        if (!t.Context.StartsWith("fallocate", StringComparison.Ordinal))
        {
            t.Equal(mtime, after.Mtime != before.Mtime, "mtime changed");
        }

        t.Equal(ctime, after.Ctime > before.Ctime, "ctime changed");
    }
}
