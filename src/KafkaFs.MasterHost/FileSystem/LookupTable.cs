using System.Runtime.InteropServices;
using KafkaFs.Journal;

namespace KafkaFs.MasterHost.FileSystem;

/// <summary>
/// How often the kernel was given each inode and has not forgotten it (FUSE's lookup count): while it is above 0 the kernel may
/// ask for the inode by its id, also after its last name went. An open file keeps its inode, so handles need no count of their
/// own. Safe for use from several threads.
/// </summary>
internal sealed class LookupTable
{
    private const int Shards = 64;

    private readonly Dictionary<FileId, ulong>[] _shards = [.. Enumerable.Range(0, Shards).Select(_ => new Dictionary<FileId, ulong>())];

    /// <summary>Inodes that the kernel knows.</summary>
    public int Count
    {
        get
        {
            int count = 0;
            foreach (Dictionary<FileId, ulong> shard in _shards)
            {
                lock (shard)
                {
                    count += shard.Count;
                }
            }

            return count;
        }
    }

    /// <summary>The kernel is given <paramref name="inode"/> once more.</summary>
    public void Add(FileId inode)
    {
        Dictionary<FileId, ulong> shard = ShardOf(inode);
        lock (shard)
        {
            CollectionsMarshal.GetValueRefOrAddDefault(shard, inode, out _)++;
        }
    }

    /// <summary>The kernel forgets <paramref name="count"/> of its references; true if that was the last.</summary>
    public bool Forget(FileId inode, ulong count)
    {
        Dictionary<FileId, ulong> shard = ShardOf(inode);
        lock (shard)
        {
            if (!shard.TryGetValue(inode, out ulong known))
            {
                return false;
            }

            if (known > count)
            {
                shard[inode] = known - count;
                return false;
            }

            return shard.Remove(inode);
        }
    }

    /// <summary>The kernel may still ask for <paramref name="inode"/>.</summary>
    public bool Contains(FileId inode)
    {
        Dictionary<FileId, ulong> shard = ShardOf(inode);
        lock (shard)
        {
            return shard.ContainsKey(inode);
        }
    }

    /// <summary>Every inode that the kernel knows, as of some moment during the call.</summary>
    public List<FileId> All()
    {
        List<FileId> all = [];
        foreach (Dictionary<FileId, ulong> shard in _shards)
        {
            lock (shard)
            {
                all.AddRange(shard.Keys);
            }
        }

        return all;
    }

    private Dictionary<FileId, ulong> ShardOf(FileId inode) => _shards[inode.Counter % Shards];
}
