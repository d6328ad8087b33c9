using KafkaFs.Posix;
using KafkaFs.Posix.Files;
using KafkaFs.Replica.Namespace;

namespace KafkaFs.Simulation.Disk;

/// <summary>Content, attributes and extended attributes.</summary>
internal sealed partial class SimulatedDisk
{
    // The simulation's files are small; what is larger is a mistake of a test.
    private const int MaxContentBytes = 1 << 20;

    private const uint Suid = 0x800, Sgid = 0x400, GroupExecute = 0x8;

    private static ReadOnlySpan<byte> Capability => "security.capability"u8;

    /// <inheritdoc/>
    public Errno WriteAll(SafeFd fd, ReadOnlySpan<byte> data, ulong offset)
    {
        bool halts = Machine.Begin("pwrite", hasHalf: data.Length > 1);
        Errno errno = data.IsEmpty ? Errno.None : CheckWriter(fd, Errno.EBADF);
        if (errno == Errno.None && !data.IsEmpty)
        {
            DropPrivileges(ObjectOf(fd));
            ReadOnlySpan<byte> written = halts ? data[..(data.Length / 2)] : data;
            ChangeContent(ObjectOf(fd), new DataEffect(ObjectOf(fd), DataEffectKind.Write, Small(offset), written.ToArray(), 0));
        }

        if (halts)
        {
            EndCall();
            Machine.Crash("within pwrite");
        }

        return Done("pwrite", fd, default, errno);
    }

    /// <inheritdoc/>
    public Errno Truncate(SafeFd fd, ulong size)
    {
        Machine.Begin("ftruncate");
        Errno errno = CheckWriter(fd, Errno.EINVAL);
        if (errno == Errno.None)
        {
            DropPrivileges(ObjectOf(fd));
            ChangeContent(ObjectOf(fd), new DataEffect(ObjectOf(fd), DataEffectKind.Truncate, 0, [], Small(size)));
        }

        return Done("ftruncate", fd, default, errno);
    }

    /// <inheritdoc/>
    public Errno Allocate(SafeFd fd, uint mode, ulong offset, ulong length, ulong before, ulong after)
    {
        const uint reserveKeepSize = 1, punchHole = 3, zeroRange = 16, zeroRangeKeepSize = 17;
        Machine.Begin("fallocate");
        Errno errno = CheckWriter(fd, Errno.EBADF);
        errno = errno != Errno.None ? errno : mode is not (0 or reserveKeepSize or punchHole or zeroRange or zeroRangeKeepSize) ? Errno.EOPNOTSUPP : Errno.None;
        if (errno == Errno.None)
        {
            SimulatedObject file = ObjectOf(fd);
            int start = Small(offset), end = Small(offset + length), size = file.Content.Length;
            DropPrivileges(file);
            size = !_traits.Allocates ? Small(after) : mode is 0 or zeroRange ? Math.Max(size, end) : size;
            if (size != file.Content.Length || !_traits.Allocates)
            {
                ChangeContent(file, new DataEffect(file, DataEffectKind.Truncate, 0, [], size));
            }

            if (mode is punchHole or zeroRange or zeroRangeKeepSize)
            {
                ChangeContent(file, new DataEffect(file, DataEffectKind.Zero, start, [], end));
            }
        }

        return Done("fallocate", fd, default, errno);
    }

    /// <inheritdoc/>
    public Errno ChangeOwner(SafeFd fd, uint uid, uint gid)
    {
        Machine.Begin("chown");
        SimulatedObject changed = ObjectOf(Checked(fd));
        Errno errno = _traits.IsRoot ? Errno.None : Errno.EPERM;
        if (errno == Errno.None)
        {
            SimulatedAttributes attributes = changed.Attributes;
            if (!changed.IsDirectory)
            {
                attributes = attributes with { Mode = WithoutSuid(attributes.Mode) };
                DropCapability(changed);
            }

            SetAttributes(changed, attributes with
            {
                Uid = uid == uint.MaxValue ? attributes.Uid : uid,
                Gid = gid == uint.MaxValue ? attributes.Gid : gid,
            });
        }

        return Done("chown", fd, default, errno);
    }

    /// <inheritdoc/>
    public Errno ChangeMode(SafeFd fd, uint mode)
    {
        Machine.Begin("chmod");
        SimulatedObject changed = ObjectOf(Checked(fd));
        Errno errno = changed.Type == InodeType.Symlink ? Errno.EOPNOTSUPP : Errno.None;
        if (errno == Errno.None)
        {
            SetAttributes(changed, changed.Attributes with { Mode = mode & 0xfff });
        }

        return Done("chmod", fd, default, errno);
    }

