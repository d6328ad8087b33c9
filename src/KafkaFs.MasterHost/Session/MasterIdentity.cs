using System.Buffers.Binary;
using KafkaFs.Replica.Tree;

namespace KafkaFs.MasterHost.Session;

/// <summary>
/// Which master this data root is, and how often it has started. The run is raised durably before each SessionStarted, so that
/// a start which lands late, or twice, is void. Bound to the root's own identity: a copied data root is another master.
/// </summary>
/// <param name="Master">UUID of the master.</param>
/// <param name="Run">Number of this start, from 1.</param>
internal sealed record MasterIdentity(Guid Master, ulong Run)
{
    private const string FileName = "master";
    private const int RunAt = 16;
    private const int RootAt = RunAt + sizeof(ulong);

    /// <summary>Raises the run in the data root and returns it; <paramref name="atLeast"/> is the last run that the log accepted.</summary>
    public static MasterIdentity Advance(DataRoot root, Func<Guid, ulong> atLeast)
    {
        (Guid master, ulong run) = Load(root);
        MasterIdentity next = new(master, Math.Max(run, atLeast(master)) + 1);
        byte[] file = new byte[RootAt + root.Identity.Length];
        next.Master.TryWriteBytes(file, bigEndian: true, out _);
        BinaryPrimitives.WriteUInt64BigEndian(file.AsSpan(RunAt), next.Run);
        root.Identity.CopyTo(file.AsSpan(RootAt));
        root.WriteStateFile(FileName, file);
        return next;
    }

    private static (Guid Master, ulong Run) Load(DataRoot root)
    {
        byte[]? file = root.ReadStateFile(FileName);
        return file?.Length > RootAt && file.AsSpan(RootAt).SequenceEqual(root.Identity)
            ? (new Guid(file.AsSpan(0, RunAt), bigEndian: true), BinaryPrimitives.ReadUInt64BigEndian(file.AsSpan(RunAt)))
            : (Guid.NewGuid(), 0);
    }
}
