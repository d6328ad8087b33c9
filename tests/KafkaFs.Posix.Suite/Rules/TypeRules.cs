using KafkaFs.Posix.Suite.Running;
using static KafkaFs.Posix.Suite.Calls.Constants;
using static KafkaFs.Posix.Suite.Calls.Errno;
using static KafkaFs.Posix.Suite.Calls.Sys;

namespace KafkaFs.Posix.Suite.Rules;

/// <summary>Every call on a path that exists, on every type of file: one table, as root. Errors as fs/namei.c, fs/open.c and fs/xattr.c give them.</summary>
[Syscall("type")]
internal static class TypeRules
{
    private const long Device = long.MinValue;

    // In the order of Case.Types: regular, directory, fifo, socket, character, block, link, dirlink, dangling, loop.
    private static readonly Dictionary<string, long[]> s_results = new()
    {
        ["open"] = [0, 0, 0, ENXIO, Device, Device, 0, 0, ENOENT, ELOOP],
        ["open for writing"] = [0, EISDIR, ENXIO, ENXIO, Device, Device, 0, EISDIR, ENOENT, ELOOP],
        ["open to truncate"] = [0, EISDIR, 0, ENXIO, Device, Device, 0, EISDIR, ENOENT, ELOOP],
        ["open a path"] = [0, 0, 0, 0, 0, 0, 0, 0, ENOENT, ELOOP],
        ["open a directory"] = [ENOTDIR, 0, ENOTDIR, ENOTDIR, ENOTDIR, ENOTDIR, ENOTDIR, 0, ENOENT, ELOOP],
        ["open no link"] = [0, 0, 0, ENXIO, Device, Device, ELOOP, ELOOP, ELOOP, ELOOP],
        ["chmod"] = [0, 0, 0, 0, 0, 0, 0, 0, ENOENT, ELOOP],
        ["fchmodat2 no link"] = [0, 0, 0, 0, 0, 0, EOPNOTSUPP, EOPNOTSUPP, EOPNOTSUPP, EOPNOTSUPP],
        ["chown"] = [0, 0, 0, 0, 0, 0, 0, 0, ENOENT, ELOOP],
        ["lchown"] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        ["fchownat"] = [0, 0, 0, 0, 0, 0, 0, 0, ENOENT, ELOOP],
        ["truncate"] = [0, EISDIR, EINVAL, EINVAL, EINVAL, EINVAL, 0, EISDIR, ENOENT, ELOOP],
        ["stat"] = [0, 0, 0, 0, 0, 0, 0, 0, ENOENT, ELOOP],
        ["lstat"] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        ["statx"] = [0, 0, 0, 0, 0, 0, 0, 0, ENOENT, ELOOP],
        ["access"] = [0, 0, 0, 0, 0, 0, 0, 0, ENOENT, ELOOP],
        ["faccessat2 no link"] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        ["utimensat"] = [0, 0, 0, 0, 0, 0, 0, 0, ENOENT, ELOOP],
        ["utimensat no link"] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        ["readlink"] = [EINVAL, EINVAL, EINVAL, EINVAL, EINVAL, EINVAL, 0, 0, 0, 0],
        ["setxattr"] = [0, 0, EPERM, EPERM, EPERM, EPERM, 0, 0, ENOENT, ELOOP],
        ["lsetxattr"] = [0, 0, EPERM, EPERM, EPERM, EPERM, EPERM, EPERM, EPERM, EPERM],
        ["setxattr trusted"] = [0, 0, 0, 0, 0, 0, 0, 0, ENOENT, ELOOP],
        ["lsetxattr trusted"] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        ["getxattr"] = [ENODATA, ENODATA, ENODATA, ENODATA, ENODATA, ENODATA, ENODATA, ENODATA, ENOENT, ELOOP],
        ["lgetxattr"] = [ENODATA, ENODATA, ENODATA, ENODATA, ENODATA, ENODATA, ENODATA, ENODATA, ENODATA, ENODATA],
        ["listxattr"] = [0, 0, 0, 0, 0, 0, 0, 0, ENOENT, ELOOP],
        ["llistxattr"] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        ["removexattr"] = [ENODATA, ENODATA, EPERM, EPERM, EPERM, EPERM, ENODATA, ENODATA, ENOENT, ELOOP],
        ["lremovexattr"] = [ENODATA, ENODATA, EPERM, EPERM, EPERM, EPERM, EPERM, EPERM, EPERM, EPERM],
        ["statfs"] = [0, 0, 0, 0, 0, 0, 0, 0, ENOENT, ELOOP],
        ["chdir"] = [ENOTDIR, 0, ENOTDIR, ENOTDIR, ENOTDIR, ENOTDIR, ENOTDIR, 0, ENOENT, ELOOP],
        ["inotify_add_watch"] = [0, 0, 0, 0, 0, 0, 0, 0, ENOENT, ELOOP],
        ["name_to_handle_at"] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        ["link from"] = [0, EPERM, 0, 0, 0, 0, 0, 0, 0, 0],
        ["linkat from, following"] = [0, EPERM, 0, 0, 0, 0, 0, EPERM, ENOENT, ELOOP],
        ["unlink"] = [0, EISDIR, 0, 0, 0, 0, 0, 0, 0, 0],
        ["rmdir"] = [ENOTDIR, 0, ENOTDIR, ENOTDIR, ENOTDIR, ENOTDIR, ENOTDIR, ENOTDIR, ENOTDIR, ENOTDIR],
        ["rename from"] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    };