    /// <inheritdoc/>
    public Errno ChangeTimes(SafeFd fd, long atimeNs, long mtimeNs)
    {
        Machine.Begin("utimens");
        SimulatedObject changed = ObjectOf(Checked(fd));
        SimulatedAttributes former = changed.Attributes;
        SetAttributes(changed, former with
        {
            AtimeNs = atimeNs == DescriptorCalls.OmitTime ? former.AtimeNs : atimeNs,
            MtimeNs = mtimeNs == DescriptorCalls.OmitTime ? former.MtimeNs : mtimeNs,
        });
        return Done("utimens", fd, default, Errno.None);
    }

    /// <inheritdoc/>
    public Errno SetXattr(SafeFd fd, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        Machine.Begin("setxattr");
        SimulatedObject changed = ObjectOf(Checked(fd));
        Errno errno = CheckXattr(changed, name);
        if (errno == Errno.None)
        {
            int index = IndexOfXattr(changed, name);
            (byte[], byte[])[] xattrs = index < 0 ? [.. changed.Xattrs, default] : [.. changed.Xattrs];
            xattrs[index < 0 ? ^1 : index] = (name.ToArray(), value.ToArray());
            SetXattrs(changed, xattrs);
        }

        return Done("setxattr", fd, name, errno);
    }

    /// <inheritdoc/>
    public Errno RemoveXattr(SafeFd fd, ReadOnlySpan<byte> name)
    {
        Machine.Begin("removexattr");
        SimulatedObject changed = ObjectOf(Checked(fd));
        Errno errno = CheckXattr(changed, name);
        errno = errno != Errno.None ? errno : IndexOfXattr(changed, name) < 0 ? Errno.ENODATA : Errno.None;
        if (errno == Errno.None)
        {
            DropXattr(changed, name);
        }

        return Done("removexattr", fd, name, errno);
    }

    /// <inheritdoc/>
    public Errno SyncFileSystem(SafeFd root)
    {
        Machine.Begin("syncfs");
        Checked(root);
        ForgetSynced();
        return Done("syncfs", root, default, Errno.None);
    }

    private Errno CheckWriter(SafeFd fd, Errno notWritable)
    {
        SimulatedFd writer = (SimulatedFd)Checked(fd);
        return writer.IsPathOnly ? Errno.EBADF : !writer.IsWritable ? notWritable : writer.Object.Type == InodeType.RegularFile ? Errno.None : Errno.EINVAL;
    }

    private Errno CheckXattr(SimulatedObject changed, ReadOnlySpan<byte> name) =>
        name.StartsWith("user."u8) ? (changed.Type is InodeType.RegularFile or InodeType.Directory ? Errno.None : Errno.EPERM)
        : name.StartsWith("trusted."u8) || name.SequenceEqual(Capability) ? (_traits.IsRoot ? Errno.None : Errno.EPERM)
        : Errno.EOPNOTSUPP;

    // What a change of content does to the attributes; suid stays where root writes.
    private void DropPrivileges(SimulatedObject file)
    {
        DropCapability(file);
        SetAttributes(file, file.Attributes with { Mode = _traits.IsRoot ? file.Attributes.Mode : WithoutSuid(file.Attributes.Mode), MtimeNs = ++_now });
    }

    private void DropCapability(SimulatedObject changed) => DropXattr(changed, Capability);

    private void DropXattr(SimulatedObject changed, ReadOnlySpan<byte> name)
    {
        int index = IndexOfXattr(changed, name);
        if (index >= 0)
        {
            SetXattrs(changed, [.. changed.Xattrs[..index], .. changed.Xattrs[(index + 1)..]]);
        }
    }

    private static uint WithoutSuid(uint mode) => mode & ~Suid & ((mode & GroupExecute) != 0 ? ~Sgid : ~0u);

    private static int IndexOfXattr(SimulatedObject holder, ReadOnlySpan<byte> name)
    {
        for (int index = 0; index < holder.Xattrs.Length; index++)
        {
            if (name.SequenceEqual(holder.Xattrs[index].Name))
            {
                return index;
            }
        }

        return -1;
    }

    private static int Small(ulong bytes) => bytes <= MaxContentBytes ? (int)bytes : throw new NotSupportedException($"a simulated file of {bytes} bytes");
}
