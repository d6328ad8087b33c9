using KafkaFs.Posix.Suite.Running;
using static KafkaFs.Posix.Suite.Calls.Constants;
using static KafkaFs.Posix.Suite.Calls.Errno;
using static KafkaFs.Posix.Suite.Calls.Sys;

namespace KafkaFs.Posix.Suite.Rules;

/// <summary>Which error comes first where two are true, as fs/namei.c of Linux orders them.</summary>
[Syscall("order")]
internal static class OrderRules
{
    public static void OfAnOrdinaryUserInAClosedDirectory(Case t)
    {
        t.Folder("closed");
        t.Folder("closed/d");
        t.File("closed/f");
        t.Folder("open", 777);
        t.File("open/own");
        t.Own("open/own", 1001, 1001);
        t.As(User.Alice, () =>
        {
            // What is there is found before anyone asks whether it may be made.
            t.Is(EEXIST, Mkdir("closed/f", O(755)));
            t.Is(EEXIST, Mkdir("closed/d", O(755)));
            t.Is(EEXIST, Mknod("closed/f", S_IFIFO | O(644)));
            t.Is(EEXIST, Symlink("x", "closed/f"));
            t.Is(EEXIST, Link("open/own", "closed/f"));
            t.Is(EEXIST, Open("closed/f", O_CREAT | O_EXCL | O_WRONLY, O(644)));
            t.Is(EEXIST, RenameAt2("open/own", "closed/f", RENAME_NOREPLACE));
            t.Is(EACCES, Mkdir("closed/new", O(755)));
            t.Is(EACCES, Open("closed/new", O_CREAT | O_WRONLY, O(644)));
            // What is missing, before whether it may be removed; its kind, after.
            t.Is(ENOENT, Unlink("closed/missing"));
            t.Is(ENOENT, Rmdir("closed/missing"));
            t.Is(ENOENT, Rename("closed/missing", "open/x"));
            t.Is(ENOENT, Link("closed/missing", "closed/new"));
            t.Is(EACCES, Unlink("closed/d"));
            t.Is(EACCES, Rmdir("closed/f"));
            t.Is(EACCES, Rename("open/own", "closed/d"));
            t.Is(ENOTDIR, Unlink("closed/f/x"));
            t.Is(ENOTDIR, Mkdir("closed/f/x", O(755)));
            t.Is(ENOTDIR, Stat("closed/f/x", out _));
            t.Is(ENOTDIR, Unlink("closed/f/"));
            t.Is(EISDIR, Open("closed/new/", O_CREAT | O_WRONLY, O(644)));
            t.Is(EISDIR, Open("closed/d", O_WRONLY));
            t.Is(EACCES, Open("closed/f", O_WRONLY));
            t.Is(EPERM, Mknod("open/device", S_IFCHR | O(644), 0x103));
            t.Is(EACCES, Mknod("closed/device", S_IFCHR | O(644), 0x103));
            t.Is(EINVAL, Rename("closed/d", "closed/d/x"));
            t.Is(EBUSY, Rename("closed/.", "closed/x"));
            t.Is(EINVAL, Rmdir("closed/."));
            t.Is(EEXIST, Mkdir("closed/.", O(755)));
            t.Is(EISDIR, Unlink("closed/."));
        });
    }

    public static void OfNamesThatAreTooLong(Case t)
    {
        string name = new('n', 256);
        t.File("f");
        t.Folder("closed", 700);
        t.Is(ENOTDIR, Stat("f/" + name, out _));
        t.Is(ENOENT, Stat("missing/" + name, out _));
        t.Is(ENAMETOOLONG, Stat(name + "/x", out _));
        t.Is(ENAMETOOLONG, Rename("f", name));
        t.Is(ENAMETOOLONG, Rename(name, "g"));
        t.Is(ENAMETOOLONG, Link("f", name));
        t.Is(ENOENT, Link("missing", name));
        t.Is(ENAMETOOLONG, Symlink("x", name));
        t.As(User.Alice, () => t.Is(EACCES, Stat("closed/" + name, out _)));
    }

    public static void OfRenames(Case t)
    {
        t.File("f");
        t.Folder("d");
        t.Folder("full");
        t.File("full/child");
        t.Is(ENOENT, Rename("missing", "full"));
        t.Is(ENOENT, Rename("missing", "d/"));
        t.Is(ENOTDIR, Rename("full", "f"));
        t.Is(EISDIR, Rename("f", "full"));
        t.Is(EISDIR, Rename("f", "d"));
        t.Is(ENOTDIR, Rename("f", "d/"));
        t.Is(EEXIST, RenameAt2("f", "full", RENAME_NOREPLACE));
        t.Is(EEXIST, RenameAt2("full", "f", RENAME_NOREPLACE));
        t.Is(EINVAL, Rename("full", "full/x"));
        t.Is(EINVAL, Rename("full", "full/child"));
        t.Is(ENOTDIR, Rename("f", "f/x"));
        t.Is(ENOENT, Rename("f", "missing/x"));
        t.Is(ENOTDIR, Rename("f/x", "missing/x"));
        t.Is(EBUSY, Rename("missing", "."));
    }

    public static void OfOpens(Case t)
    {
        t.File("f", 0);
        t.Folder("d", 0);
        Symlink("f", "l");
        t.As(User.Alice, () =>
        {
            t.Is(EACCES, Open("f", O_RDONLY));
            t.Is(ENOTDIR, Open("f", O_RDONLY | O_DIRECTORY));
            t.Is(EEXIST, Open("f", O_CREAT | O_EXCL | O_RDWR, O(644)));
            t.Is(EACCES, Open("f", O_CREAT | O_RDWR, O(644)));
            t.Is(EISDIR, Open("d", O_CREAT | O_RDWR, O(644)));
            t.Is(EISDIR, Open("d", O_WRONLY));
            t.Is(EACCES, Open("d", O_RDONLY));
            t.Is(ELOOP, Open("l", O_RDONLY | O_NOFOLLOW));
            t.Is(EEXIST, Open("l", O_CREAT | O_EXCL | O_RDWR, O(644)));
            t.Is(EACCES, Open("l", O_RDONLY));
            t.Is(EISDIR, Open("f/", O_CREAT | O_RDWR, O(644)));
            t.Is(ENOTDIR, Open("f/", O_RDONLY));
            t.Is(EACCES, Truncate("f", 5));
            t.Is(EISDIR, Truncate("d", 5));
            t.Is(EINVAL, Truncate("f", -5));
            t.Is(EINVAL, Truncate("missing", -5));
            t.Is(EPERM, Chmod("f", O(777)));
            t.Is(EPERM, Chown("f", 1001, 1001));
        });
    }
}
