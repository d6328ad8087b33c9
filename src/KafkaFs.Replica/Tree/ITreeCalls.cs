using KafkaFs.Posix;
using KafkaFs.Posix.Files;

namespace KafkaFs.Replica.Tree;

/// <summary>
/// The system calls by which a tree is read and changed: Linux's (<see cref="LinuxTreeCalls"/>), or a simulated filesystem's that
/// crashes. Each is one step after which a machine may stop, and returns 0 or the error number; names are bytes without a
/// terminator, an empty one means <c>directory</c> itself, and no call follows a symlink at the name. Descriptors belong to the
/// caller. From any thread.
/// </summary>
internal interface ITreeCalls
{
    /// <summary>openat(2).</summary>
    Errno Open(SafeFd directory, ReadOnlySpan<byte> name, OpenFlags flags, uint mode, out SafeFd fd);

    /// <summary>openat2(2) of a path that never leaves <paramref name="directory"/> nor its filesystem, by no symlink; O_PATH.</summary>
    Errno OpenBeneath(SafeFd directory, ReadOnlySpan<byte> path, out SafeFd fd);

    /// <summary>open_by_handle_at(2), O_PATH. EOPNOTSUPP if the identity is no handle, EPERM where it is not allowed.</summary>
    Errno OpenIdentity(SafeFd root, ReadOnlySpan<byte> identity, out SafeFd fd);

    /// <summary>The same object through a new descriptor with other flags (/proc/self/fd).</summary>
    Errno Reopen(SafeFd fd, OpenFlags flags, out SafeFd reopened);

    /// <summary>Writes what tells the object from every other for ever to <paramref name="identity"/>, at least <see cref="Namespace.Effects.MaxIdentityBytes"/>.</summary>
    Errno Identify(SafeFd directory, ReadOnlySpan<byte> name, Span<byte> identity, out int length);

    /// <summary>Whether the object at a name has this identity; an empty one is nobody's.</summary>
    Errno HasIdentity(SafeFd directory, ReadOnlySpan<byte> name, ReadOnlySpan<byte> identity, out bool same);

    /// <summary>statx(2).</summary>
    Errno Stat(SafeFd directory, ReadOnlySpan<byte> name, out StatxResult stat);

    /// <summary>Adds the names in a directory, without "." and "..", to <paramref name="names"/>.</summary>
    Errno ListNames(SafeFd directory, List<byte[]> names);

    /// <summary>mkdirat(2).</summary>
    Errno MakeDirectory(SafeFd directory, ReadOnlySpan<byte> name, uint mode);

    /// <summary>mknodat(2); <paramref name="mode"/> with the type.</summary>
    Errno MakeNode(SafeFd directory, ReadOnlySpan<byte> name, uint mode, ulong device);

    /// <summary>symlinkat(2).</summary>
    Errno MakeSymlink(ReadOnlySpan<byte> target, SafeFd directory, ReadOnlySpan<byte> name);

    /// <summary>linkat(2) of an open object, by O_PATH too.</summary>
    Errno Link(SafeFd fd, SafeFd directory, ReadOnlySpan<byte> name);

    /// <summary>renameat2(2); RENAME_NOREPLACE = 1, RENAME_EXCHANGE = 2.</summary>
    Errno Rename(SafeFd directory, ReadOnlySpan<byte> name, SafeFd newDirectory, ReadOnlySpan<byte> newName, uint flags);

    /// <summary>unlinkat(2) of what is no directory.</summary>
    Errno Unlink(SafeFd directory, ReadOnlySpan<byte> name);

    /// <summary>unlinkat(2) of an empty directory.</summary>
    Errno RemoveDirectory(SafeFd directory, ReadOnlySpan<byte> name);

    /// <summary>pwrite(2) of all of <paramref name="data"/>.</summary>
    Errno WriteAll(SafeFd fd, ReadOnlySpan<byte> data, ulong offset);

    /// <summary>ftruncate(2).</summary>
    Errno Truncate(SafeFd fd, ulong size);

    /// <summary>fallocate(2) of a file of <paramref name="before"/> bytes, which has <paramref name="after"/> bytes then (<see cref="FileAllocation"/>).</summary>
    Errno Allocate(SafeFd fd, uint mode, ulong offset, ulong length, ulong before, ulong after);

    /// <summary>fchownat(2).</summary>
    Errno ChangeOwner(SafeFd fd, uint uid, uint gid);

    /// <summary>chmod(2); never on symlinks.</summary>
    Errno ChangeMode(SafeFd fd, uint mode);

    /// <summary>utimensat(2), nanoseconds since 1970.</summary>
    Errno ChangeTimes(SafeFd fd, long atimeNs, long mtimeNs);

    /// <summary>setxattr(2).</summary>
    Errno SetXattr(SafeFd fd, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value);

    /// <summary>removexattr(2).</summary>
    Errno RemoveXattr(SafeFd fd, ReadOnlySpan<byte> name);

    /// <summary>listxattr(2): each name with a NUL; 64 KiB always suffice.</summary>
    Errno ListXattrs(SafeFd fd, Span<byte> names, out int length);

    /// <summary>syncfs(2): everything before it is durable, and an error is final.</summary>
    Errno SyncFileSystem(SafeFd root);
}
