using KafkaFs.Posix;
using KafkaFs.Posix.Files;
using KafkaFs.Replica.Namespace;

namespace KafkaFs.Simulation.Disk;

/// <summary>Opening and reading. No step of these is one after which the machine stops.</summary>
internal sealed partial class SimulatedDisk
{
    /// <inheritdoc/>
    public Errno Open(SafeFd directory, ReadOnlySpan<byte> name, OpenFlags flags, uint mode, out SafeFd fd)
    {
        fd = new SafeFd();
        if ((flags & OpenFlags.Create) != 0 && (flags & OpenFlags.PathOnly) == 0)
        {
            return Create(directory, name, flags, mode, out fd);
        }

        if (name.IsEmpty)
        {
            return Errno.ENOENT;
        }

        Errno errno = Look(directory, name, out SimulatedObject found);
        return errno != Errno.None ? errno : OpenObject(found, flags | OpenFlags.NoFollow, out fd);
    }

    /// <inheritdoc/>
    public Errno OpenBeneath(SafeFd directory, ReadOnlySpan<byte> path, out SafeFd fd)
    {
        Machine.ThrowIfCrashed();
        fd = new SafeFd();
        SimulatedObject start = ObjectOf(Checked(directory)), at = start;
        if (path.IsEmpty)
        {
            return Errno.ENOENT;
        }

        while (!path.IsEmpty && !path.SequenceEqual("."u8))
        {
            int slash = path.IndexOf((byte)'/');
            ReadOnlySpan<byte> name = slash < 0 ? path : path[..slash];
            path = slash < 0 ? default : path[(slash + 1)..];
            Errno errno = at.Type == InodeType.Symlink && at != start ? Errno.ELOOP : LookUp(at, name, out at!);
            if (errno != Errno.None)
            {
                return errno;
            }
        }

        return OpenObject(at, OpenFlags.PathOnly | OpenFlags.NoFollow, out fd);
    }

    /// <inheritdoc/>
    public Errno OpenIdentity(SafeFd root, ReadOnlySpan<byte> identity, out SafeFd fd)
    {
        Machine.ThrowIfCrashed();
        Checked(root);
        fd = new SafeFd();
        if (!_traits.OpensHandles)
        {
            return Errno.EPERM;
        }

        if (identity.Length != IdentityBytes)
        {
            return Errno.EOPNOTSUPP;
        }

        int number = (int)BitConverter.ToUInt64(identity);
        SimulatedObject? found = number < _byNumber.Count ? _byNumber[number] : null;
        return found is not null && IsIdentity(found, identity) ? OpenObject(found, OpenFlags.PathOnly | OpenFlags.NoFollow, out fd) : Errno.ESTALE;
    }

    /// <inheritdoc/>
    public Errno Reopen(SafeFd fd, OpenFlags flags, out SafeFd reopened)
    {
        Machine.ThrowIfCrashed();
        return OpenObject(ObjectOf(Checked(fd)), flags, out reopened);
    }

    /// <inheritdoc/>
    public Errno Identify(SafeFd directory, ReadOnlySpan<byte> name, Span<byte> identity, out int length)
    {
        Errno errno = Look(directory, name, out SimulatedObject found);
        length = 0;
        if (errno == Errno.None)
        {
            WriteIdentity(found, identity);
            length = IdentityBytes;
        }

        return errno;
    }

    /// <inheritdoc/>
    public Errno HasIdentity(SafeFd directory, ReadOnlySpan<byte> name, ReadOnlySpan<byte> identity, out bool same)
    {
        Errno errno = Look(directory, name, out SimulatedObject found);
        same = errno == Errno.None && IsIdentity(found, identity);
        return errno;
    }

