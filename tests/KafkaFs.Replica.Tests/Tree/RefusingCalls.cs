using KafkaFs.Posix;
using KafkaFs.Posix.Files;
using KafkaFs.Replica.Tree;

namespace KafkaFs.Replica.Tests.Tree;

/// <summary>The kernel's calls, some of which are refused before they are made.</summary>
internal sealed class RefusingCalls : ITreeCalls
{
    private static LinuxTreeCalls Kernel => LinuxTreeCalls.Instance;

    /// <summary>What a call, by its method and the name or path that it is about, is refused with.</summary>
    public Func<string, string, Errno> Refuse { get; set; } = (_, _) => Errno.None;

    public Errno Open(SafeFd directory, ReadOnlySpan<byte> name, OpenFlags flags, uint mode, out SafeFd fd)
    {
        fd = new SafeFd();
        Errno errno = Refused(nameof(Open), name);
        return errno != Errno.None ? errno : Kernel.Open(directory, name, flags, mode, out fd);
    }

    public Errno OpenBeneath(SafeFd directory, ReadOnlySpan<byte> path, out SafeFd fd)
    {
        fd = new SafeFd();
        Errno errno = Refused(nameof(OpenBeneath), path);
        return errno != Errno.None ? errno : Kernel.OpenBeneath(directory, path, out fd);
    }

    public Errno OpenIdentity(SafeFd root, ReadOnlySpan<byte> identity, out SafeFd fd)
    {
        fd = new SafeFd();
        Errno errno = Refused(nameof(OpenIdentity), default);
        return errno != Errno.None ? errno : Kernel.OpenIdentity(root, identity, out fd);
    }

    public Errno Reopen(SafeFd fd, OpenFlags flags, out SafeFd reopened)
    {
        reopened = new SafeFd();
        Errno errno = Refused(nameof(Reopen), default);
        return errno != Errno.None ? errno : Kernel.Reopen(fd, flags, out reopened);
    }

    public Errno Identify(SafeFd directory, ReadOnlySpan<byte> name, Span<byte> identity, out int length)
    {
        length = default;
        Errno errno = Refused(nameof(Identify), name);
        return errno != Errno.None ? errno : Kernel.Identify(directory, name, identity, out length);
    }

    public Errno HasIdentity(SafeFd directory, ReadOnlySpan<byte> name, ReadOnlySpan<byte> identity, out bool same)
    {
        same = default;
        Errno errno = Refused(nameof(HasIdentity), name);
        return errno != Errno.None ? errno : Kernel.HasIdentity(directory, name, identity, out same);
    }

    public Errno Stat(SafeFd directory, ReadOnlySpan<byte> name, out StatxResult stat)
    {
        stat = default;
        Errno errno = Refused(nameof(Stat), name);
        return errno != Errno.None ? errno : Kernel.Stat(directory, name, out stat);
    }

    public Errno ListNames(SafeFd directory, List<byte[]> names) =>
        Refused(nameof(ListNames), default) is Errno errno and not Errno.None ? errno : Kernel.ListNames(directory, names);

    public Errno MakeDirectory(SafeFd directory, ReadOnlySpan<byte> name, uint mode) =>
        Refused(nameof(MakeDirectory), name) is Errno errno and not Errno.None ? errno : Kernel.MakeDirectory(directory, name, mode);

    public Errno MakeNode(SafeFd directory, ReadOnlySpan<byte> name, uint mode, ulong device) =>
        Refused(nameof(MakeNode), name) is Errno errno and not Errno.None ? errno : Kernel.MakeNode(directory, name, mode, device);

    public Errno MakeSymlink(ReadOnlySpan<byte> target, SafeFd directory, ReadOnlySpan<byte> name) =>
        Refused(nameof(MakeSymlink), name) is Errno errno and not Errno.None ? errno : Kernel.MakeSymlink(target, directory, name);

    public Errno Link(SafeFd fd, SafeFd directory, ReadOnlySpan<byte> name) =>
        Refused(nameof(Link), name) is Errno errno and not Errno.None ? errno : Kernel.Link(fd, directory, name);

    public Errno Rename(SafeFd directory, ReadOnlySpan<byte> name, SafeFd newDirectory, ReadOnlySpan<byte> newName, uint flags) =>
        Refused(nameof(Rename), name) is Errno errno and not Errno.None ? errno : Kernel.Rename(directory, name, newDirectory, newName, flags);

    public Errno Unlink(SafeFd directory, ReadOnlySpan<byte> name) =>
        Refused(nameof(Unlink), name) is Errno errno and not Errno.None ? errno : Kernel.Unlink(directory, name);

    public Errno RemoveDirectory(SafeFd directory, ReadOnlySpan<byte> name) =>
        Refused(nameof(RemoveDirectory), name) is Errno errno and not Errno.None ? errno : Kernel.RemoveDirectory(directory, name);

    public Errno WriteAll(SafeFd fd, ReadOnlySpan<byte> data, ulong offset) =>
        Refused(nameof(WriteAll), default) is Errno errno and not Errno.None ? errno : Kernel.WriteAll(fd, data, offset);

    public Errno Truncate(SafeFd fd, ulong size) =>
        Refused(nameof(Truncate), default) is Errno errno and not Errno.None ? errno : Kernel.Truncate(fd, size);

    public Errno Allocate(SafeFd fd, uint mode, ulong offset, ulong length, ulong before, ulong after) =>
        Refused(nameof(Allocate), default) is Errno errno and not Errno.None ? errno : Kernel.Allocate(fd, mode, offset, length, before, after);

    public Errno ChangeOwner(SafeFd fd, uint uid, uint gid) =>
        Refused(nameof(ChangeOwner), default) is Errno errno and not Errno.None ? errno : Kernel.ChangeOwner(fd, uid, gid);

    public Errno ChangeMode(SafeFd fd, uint mode) =>
        Refused(nameof(ChangeMode), default) is Errno errno and not Errno.None ? errno : Kernel.ChangeMode(fd, mode);

    public Errno ChangeTimes(SafeFd fd, long atimeNs, long mtimeNs) =>
        Refused(nameof(ChangeTimes), default) is Errno errno and not Errno.None ? errno : Kernel.ChangeTimes(fd, atimeNs, mtimeNs);

    public Errno SetXattr(SafeFd fd, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) =>
        Refused(nameof(SetXattr), default) is Errno errno and not Errno.None ? errno : Kernel.SetXattr(fd, name, value);

    public Errno RemoveXattr(SafeFd fd, ReadOnlySpan<byte> name) =>
        Refused(nameof(RemoveXattr), default) is Errno errno and not Errno.None ? errno : Kernel.RemoveXattr(fd, name);

    public Errno ListXattrs(SafeFd fd, Span<byte> names, out int length)
    {
        length = default;
        Errno errno = Refused(nameof(ListXattrs), default);
        return errno != Errno.None ? errno : Kernel.ListXattrs(fd, names, out length);
    }

    public Errno SyncFileSystem(SafeFd root) =>
        Refused(nameof(SyncFileSystem), default) is Errno errno and not Errno.None ? errno : Kernel.SyncFileSystem(root);

    private Errno Refused(string call, ReadOnlySpan<byte> name) => Refuse(call, System.Text.Encoding.UTF8.GetString(name));
}
