using KafkaFs.Journal;
using KafkaFs.Replica.Namespace;

namespace KafkaFs.Simulation.Model;

/// <summary>The product's namespace against the naive model: everything that is replicated.</summary>
internal static class StateComparison
{
    /// <summary>The first differences, in words; empty if there are none.</summary>
    public static List<string> Differences(NaiveFilesystem model, NamespaceState state)
    {
        List<string> found = [];
        Expect(found, "inodes", model.Inodes.Count, state.InodeCount);
        Expect(found, "entries", model.Inodes.Values.Sum(inode => inode.Entries.Count), state.EntryCount);
        Expect(found, "log clock", model.Clock, state.LogClockNs);
        Expect(found, "last cookie", model.LastCookie, state.LastCookie);
        Expect(found, "last session", model.LastSession, state.LastSession);
        Expect(found, "filesystem", (model.Created, model.Filesystem, model.Level), (state.IsCreated, state.Filesystem, state.Level));
        Expect(found, "limits", model.Created ? model.Limits : default, state.Limits);
        foreach ((Guid master, ulong run) in model.Runs)
        {
            Expect(found, $"last run of {master}", run, state.LastRun(master));
        }

        Expect(found, "sessions", string.Join(',', model.Sessions.Keys.Order()), string.Join(',', state.Sessions.Keys.Select(id => id.Number).Order()));
        foreach ((uint id, ModelSession session) in model.Sessions)
        {
            SessionState other = state.Sessions.GetValueOrDefault(new SessionId(id));
            Expect(found, $"session {id}", new SessionState(session.Master, session.Run, session.Incarnation, session.Next, session.LastCounter), other);
        }

        foreach (ModelInode inode in model.Inodes.Values)
        {
            CompareInode(found, model, inode, state);
        }

        return found;
    }

    private static void CompareInode(List<string> found, NaiveFilesystem model, ModelInode inode, NamespaceState state)
    {
        FileId id = new(inode.Id);
        if (!state.TryGetAttributes(id, out InodeAttributes other))
        {
            found.Add($"inode {id} is missing");
            return;
        }

        Expect(found, $"{id} type", inode.Type, other.Type);
        Expect(found, $"{id} mode and owner", (inode.Mode, inode.Uid, inode.Gid, inode.Rdev), ((uint)other.Mode, other.Uid, other.Gid, other.Rdev));
        Expect(found, $"{id} size", inode.Size, other.Size);
        Expect(found, $"{id} times", (inode.Mtime, inode.Ctime, inode.Btime, inode.Atime), (other.MtimeNs, other.CtimeNs, other.BtimeNs, other.HasAtime ? other.AtimeNs : null));
        Expect(found, $"{id} target", inode.Target, inode.Type == InodeType.Symlink ? NaiveFilesystem.Text(state.GetTarget(id)) : "");
        uint links = inode.IsDirectory ? (uint)inode.Entries.Values.Count(entry => entry.Inode.IsDirectory) + 2 : (uint)model.LinksOf(inode);
        Expect(found, $"{id} links", links, other.StLinks);
        Expect(found, $"{id} entry count", (uint)inode.Entries.Count, other.Entries);
        CompareEntries(found, inode, state);
        byte[] names = new byte[65_536];
        int listed = state.ListXattrs(id, names);
        string[] keys = NaiveFilesystem.Text(names.AsSpan(0, listed)).Split('\0', StringSplitOptions.RemoveEmptyEntries);
        Expect(found, $"{id} xattrs", string.Join(',', inode.Xattrs.Keys), string.Join(',', keys.Order(StringComparer.Ordinal)));
        foreach ((string name, string value) in inode.Xattrs)
        {
            state.TryGetXattr(id, System.Text.Encoding.Latin1.GetBytes(name), out ReadOnlySpan<byte> stored);
            Expect(found, $"{id} xattr {name}", value, NaiveFilesystem.Text(stored));
        }
    }

    private static void CompareEntries(List<string> found, ModelInode directory, NamespaceState state)
    {
        DirectoryCursor cursor = new(new FileId(directory.Id), 0);
        foreach ((string name, (ModelInode inode, long cookie)) in directory.Entries.OrderBy(entry => entry.Value.Cookie))
        {
            if (!state.TryReadEntry(ref cursor, out DirectoryEntry entry))
            {
                found.Add($"{directory.Id:x} ends before {name}");
                return;
            }

            Expect(found, $"{directory.Id:x} entry", (name, inode.Id, cookie), (NaiveFilesystem.Text(entry.Name), entry.Inode.Value, entry.Cookie));
        }

        Expect(found, $"{directory.Id:x} has more", false, state.TryReadEntry(ref cursor, out _));
    }

    private static void Expect<T>(List<string> found, string what, T expected, T actual)
    {
        if (!EqualityComparer<T>.Default.Equals(expected, actual) && found.Count < 10)
        {
            found.Add($"{what}: the model has {expected}, the namespace {actual}");
        }
    }
}
