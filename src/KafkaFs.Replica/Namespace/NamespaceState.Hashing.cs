using System.IO.Hashing;
using KafkaFs.Journal;
using KafkaFs.Replica.Namespace.Storage;

namespace KafkaFs.Replica.Namespace;

/// <summary>
/// The state hash: a sum of the hashes of rows, so that it follows each change without looking at the rest and does not depend on
/// how rows are stored. It tells replicas apart that differ by accident; whoever can choose rows can forge it.
/// </summary>
public sealed partial class NamespaceState
{
    private const int SessionSeed = 3, MasterSeed = 4, TotalsSeed = 5;

    private readonly RowBuffer _scratch = new();
    private UInt128 _rowsHash;

    /// <summary>
    /// 128 bits over all that is replicated, the same on every replica at this position: inodes with attributes, birth and target,
    /// entries with their cookies, extended attributes, sessions, the masters' last runs, filesystem, limits, level, position, log
    /// clock, and the last session and cookie. Not in it: identities of objects, which are a tree's own, and the order in which extended
    /// attributes are listed. For people it is written with 32 hexadecimal digits ("x32"). From any thread; the cost depends on the number of
    /// sessions and masters only.
    /// </summary>
    public UInt128 StateHash
    {
        get
        {
            lock (Gate)
            {
                UInt128 sum = _rowsHash + TotalsHash();
                foreach ((SessionId id, SessionState session) in _sessions)
                {
                    sum += SessionHash(id, session);
                }

                foreach ((Guid master, ulong run) in _lastRuns)
                {
                    sum += MasterHash(master, run);
                }

                return sum;
            }
        }
    }

    private UInt128 InodeHash(int slot)
    {
        _scratch.Clear();
        _scratch.Put(_inodes[slot].Id.Value);
        WriteInode(slot, _scratch);
        return ScratchHash((int)NamespaceTable.Inodes);
    }

    private UInt128 EntryHash(int slot)
    {
        _scratch.Clear();
        _scratch.Put(_entries[slot].Cookie);
        WriteEntry(slot, _scratch);
        return ScratchHash((int)NamespaceTable.Entries);
    }

    private UInt128 XattrHash(int inode, int slot)
    {
        _scratch.Clear();
        _scratch.Put(_inodes[inode].Id.Value);
        WriteXattr(slot, _scratch);
        return ScratchHash((int)NamespaceTable.Xattrs);
    }

    private UInt128 SessionHash(SessionId id, in SessionState session)
    {
        _scratch.Clear();
        _scratch.Put(id.Number);
        _scratch.Put(session.Master);
        _scratch.Put(session.Run);
        _scratch.Put(session.Incarnation);
        _scratch.Put(session.ExpectedSequence);
        _scratch.Put(session.LastCounter);
        return ScratchHash(SessionSeed);
    }

    private UInt128 MasterHash(Guid master, ulong run)
    {
        _scratch.Clear();
        _scratch.Put(master);
        _scratch.Put(run);
        return ScratchHash(MasterSeed);
    }

    private UInt128 TotalsHash()
    {
        _scratch.Clear();
        _scratch.Put(IsCreated ? (byte)1 : (byte)0);
        _scratch.Put(Filesystem);
        _scratch.Put(Level);
        _scratch.Put(Limits.NameMax);
        _scratch.Put(Limits.SymlinkMax);
        _scratch.Put(Limits.LinkMax);
        _scratch.Put(Limits.XattrNameMax);
        _scratch.Put(Limits.XattrValueMax);
        _scratch.Put(Limits.XattrTotalMax);
        _scratch.Put(Limits.FileSizeMax);
        _scratch.Put(Limits.TimeMinS);
        _scratch.Put(Limits.TimeMaxS);
        _scratch.Put(NextOffset);
        _scratch.Put(LogClockNs);
        _scratch.Put(LastSession);
        _scratch.Put(LastCookie);
        return ScratchHash(TotalsSeed);
    }

    private UInt128 ScratchHash(int seed) => XxHash128.HashToUInt128(_scratch.Written, seed);
}