    public static void EveryCallOnEveryType(Case t)
    {
        foreach (PathCall call in PathCall.Existing)
        {
            for (int type = 0; type < Case.Types.Length; type++)
            {
                string name = t.Make(Case.Types[type], $"{call.Name.Replace(' ', '.')}.{Case.Types[type]}");
                t.Context = $"{call.Name} of a {Case.Types[type]}";
                long expected = s_results[call.Name][type];
                bool isUnheld = call.Name == "lsetxattr trusted" && type >= 6 && t.Lacks(Difference.LinkXattrs);
                t.Is(expected == Device ? DeviceError() : isUnheld ? EOPNOTSUPP : expected, call.Call(name));
                Unlink("path.renamed");
                Rmdir("path.renamed");
            }
        }
    }

    public static void WhatIsMadeWhereANameIs(Case t)
    {
        foreach (PathCall call in PathCall.Making.Where(call => call.Name is not ("creat" or "rename to")))
        {
            foreach (string type in Case.Types)
            {
                string name = t.Make(type, $"{call.Name.Replace(' ', '.')}.{type}");
                t.Context = $"{call.Name} where a {type} is";
                t.File("path.source");
                t.Is(EEXIST, call.Call(name));
                Unlink("path.source");
            }
        }
    }

    public static void WhatIsMadeAtADirectoryWithASlash(Case t)
    {
        t.File("path.source");
        t.Folder("d");
        foreach (PathCall call in PathCall.Making.Where(call => call.Name is not "rename to"))
        {
            t.Context = call.Name;
            t.Is(call.Name is "creat" or "open to create" ? EISDIR : EEXIST, call.Call("d/"));
            t.Is(call.Name is "creat" ? EISDIR : EEXIST, call.Call("."));
            t.Is(call.Name is "creat" ? EISDIR : EEXIST, call.Call("d/.."));
        }
    }

    public static void OnlyDirectoriesAreMadeWithASlash(Case t)
    {
        t.File("path.source");
        foreach (PathCall call in PathCall.Making)
        {
            t.Context = call.Name;
            long expected = call.Name switch { "mkdir" => 0, "creat" or "open to create" => EISDIR, "rename to" => ENOTDIR, _ => ENOENT };
            t.Is(expected, call.Call("new/"));
            Rmdir("new");
        }

        t.Equal("path.source", t.Names("."));
    }

    public static void LstatNamesEveryType(Case t)
    {
        (string Type, uint Bits, byte DirectoryType)[] types =
        [
            ("regular", S_IFREG, 8), ("directory", S_IFDIR, 4), ("fifo", S_IFIFO, 1), ("socket", S_IFSOCK, 12), ("character", S_IFCHR, 2), ("block", S_IFBLK, 6),
            ("link", S_IFLNK, 10), ("dirlink", S_IFLNK, 10), ("dangling", S_IFLNK, 10), ("loop", S_IFLNK, 10),
        ];
        foreach ((string type, uint bits, byte directoryType) in types)
        {
            t.Context = type;
            t.Make(type, type);
            t.Equal(bits, t.Lstat(type).Type);
            DirectoryEntry entry = t.Entries(".").Single(entry => entry.Name == type);
            t.Equal(directoryType, entry.Type);
            t.Equal(t.Lstat(type).Inode, entry.Inode);
            t.Is(type is "directory" && !t.Lacks(Difference.DirectoryLinks) ? 2 : 1, (long)t.Lstat(type).Links);
        }
    }

    // A filesystem that is mounted with nodev opens no device.
    private static long DeviceError()
    {
        const long noDevices = 4;
        long[] words = new long[15];
        Statfs(".", words);
        return (words[10] & noDevices) != 0 ? EACCES : ENXIO;
    }
}
