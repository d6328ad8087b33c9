using KafkaFs.Posix;
using KafkaFs.Posix.Files;
using KafkaFs.Replica.Namespace;

namespace KafkaFs.Simulation.Disk;

/// <summary>Names, with the errors in the order in which Linux finds them.</summary>
internal sealed partial class SimulatedDisk
{
    /// <inheritdoc/>
    public Errno MakeDirectory(SafeFd directory, ReadOnlySpan<byte> name, uint mode)
    {
        const uint permissionsAndSticky = 0x3ff;
        Machine.Begin("mkdir");
        Errno errno = FindFree(directory, name, out SimulatedObject parent);
        if (errno == Errno.None)
        {
            Put(parent, name, NewObject(InodeType.Directory, mode & permissionsAndSticky, parent));
        }

        return Done("mkdir", directory, name, errno);
    }

    /// <inheritdoc/>
    public Errno MakeNode(SafeFd directory, ReadOnlySpan<byte> name, uint mode, ulong device)
    {
        Machine.Begin("mknod");
        InodeType type = (InodeType)((mode >> 12) & 15);
        type = type == InodeType.None ? InodeType.RegularFile : type;
        bool isDevice = type is InodeType.CharacterDevice or InodeType.BlockDevice;
        SimulatedObject parent = null!;
        Errno errno = type is InodeType.RegularFile or InodeType.Fifo or InodeType.Socket || isDevice ? Errno.None
            : type == InodeType.Directory ? Errno.EPERM
            : Errno.EINVAL;
        errno = errno != Errno.None ? errno : FindFree(directory, name, out parent);
        errno = errno == Errno.None && isDevice && !_traits.IsRoot ? Errno.EPERM : errno;
        if (errno == Errno.None)
        {
            Put(parent, name, NewObject(type, mode & 0xfff, parent, isDevice ? (uint)device : 0));
        }

        return Done("mknod", directory, name, errno);
    }

    /// <inheritdoc/>
    public Errno MakeSymlink(ReadOnlySpan<byte> target, SafeFd directory, ReadOnlySpan<byte> name)
    {
        Machine.Begin("symlink");
        SimulatedObject parent = null!;
        Errno errno = target.IsEmpty ? Errno.ENOENT : target.Length > 4_095 ? Errno.ENAMETOOLONG : FindFree(directory, name, out parent);
        if (errno == Errno.None)
        {
            Put(parent, name, NewObject(InodeType.Symlink, 0x1ff, parent, target: target.ToArray()));
        }

        return Done("symlink", directory, name, errno);
    }

    /// <inheritdoc/>
    public Errno Link(SafeFd fd, SafeFd directory, ReadOnlySpan<byte> name)
    {
        Machine.Begin("link");
        SimulatedObject linked = ObjectOf(Checked(fd));
        Errno errno = FindFree(directory, name, out SimulatedObject parent);
        errno = errno != Errno.None ? errno
            : linked.IsDirectory ? Errno.EPERM
            : linked.Links == 0 ? Errno.ENOENT
            : Errno.None;
        if (errno == Errno.None)
        {
            Put(parent, name, linked);
        }

        return Done("link", directory, name, errno);
    }

    /// <inheritdoc/>
    public Errno Unlink(SafeFd directory, ReadOnlySpan<byte> name)
    {
        Machine.Begin("unlink");
        Errno errno = Find(directory, name, out SimulatedObject parent, out SimulatedObject? found);
        errno = errno != Errno.None ? errno : found!.IsDirectory ? Errno.EISDIR : Errno.None;
        if (errno == Errno.None)
        {
            Take(parent, name, found!);
        }

        return Done("unlink", directory, name, errno);
    }

    /// <inheritdoc/>
    public Errno RemoveDirectory(SafeFd directory, ReadOnlySpan<byte> name)
    {
        Machine.Begin("rmdir");
        Errno errno = Find(directory, name, out SimulatedObject parent, out SimulatedObject? found);
        errno = errno != Errno.None ? errno
            : !found!.IsDirectory ? Errno.ENOTDIR
            : found.Entries.Count > 0 ? Errno.ENOTEMPTY
            : Errno.None;
        if (errno == Errno.None)
        {
            Take(parent, name, found!);
        }

        return Done("rmdir", directory, name, errno);
    }

    /// <inheritdoc/>
    public Errno Rename(SafeFd directory, ReadOnlySpan<byte> name, SafeFd newDirectory, ReadOnlySpan<byte> newName, uint flags)
    {
        const uint noReplace = 1, exchange = 2;
        Machine.Begin("rename");
        Errno errno = flags > exchange ? Errno.EINVAL : Errno.None;
        SimulatedObject from = null!, to = null!;
        SimulatedObject? moved = null, victim = null;
        errno = errno != Errno.None ? errno : Parent(directory, out from);
        errno = errno != Errno.None ? errno : Parent(newDirectory, out to);
        errno = errno != Errno.None ? errno : LookUp(from, name, out moved);
        if (errno == Errno.None)
        {
            errno = LookUp(to, newName, out victim);
            errno = errno == Errno.ENOENT && !to.IsDead && flags != exchange && !newName.IsEmpty ? Errno.None : errno;
        }

        errno = errno != Errno.None ? errno
            : victim is not null && flags == noReplace ? Errno.EEXIST
            : CheckMove(from, moved!, to, victim, flags == exchange);
        if (errno == Errno.None && moved != victim)
        {
            Move(from, name, moved!, to, newName, flags == exchange ? victim : null);
            FreeIfGone(victim ?? moved!);
        }

        return Done(flags == exchange ? "exchange" : "rename", directory, name, errno, newDirectory, newName);
    }

