using KafkaFs.Posix;
using KafkaFs.Posix.Files;

namespace KafkaFs.Replica.Tree;

/// <summary>The kernel's own.</summary>
internal sealed class LinuxTreeCalls : ITreeCalls
{
    public static LinuxTreeCalls Instance { get; } = new();

    public Errno Open(SafeFd directory, ReadOnlySpan<byte> name, OpenFlags flags, uint mode, out SafeFd fd) =>
        FileCalls.Open(directory, name, flags | OpenFlags.NoFollow, mode, out fd);

    public Errno OpenBeneath(SafeFd directory, ReadOnlySpan<byte> path, out SafeFd fd) =>
        FileCalls.OpenBeneath(directory, path, OpenFlags.PathOnly | OpenFlags.NoFollow, 0, out fd);

    public Errno OpenIdentity(SafeFd root, ReadOnlySpan<byte> identity, out SafeFd fd)
    {
        if (ObjectIdentity.IsHandle(identity))
        {
            return FileHandles.Open(root, identity, OpenFlags.PathOnly | OpenFlags.NoFollow, out fd);
        }

        fd = new SafeFd();
        return Errno.EOPNOTSUPP;
    }

    public Errno Reopen(SafeFd fd, OpenFlags flags, out SafeFd reopened) => DescriptorCalls.Reopen(fd, flags, out reopened);

    public Errno Identify(SafeFd directory, ReadOnlySpan<byte> name, Span<byte> identity, out int length) =>
        ObjectIdentity.Read(directory, name, identity, out length);

    public Errno HasIdentity(SafeFd directory, ReadOnlySpan<byte> name, ReadOnlySpan<byte> identity, out bool same) =>
        ObjectIdentity.Compare(directory, name, identity, out same);

    public Errno Stat(SafeFd directory, ReadOnlySpan<byte> name, out StatxResult stat) => FileCalls.Stat(directory, name, out stat);

    public Errno ListNames(SafeFd directory, List<byte[]> names)
    {
        Errno errno = FileCalls.Open(directory, "."u8, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow, 0, out SafeFd listing);
        if (errno == Errno.None)
        {
            using (listing)
            {
                DirectoryReader reader = new(listing);
                while (reader.TryRead(out errno))
                {
                    names.Add(reader.Name.ToArray());
                }
            }
        }

        return errno;
    }

    public Errno MakeDirectory(SafeFd directory, ReadOnlySpan<byte> name, uint mode) => FileCalls.MakeDirectory(directory, name, mode);

    public Errno MakeNode(SafeFd directory, ReadOnlySpan<byte> name, uint mode, ulong device) => FileCalls.MakeNode(directory, name, mode, device);

    public Errno MakeSymlink(ReadOnlySpan<byte> target, SafeFd directory, ReadOnlySpan<byte> name) => FileCalls.MakeSymlink(target, directory, name);

    public Errno Link(SafeFd fd, SafeFd directory, ReadOnlySpan<byte> name) => FileCalls.LinkDescriptor(fd, directory, name);

    public Errno Rename(SafeFd directory, ReadOnlySpan<byte> name, SafeFd newDirectory, ReadOnlySpan<byte> newName, uint flags) =>
        FileCalls.Rename(directory, name, newDirectory, newName, flags);

    public Errno Unlink(SafeFd directory, ReadOnlySpan<byte> name) => FileCalls.Unlink(directory, name);

    public Errno RemoveDirectory(SafeFd directory, ReadOnlySpan<byte> name) => FileCalls.RemoveDirectory(directory, name);

    public Errno WriteAll(SafeFd fd, ReadOnlySpan<byte> data, ulong offset) => DescriptorCalls.WriteAll(fd, data, offset);

    public Errno Truncate(SafeFd fd, ulong size) => DescriptorCalls.Truncate(fd, size);

    public Errno Allocate(SafeFd fd, uint mode, ulong offset, ulong length, ulong before, ulong after) =>
        FileAllocation.Allocate(fd, mode, offset, length, before, after);

    public Errno ChangeOwner(SafeFd fd, uint uid, uint gid) => DescriptorCalls.ChangeOwner(fd, uid, gid);

    public Errno ChangeMode(SafeFd fd, uint mode) => DescriptorCalls.ChangeMode(fd, mode);

    public Errno ChangeTimes(SafeFd fd, long atimeNs, long mtimeNs) => DescriptorCalls.ChangeTimes(fd, atimeNs, mtimeNs);

    public Errno SetXattr(SafeFd fd, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) => XattrCalls.Set(fd, name, value);

    public Errno RemoveXattr(SafeFd fd, ReadOnlySpan<byte> name) => XattrCalls.Remove(fd, name);

    public Errno ListXattrs(SafeFd fd, Span<byte> names, out int length) => XattrCalls.List(fd, names, out length);

    public Errno SyncFileSystem(SafeFd root) => DescriptorCalls.SyncFileSystem(root);
}
