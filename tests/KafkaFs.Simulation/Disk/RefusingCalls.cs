using KafkaFs.Posix;
using KafkaFs.Posix.Files;
using KafkaFs.Replica.Tree;

namespace KafkaFs.Simulation.Disk;

/// <summary>The calls of a disk of which one is refused, as by a machine that has no space just then.</summary>
internal sealed class RefusingCalls(ITreeCalls calls) : ITreeCalls
{
    private long _countdown = long.MaxValue;

    /// <summary>A call was refused, and <see cref="Pass"/> has not been called since.</summary>
    public bool HasRefused => _countdown <= 0;

    /// <summary>Refuses the <paramref name="call"/>-th changing call from now, 1 is the next, and all that follow until <see cref="Pass"/>.</summary>
    public void Refuse(long call) => _countdown = call;

    /// <summary>Refuses nothing any more.</summary>
    public void Pass() => _countdown = long.MaxValue;

    public Errno Open(SafeFd directory, ReadOnlySpan<byte> name, OpenFlags flags, uint mode, out SafeFd fd) =>
        calls.Open(directory, name, flags, mode, out fd);

    public Errno OpenBeneath(SafeFd directory, ReadOnlySpan<byte> path, out SafeFd fd) =>
        calls.OpenBeneath(directory, path, out fd);

    public Errno OpenIdentity(SafeFd root, ReadOnlySpan<byte> identity, out SafeFd fd) =>
        calls.OpenIdentity(root, identity, out fd);

    public Errno Reopen(SafeFd fd, OpenFlags flags, out SafeFd reopened) =>
        calls.Reopen(fd, flags, out reopened);

    public Errno Identify(SafeFd directory, ReadOnlySpan<byte> name, Span<byte> identity, out int length) =>
        calls.Identify(directory, name, identity, out length);

    public Errno HasIdentity(SafeFd directory, ReadOnlySpan<byte> name, ReadOnlySpan<byte> identity, out bool same) =>
        calls.HasIdentity(directory, name, identity, out same);

    public Errno Stat(SafeFd directory, ReadOnlySpan<byte> name, out StatxResult stat) =>
        calls.Stat(directory, name, out stat);

    public Errno ListNames(SafeFd directory, List<byte[]> names) =>
        calls.ListNames(directory, names);

    public Errno MakeDirectory(SafeFd directory, ReadOnlySpan<byte> name, uint mode) =>
        IsRefused() ? Errno.ENOSPC : calls.MakeDirectory(directory, name, mode);

    public Errno MakeNode(SafeFd directory, ReadOnlySpan<byte> name, uint mode, ulong device) =>
        IsRefused() ? Errno.ENOSPC : calls.MakeNode(directory, name, mode, device);

    public Errno MakeSymlink(ReadOnlySpan<byte> target, SafeFd directory, ReadOnlySpan<byte> name) =>
        IsRefused() ? Errno.ENOSPC : calls.MakeSymlink(target, directory, name);

    public Errno Link(SafeFd fd, SafeFd directory, ReadOnlySpan<byte> name) =>
        IsRefused() ? Errno.ENOSPC : calls.Link(fd, directory, name);

    public Errno Rename(SafeFd directory, ReadOnlySpan<byte> name, SafeFd newDirectory, ReadOnlySpan<byte> newName, uint flags) =>
        IsRefused() ? Errno.ENOSPC : calls.Rename(directory, name, newDirectory, newName, flags);

    public Errno Unlink(SafeFd directory, ReadOnlySpan<byte> name) =>
        IsRefused() ? Errno.ENOSPC : calls.Unlink(directory, name);

    public Errno RemoveDirectory(SafeFd directory, ReadOnlySpan<byte> name) =>
        IsRefused() ? Errno.ENOSPC : calls.RemoveDirectory(directory, name);

    public Errno WriteAll(SafeFd fd, ReadOnlySpan<byte> data, ulong offset) =>
        IsRefused() ? Errno.ENOSPC : calls.WriteAll(fd, data, offset);

    public Errno Truncate(SafeFd fd, ulong size) =>
        IsRefused() ? Errno.ENOSPC : calls.Truncate(fd, size);

    public Errno Allocate(SafeFd fd, uint mode, ulong offset, ulong length, ulong before, ulong after) =>
        IsRefused() ? Errno.ENOSPC : calls.Allocate(fd, mode, offset, length, before, after);

    public Errno ChangeOwner(SafeFd fd, uint uid, uint gid) =>
        IsRefused() ? Errno.ENOSPC : calls.ChangeOwner(fd, uid, gid);

    public Errno ChangeMode(SafeFd fd, uint mode) =>
        IsRefused() ? Errno.ENOSPC : calls.ChangeMode(fd, mode);

    public Errno ChangeTimes(SafeFd fd, long atimeNs, long mtimeNs) =>
        IsRefused() ? Errno.ENOSPC : calls.ChangeTimes(fd, atimeNs, mtimeNs);

    public Errno SetXattr(SafeFd fd, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) =>
        IsRefused() ? Errno.ENOSPC : calls.SetXattr(fd, name, value);

    public Errno RemoveXattr(SafeFd fd, ReadOnlySpan<byte> name) =>
        IsRefused() ? Errno.ENOSPC : calls.RemoveXattr(fd, name);

    public Errno ListXattrs(SafeFd fd, Span<byte> names, out int length) =>
        calls.ListXattrs(fd, names, out length);

    public Errno SyncFileSystem(SafeFd root) =>
        calls.SyncFileSystem(root);

    private bool IsRefused() => _countdown <= 0 || --_countdown == 0;
}