    private static Errno CheckMove(SimulatedObject from, SimulatedObject moved, SimulatedObject to, SimulatedObject? victim, bool exchanges)
    {
        if (moved.IsDirectory && moved.Holds(to))
        {
            return Errno.EINVAL;
        }

        if (victim is null || victim == moved)
        {
            return Errno.None;
        }

        if (victim.IsDirectory && victim.Holds(from))
        {
            return exchanges ? Errno.EINVAL : Errno.ENOTEMPTY;
        }

        return exchanges ? Errno.None
            : moved.IsDirectory && !victim.IsDirectory ? Errno.ENOTDIR
            : !moved.IsDirectory && victim.IsDirectory ? Errno.EISDIR
            : victim.Entries.Count > 0 ? Errno.ENOTEMPTY
            : Errno.None;
    }

    private void Move(SimulatedObject from, ReadOnlySpan<byte> name, SimulatedObject moved, SimulatedObject to, ReadOnlySpan<byte> newName, SimulatedObject? exchanged)
    {
        SetEntry(from, name, null);
        SetEntry(to, newName, null);
        SetEntry(to, newName, moved);
        if (exchanged is not null)
        {
            SetEntry(from, name, exchanged);
        }

        TouchDirectory(from);
        TouchDirectory(to);
    }

    private Errno Create(SafeFd directory, ReadOnlySpan<byte> name, OpenFlags flags, uint mode, out SafeFd fd)
    {
        Machine.Begin("create");
        fd = new SafeFd();
        Errno errno = (flags & OpenFlags.Directory) != 0 ? Errno.EINVAL : Parent(directory, out _);
        SimulatedObject? found = null;
        errno = errno != Errno.None ? errno : LookUp(ObjectOf(directory), name, out found);
        if (errno == Errno.None)
        {
            errno = (flags & OpenFlags.Exclusive) != 0 ? Errno.EEXIST
                : found!.IsDirectory ? Errno.EISDIR
                : OpenObject(found, flags | OpenFlags.NoFollow, out fd);
        }
        else if (errno == Errno.ENOENT && !name.IsEmpty && !ObjectOf(directory).IsDead)
        {
            found = NewObject(InodeType.RegularFile, mode & 0xfff, ObjectOf(directory));
            Put(ObjectOf(directory), name, found);
            errno = OpenObject(found, flags, out fd);
        }

        return Done("create", directory, name, errno);
    }

    private Errno Parent(SafeFd directory, out SimulatedObject parent)
    {
        parent = ObjectOf(Checked(directory));
        return parent.IsDirectory ? Errno.None : Errno.ENOTDIR;
    }

    private Errno Find(SafeFd directory, ReadOnlySpan<byte> name, out SimulatedObject parent, out SimulatedObject? found)
    {
        found = null;
        Errno errno = Parent(directory, out parent);
        return errno != Errno.None ? errno : LookUp(parent, name, out found);
    }

    private Errno FindFree(SafeFd directory, ReadOnlySpan<byte> name, out SimulatedObject parent)
    {
        Errno errno = Find(directory, name, out parent, out _);
        return errno == Errno.None ? Errno.EEXIST : errno == Errno.ENOENT && !name.IsEmpty && !parent.IsDead ? Errno.None : errno;
    }

    private void Put(SimulatedObject parent, ReadOnlySpan<byte> name, SimulatedObject put)
    {
        SetEntry(parent, name, put);
        TouchDirectory(parent);
    }

    private void Take(SimulatedObject parent, ReadOnlySpan<byte> name, SimulatedObject taken)
    {
        SetEntry(parent, name, null);
        TouchDirectory(parent);
        FreeIfGone(taken);
    }

    private void TouchDirectory(SimulatedObject directory) => SetAttributes(directory, directory.Attributes with { MtimeNs = ++_now });

    // Ends a changing call: its effects so far are one step of the order in which names survive.
    private Errno Done(string call, SafeFd fd, ReadOnlySpan<byte> name, Errno errno, SafeFd? newDirectory = null, ReadOnlySpan<byte> newName = default)
    {
        EndCall();
        if (Machine.Listener is not null)
        {
            string target = newDirectory is null ? "" : $" to {PathOf(newDirectory)}/{Naming(newName)}";
            Machine.Listener($"  {call} {PathOf(fd)}{(name.IsEmpty ? "" : "/")}{Naming(name)}{target}{(errno == Errno.None ? "" : $": {errno}")}");
        }

        Machine.End(call);
        return errno;
    }

    private static string Naming(ReadOnlySpan<byte> name) => System.Text.Encoding.Latin1.GetString(name);

    private string PathOf(SafeFd fd)
    {
        SimulatedObject named = ObjectOf(fd);
        string path = "";
        for (SimulatedObject? above = named; above is { Parent: not null }; above = above.Parent)
        {
            foreach ((byte[] name, SimulatedObject entry) in above.Parent!.Entries)
            {
                path = entry == above ? $"{Naming(name)}/{path}" : path;
            }
        }

        return $"{(path.Length == 0 ? named == Root ? "." : "" : path.TrimEnd('/'))}{named}";
    }
}