    /// <inheritdoc/>
    public Errno Stat(SafeFd directory, ReadOnlySpan<byte> name, out StatxResult stat)
    {
        const long second = 1_000_000_000;
        stat = default;
        Errno errno = Look(directory, name, out SimulatedObject found);
        if (errno != Errno.None)
        {
            return errno;
        }

        SimulatedAttributes attributes = found.Attributes;
        int subdirectories = 0;
        foreach ((byte[] _, SimulatedObject entry) in found.Entries)
        {
            subdirectories += entry.IsDirectory ? 1 : 0;
        }

        stat.Mode = (ushort)(((int)found.Type << 12) | (int)attributes.Mode);
        (stat.Uid, stat.Gid, stat.Inode) = (attributes.Uid, attributes.Gid, (ulong)found.Number);
        stat.Links = (uint)(!found.IsDirectory ? found.Links : found.IsDead ? 0 : subdirectories + 2);
        stat.Size = (ulong)(found.Type == InodeType.Symlink ? found.Target.Length : found.Content.Length);
        (stat.RdevMajor, stat.RdevMinor) = ((found.Rdev >> 8) & 0xfff, (found.Rdev & 0xff) | ((found.Rdev >> 12) & 0xfff00));
        stat.Mtime = new StatxTime { Seconds = attributes.MtimeNs / second, Nanoseconds = (uint)(attributes.MtimeNs % second) };
        stat.Atime = new StatxTime { Seconds = attributes.AtimeNs / second, Nanoseconds = (uint)(attributes.AtimeNs % second) };
        return Errno.None;
    }

    /// <inheritdoc/>
    public Errno ListNames(SafeFd directory, List<byte[]> names)
    {
        Errno errno = Look(directory, default, out SimulatedObject found);
        if (errno != Errno.None || !found.IsDirectory || found.IsDead)
        {
            return errno != Errno.None ? errno : found.IsDirectory ? Errno.ENOENT : Errno.ENOTDIR;
        }

        foreach ((byte[] name, SimulatedObject _) in found.Entries)
        {
            names.Add([.. name]);
        }

        return Errno.None;
    }

    /// <inheritdoc/>
    public Errno ListXattrs(SafeFd fd, Span<byte> names, out int length)
    {
        Machine.ThrowIfCrashed();
        length = 0;
        foreach ((byte[] name, byte[] _) in ObjectOf(Checked(fd)).Xattrs)
        {
            if (length + name.Length + 1 > names.Length)
            {
                return Errno.ERANGE;
            }

            name.CopyTo(names[length..]);
            names[length + name.Length] = 0;
            length += name.Length + 1;
        }

        return Errno.None;
    }

    private static bool IsIdentity(SimulatedObject found, ReadOnlySpan<byte> identity)
    {
        Span<byte> own = stackalloc byte[IdentityBytes];
        WriteIdentity(found, own);
        return own.SequenceEqual(identity);
    }

    private Errno OpenObject(SimulatedObject opened, OpenFlags flags, out SafeFd fd)
    {
        bool pathOnly = (flags & OpenFlags.PathOnly) != 0;
        bool writes = (flags & OpenFlags.AccessMode) != OpenFlags.ReadOnly;
        fd = new SafeFd();
        if ((flags & OpenFlags.Directory) != 0 && !opened.IsDirectory)
        {
            return Errno.ENOTDIR;
        }

        if (!pathOnly)
        {
            Errno errno = opened.Type switch
            {
                InodeType.Symlink => Errno.ELOOP,
                InodeType.Directory => writes ? Errno.EISDIR : Errno.None,
                InodeType.RegularFile => (flags & OpenFlags.Truncate) == 0 ? Errno.None : throw new NotSupportedException("O_TRUNC"),
                InodeType.Fifo when (flags & OpenFlags.AccessMode) == OpenFlags.ReadWrite => Errno.None,
                InodeType.Fifo => throw new InvalidOperationException("opening a FIFO blocks"),
                _ => Errno.ENXIO,
            };
            if (errno != Errno.None)
            {
                return errno;
            }
        }

        fd = new SimulatedFd(this, opened, flags);
        return Errno.None;
    }
}
