using KafkaFs.Journal;
using KafkaFs.Posix;
using KafkaFs.Posix.Files;
using KafkaFs.Replica.Namespace;
using KafkaFs.Replica.Tree;

namespace KafkaFs.Replica.Recovery;

/// <summary>
/// Step 5: every touched name that the namespace has gets its object, parents first: an older directory by rename from limbo, an
/// older file by a link from wherever it is, what was born since the checkpoint made anew.
/// </summary>
internal sealed class Placement(RecoveryPlan plan, NamespaceState state, PhysicalPlaces places, TreePlace place, DataTree tree, Limbo limbo)
{
    private readonly HashSet<FileId> _inPlace = [FileId.Root];
    private readonly Dictionary<FileId, (FileId Parent, byte[] Name)> _made = [];

    public void Run(CancellationToken stop)
    {
        foreach ((FileId directory, TouchedDirectory touched) in plan.Directories)
        {
            stop.ThrowIfCancellationRequested();
            if (!state.TryGetAttributes(directory, out _))
            {
                continue;
            }

            Ensure(directory);
            foreach (byte[] name in touched.Names)
            {
                FileId wanted = state.Lookup(directory, name);
                if (!wanted.IsNone)
                {
                    Place(directory, name, wanted);
                }
            }
        }
    }

    // From the nearest directory that is in its place down to this one.
    private void Ensure(FileId directory)
    {
        Stack<(FileId Directory, FileId Parent, byte[] Name)> above = new();
        for (FileId current = directory; !_inPlace.Contains(current);)
        {
            if (!state.TryGetName(current, out FileId parent, out ReadOnlySpan<byte> name))
            {
                throw new InvalidOperationException($"Directory {current} has no name in the namespace.");
            }

            above.Push((current, parent, name.ToArray()));
            current = parent;
        }

        foreach ((FileId next, FileId parent, byte[] name) in above)
        {
            if (plan.Directories.TryGetValue(parent, out TouchedDirectory? touched) && touched.Contains(name))
            {
                Place(parent, name, next);
            }
            else
            {
                RequireThere(parent, name, next);
            }

            _inPlace.Add(next);
        }
    }

    // By its handle a directory is found also where somebody has moved it to, outside the data root.
    private void RequireThere(FileId parent, byte[] name, FileId directory)
    {
        Errno errno = tree.Reach(parent, places, out DescriptorLease lease);
        TreeRefusedException.ThrowUnlessAbsent(errno, "open the directory of", directory, state);
        using (lease)
        {
            if (errno != Errno.None || !IsThere(lease.Fd, parent, name, directory))
            {
                throw TreeDamage.Missing(place, state, directory);
            }
        }
    }

    private void Place(FileId directory, byte[] name, FileId wanted)
    {
        Errno errno = tree.Reach(directory, places, out DescriptorLease lease);
        if (TreeRefusedException.IsAbsent(errno))
        {
            throw TreeDamage.Missing(place, state, directory);
        }

        Require(errno, "open the directory of", directory, name);
        using (lease)
        {
            if (!IsThere(lease.Fd, directory, name, wanted))
            {
                Bring(lease.Fd, directory, name, wanted);
            }
        }
    }

    private void Require(Errno errno, string action, FileId directory, byte[] name) => TreeRefusedException.ThrowIf(errno, action, directory, name, state);

    private bool IsThere(SafeFd directory, FileId parent, byte[] name, FileId wanted)
    {
        Span<byte> identity = stackalloc byte[Effects.MaxIdentityBytes];
        identity = identity[..places.CopyIdentity(wanted, identity)];
        Errno errno = place.Calls.HasIdentity(directory, name, identity, out bool same);
        Require(errno == Errno.ENOENT ? Errno.None : errno, "identify", parent, name);
        return errno == Errno.None && same;
    }

    private void Bring(SafeFd directory, FileId parent, byte[] name, FileId wanted)
    {
        if (!plan.Older.TryGetValue(wanted, out OlderObject older))
        {
            MakeOrLink(directory, parent, name, wanted);
        }
        else if (older.IsDirectory)
        {
            byte[] from = Limbo.NameOf(wanted);
            Errno errno = tree.RenameToFreeName(limbo.Fd, from, directory, name);
            if (errno == Errno.ENOENT)
            {
                throw TreeDamage.Missing(place, state, wanted);
            }

            Require(errno, "place", parent, name);
            places.Move(wanted, parent, name);
        }
        else
        {
            PlaceFile(wanted, older.Identity, directory, parent, name);
        }
    }

    private void PlaceFile(FileId file, byte[] identity, SafeFd directory, FileId parent, byte[] name)
    {
        SafeFd from = FindOlder(file, identity, parent, name);
        Errno errno;
        using (from)
        {
            errno = place.Calls.Link(from, directory, name);
        }

        // It has as many names as the filesystem allows, one of them in limbo.
        errno = errno == Errno.EMLINK ? tree.RenameToFreeName(limbo.Fd, Limbo.NameOf(file), directory, name) : errno;
        Require(errno, "link", parent, name);
    }

    private void MakeOrLink(SafeFd directory, FileId parent, byte[] name, FileId wanted)
    {
        if (_made.TryGetValue(wanted, out (FileId Parent, byte[] Name) first))
        {
            Errno reached = tree.Reach(first.Parent, places, out DescriptorLease lease);
            Require(reached, "open the directory of", parent, name);
            using (lease)
            {
                Require(place.Calls.Open(lease.Fd, first.Name, OpenFlags.PathOnly, 0, out SafeFd made), "open", parent, name);
                using (made)
                {
                    Require(place.Calls.Link(made, directory, name), "link", parent, name);
                }
            }

            return;
        }

        Span<byte> identity = stackalloc byte[Effects.MaxIdentityBytes];
        Errno errno = tree.MakeAnew(directory, name, wanted, state, identity, out int length);
        Require(errno, "create", parent, name);
        state.SetIdentity(wanted, identity[..length]);
        _made.Add(wanted, (parent, name));
        places.Move(wanted, parent, name);
    }

    // In limbo, or at any other name that the namespace has for it.
    private SafeFd FindOlder(FileId inode, byte[] identity, FileId parent, byte[] name)
    {
        if (TryOpen(limbo.Fd, Limbo.NameOf(inode), identity, out SafeFd found))
        {
            return found;
        }

        foreach ((FileId directory, byte[] other) in state.NamesOf(inode))
        {
            if (directory == parent && other.AsSpan().SequenceEqual(name))
            {
                continue;
            }

            Errno errno = tree.Reach(directory, places, out DescriptorLease lease);
            TreeRefusedException.ThrowUnlessAbsent(errno, "open a directory of", inode, state);
            using (lease)
            {
                if (errno == Errno.None && TryOpen(lease.Fd, other, identity, out found))
                {
                    return found;
                }
            }
        }

        throw TreeDamage.Missing(place, state, inode);
    }

    private bool TryOpen(SafeFd directory, byte[] name, byte[] identity, out SafeFd fd)
    {
        Errno errno = place.Calls.Open(directory, name, OpenFlags.PathOnly, 0, out fd);
        bool same = false;
        errno = errno != Errno.None ? errno : place.Calls.HasIdentity(fd, default, identity, out same);
        if (!same)
        {
            fd.Dispose();
        }

        TreeRefusedException.ThrowUnlessAbsent(errno, "open", System.Text.Encoding.UTF8.GetString(name));
        return same;
    }
}
