using System.Buffers.Binary;
using KafkaFs.Posix;
using KafkaFs.Posix.Files;
using KafkaFs.Replica.Checkpoint;
using KafkaFs.Replica.Namespace;
using KafkaFs.Replica.Tree;

namespace KafkaFs.Simulation.Disk;

/// <summary>
/// A filesystem in memory with Linux's calls, and a replica's small files beside the tree. The machine below it stops at a chosen
/// call (<see cref="SimulatedMachine"/>); what a power cut leaves is said at <see cref="CutPower(Random)"/>. Inode numbers are used
/// again at once, with a new generation. For one thread.
/// </summary>
internal sealed partial class SimulatedDisk : ITreeCalls, IReplicaDisk
{
    public const int IdentityBytes = 12;

    private readonly DiskTraits _traits;
    private readonly Random _random;
    private readonly List<SimulatedObject?> _byNumber = [null];
    private readonly Dictionary<string, byte[]> _stateFiles = [];
    private uint _generation;
    private long _now = 4_000_000_000_000_000_000;

    /// <param name="random">Decides what the traits leave open.</param>
    public SimulatedDisk(DiskTraits traits, Random random)
    {
        (_traits, _random) = (traits, random);
        Root = NewObject(InodeType.Directory, 0x1c0, null);
        Root.Links = 1;
        SimulatedObject own = NewObject(InodeType.Directory, 0x1c0, null);
        SetEntry(Root, ".kafkafs"u8, own);
        ForgetSynced();
        Refusing = new RefusingCalls(this);
        Place = Mount();
    }

    public SimulatedMachine Machine { get; } = new();

    /// <summary>The data root.</summary>
    public SimulatedObject Root { get; }

    /// <summary>`.kafkafs` in it.</summary>
    public SimulatedObject Own => Root.Find(".kafkafs"u8)!;

    /// <summary>How often the machine was started; descriptors belong to one of these.</summary>
    public int Boot { get; private set; }

    /// <inheritdoc/>
    public TreePlace Place { get; private set; }

    /// <summary>Through which the tree is reached; refuses calls when it is told to.</summary>
    public RefusingCalls Refusing { get; }

    /// <inheritdoc/>
    public byte[] Identity { get; } = [1, 2, 3, 4];

    /// <inheritdoc/>
    public bool IsEmpty
    {
        get
        {
            Machine.ThrowIfCrashed();
            return Root.Entries.Count == 1;
        }
    }

    /// <inheritdoc/>
    public byte[]? ReadStateFile(string name)
    {
        Machine.ThrowIfCrashed();
        return _stateFiles.TryGetValue(name, out byte[]? content) ? [.. content] : null;
    }

    /// <inheritdoc/>
    public void WriteStateFile(string name, ReadOnlySpan<byte> content)
    {
        BeginDurable($"write of state file {name}");
        _stateFiles[name] = content.ToArray();
        EndDurable($"write of state file {name}");
    }

    /// <inheritdoc/>
    public void RemoveStateFile(string name)
    {
        BeginDurable($"removal of state file {name}");
        _stateFiles.Remove(name);
        EndDurable($"removal of state file {name}");
    }

    /// <inheritdoc/>
    public Errno WriteTrail(ReadOnlySpan<byte> content)
    {
        Machine.Begin("write of the trail");
        _trails.Add(content.ToArray());
        Machine.End("write of the trail");
        return Errno.None;
    }

    /// <inheritdoc/>
    public byte[] ReadTrail()
    {
        Machine.ThrowIfCrashed();
        return [.. _trails[^1]];
    }

    /// <summary>Something is about to be made durable beside the tree (a file, the index): it is, once <see cref="EndDurable"/> was reached.</summary>
    public void BeginDurable(string what)
    {
        Machine.Begin(what);
        Machine.Listener?.Invoke(what);
    }

    /// <summary>It is durable, and perhaps the names before it.</summary>
    public void EndDurable(string what)
    {
        if (_random.Next(100) < _traits.SyncsNamesPercent)
        {
            _durableCalls = _callEnds.Count;
        }

        Machine.End(what);
    }

    /// <summary>What <see cref="ITreeCalls.Identify"/> says of an object.</summary>
    public static void WriteIdentity(SimulatedObject identified, Span<byte> identity)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(identity, (ulong)identified.Number);
        BinaryPrimitives.WriteUInt32LittleEndian(identity[8..], identified.Generation);
    }

    /// <summary>A descriptor was closed.</summary>
    public void Close(SimulatedObject closed)
    {
        closed.Opens--;
        FreeIfGone(closed);
    }

    private TreePlace Mount() => new(
        Refusing, new SimulatedFd(this, Root, OpenFlags.ReadOnly | OpenFlags.Directory), new SimulatedFd(this, Own, OpenFlags.ReadOnly | OpenFlags.Directory), "simulated");

    private SimulatedObject NewObject(InodeType type, uint mode, SimulatedObject? directory, uint rdev = 0, byte[]? target = null)
    {
        const uint sgid = 0x400;
        int number = 1;
        while (number < _byNumber.Count && _byNumber[number] is not null)
        {
            number++;
        }

        bool inherits = directory is not null && (directory.Attributes.Mode & sgid) != 0;
        SimulatedObject made = new(number, ++_generation, type)
        {
            Rdev = rdev,
            Target = target ?? [],
            Attributes = new SimulatedAttributes(
                inherits && type == InodeType.Directory ? mode | sgid : mode, 0, inherits ? directory!.Attributes.Gid : 0, ++_now, _now),
        };
        if (number == _byNumber.Count)
        {
            _byNumber.Add(made);
        }

        _byNumber[number] = made;
        return made;
    }

    private void FreeIfGone(SimulatedObject left)
    {
        if (left.Links == 0 && left.Opens <= 0 && left != Root && left.Number < _byNumber.Count && _byNumber[left.Number] == left)
        {
            _byNumber[left.Number] = null;
        }
    }

    private static SimulatedObject ObjectOf(SafeFd fd) => ((SimulatedFd)fd).Object;

    // The object of a descriptor, or at a name of it if there is one.
    private Errno Look(SafeFd directory, ReadOnlySpan<byte> name, out SimulatedObject found)
    {
        Machine.ThrowIfCrashed();
        found = ObjectOf(Checked(directory));
        return name.IsEmpty || (name.SequenceEqual("."u8) && found.IsDirectory) ? Errno.None : LookUp(found, name, out found!);
    }

    private static Errno LookUp(SimulatedObject directory, ReadOnlySpan<byte> name, out SimulatedObject? found)
    {
        const int nameMax = 255;
        found = null;
        if (name.IndexOf((byte)'/') >= 0 || name.SequenceEqual("."u8) || name.SequenceEqual(".."u8))
        {
            throw new InvalidOperationException("a name with a slash or of dots was used");
        }

        if (!directory.IsDirectory)
        {
            return Errno.ENOTDIR;
        }

        if (name.IsEmpty || directory.IsDead || name.Length > nameMax)
        {
            return name.Length > nameMax && !directory.IsDead ? Errno.ENAMETOOLONG : Errno.ENOENT;
        }

        found = directory.Find(name);
        return found is null ? Errno.ENOENT : Errno.None;
    }

    private SafeFd Checked(SafeFd fd) => fd is SimulatedFd { IsClosed: false } simulated && simulated.IsOf(this)
        ? fd
        : throw new InvalidOperationException("a descriptor was used that is closed, or of a machine that has stopped");
}
