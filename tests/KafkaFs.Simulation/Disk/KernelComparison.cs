using KafkaFs.Posix;
using KafkaFs.Posix.Files;
using KafkaFs.Replica.Namespace;
using KafkaFs.Replica.Tree;
using Xunit;

namespace KafkaFs.Simulation.Disk;

/// <summary>One random sequence of calls, made on the kernel's filesystem and on the simulated one; they answer the same, and have the same tree.</summary>
internal sealed class KernelComparison(int seed, SafeFd realRoot, Trace trace)
{
    private const long SimulatedNow = 4_000_000_000_000_000_000;

    private static readonly string[] s_names = ["a", "b", "c", "d"];
    private static readonly string[] s_xattrs = ["user.x", "user.y", "trusted.z", "security.capability", "system.none"];
    private static readonly byte[] s_capability = [1, 0, 0, 2, .. new byte[16]];

    private readonly Random _random = new(seed);
    private readonly SimulatedDisk _disk = new(new DiskTraits(), new Random(seed));
    private readonly LinuxTreeCalls _real = LinuxTreeCalls.Instance;
    private readonly List<(SafeFd Real, SafeFd Simulated)> _open = [];
    private readonly List<(byte[] Real, byte[] Simulated)> _identities = [];
    private readonly byte[] _buffer = new byte[65_536];
    private readonly byte[] _otherBuffer = new byte[65_536];

    public void Run(int calls)
    {
        _open.Add((realRoot, _disk.Place.Root));
        for (int call = 0; call < calls; call++)
        {
            (Errno real, Errno simulated, string what) = Step();
            trace.Add($"{call}: {what}: {real}");
            Assert.True(real == simulated, $"{what}: the kernel says {real}, the simulated disk {simulated}");
            if (call % 8 == 7)
            {
                CompareDirectory(realRoot, _disk.Root, "");
            }
        }

        foreach ((SafeFd real, SafeFd simulated) in _open.Skip(1))
        {
            real.Dispose();
            simulated.Dispose();
        }
    }

    private (Errno Real, Errno Simulated, string What) Step()
    {
        (SafeFd real, SafeFd simulated) = Any();
        byte[] name = Name();
        switch (_random.Next(22))
        {
            case 0 or 1:
                return Opened("create", _real.Open(real, name, CreateFlags(), Mode(), out SafeFd made), _disk.Open(simulated, name, _lastFlags, _lastMode, out SafeFd other), made, other, name);
            case 2 or 3:
                return (_real.MakeDirectory(real, name, Mode()), _disk.MakeDirectory(simulated, name, _lastMode), $"mkdir {At(simulated, name)} {_lastMode:x}");
            case 4:
                uint type = new uint[] { 0, 1, 2, 6, 8, 12, 4, 10, 3 }[_random.Next(9)] << 12;
                return (_real.MakeNode(real, name, Mode() | type, 0x12345), _disk.MakeNode(simulated, name, _lastMode | type, 0x12345), $"mknod {At(simulated, name)} {_lastMode | type:x}");
            case 5:
                byte[] target = _random.Next(8) == 0 ? [] : name;
                return (_real.MakeSymlink(target, real, name), _disk.MakeSymlink(target, simulated, name), $"symlink {At(simulated, name)}");
            case 6 or 7:
                (SafeFd linked, SafeFd other2) = Any();
                return (_real.Link(linked, real, name), _disk.Link(other2, simulated, name), $"link {At(other2, [])} to {At(simulated, name)}");
            case 8 or 9:
                (SafeFd to, SafeFd other3) = Any();
                byte[] newName = Name();
                uint flags = (uint)new[] { 0, 0, 1, 2, 3 }[_random.Next(5)];
                return (_real.Rename(real, name, to, newName, flags), _disk.Rename(simulated, name, other3, newName, flags), $"rename {At(simulated, name)} to {At(other3, newName)} {flags}");
            case 10:
                return (_real.Unlink(real, name), _disk.Unlink(simulated, name), $"unlink {At(simulated, name)}");
            case 11:
                return (_real.RemoveDirectory(real, name), _disk.RemoveDirectory(simulated, name), $"rmdir {At(simulated, name)}");
            case 12 or 13:
                return StepOpening(real, simulated, name);
            case 14:
                return StepIdentity(real, simulated, name);
            default:
                return StepContent(real, simulated);
        }
    }

    private (Errno Real, Errno Simulated, string What) StepOpening(SafeFd real, SafeFd simulated, byte[] name)
    {
        OpenFlags flags = new[] { OpenFlags.PathOnly, OpenFlags.PathOnly | OpenFlags.Directory, OpenFlags.ReadOnly, OpenFlags.ReadWrite, OpenFlags.Directory }[_random.Next(5)];
        SimulatedObject? found = ((SimulatedFd)simulated).Object.IsDirectory ? ((SimulatedFd)simulated).Object.Find(name) : null;
        switch (_random.Next(4))
        {
            case 0:
                byte[] path = [.. name, (byte)'/', .. Name()];
                return Opened("open beneath", _real.OpenBeneath(real, path, out SafeFd one), _disk.OpenBeneath(simulated, path, out SafeFd two), one, two, path);
            case 1 when !IsSpecial(((SimulatedFd)simulated).Object):
                return Opened($"reopen {flags}", _real.Reopen(real, flags, out SafeFd again), _disk.Reopen(simulated, flags, out SafeFd other), again, other, []);
            case 2:
                List<byte[]> names = [], others = [];
                (Errno Real, Errno Simulated, string What) result = (_real.ListNames(real, names), _disk.ListNames(simulated, others), $"list {At(simulated, [])}");
                Assert.Equal(Sorted(names), Sorted(others.Where(entry => !entry.AsSpan().SequenceEqual(".kafkafs"u8))));
                return result;
            default:
                flags = found is not null && IsSpecial(found) ? OpenFlags.PathOnly : flags;
                return Opened($"open {flags}", _real.Open(real, name, flags, 0, out SafeFd third), _disk.Open(simulated, name, flags, 0, out SafeFd fourth), third, fourth, name);
        }
    }

    private (Errno Real, Errno Simulated, string What) StepIdentity(SafeFd real, SafeFd simulated, byte[] name)
    {
        name = _random.Next(2) == 0 ? [] : name;
        if (_identities.Count < 3 || _random.Next(2) == 0)
        {
            Errno one = _real.Identify(real, name, _buffer, out int length), other = _disk.Identify(simulated, name, _otherBuffer, out int otherLength);
            if (one == Errno.None)
            {
                _identities.Add((_buffer[..length], _otherBuffer[..otherLength]));
            }

            return (one, other, $"identify {At(simulated, name)}");
        }

        (byte[] identity, byte[] otherIdentity) = _identities[_random.Next(_identities.Count)];
        if (_random.Next(2) == 0)
        {
            Errno one = _real.HasIdentity(real, name, identity, out bool same), other = _disk.HasIdentity(simulated, name, otherIdentity, out bool otherSame);
            Assert.Equal(same, otherSame);
            return (one, other, $"has identity {At(simulated, name)}");
        }

        Errno opened = _disk.OpenIdentity(_disk.Place.Root, otherIdentity, out SafeFd second);
        if (opened == Errno.None && ((SimulatedFd)second).Object.IsDead)
        {
            // Kernels differ in whether an open object without a name is found.
            second.Dispose();
            return (Errno.None, Errno.None, "open identity of a dead object");
        }

        return Opened("open identity", _real.OpenIdentity(realRoot, identity, out SafeFd first), opened, first, second, []);
    }

    private (Errno Real, Errno Simulated, string What) StepContent(SafeFd real, SafeFd simulated)
    {
        byte[] data = new byte[_random.Next(1, 20)];
        _random.NextBytes(data);
        ulong place = (ulong)_random.Next(100), size = (ulong)_random.Next(100), length = (ulong)_random.Next(1, 60);
        byte[] xattr = System.Text.Encoding.Latin1.GetBytes(s_xattrs[_random.Next(s_xattrs.Length)]);
        ulong before = (ulong)((SimulatedFd)simulated).Object.Content.Length;
        uint mode = new uint[] { 0, 1, 3, 16, 17 }[_random.Next(5)];
        ulong after = mode is 0 or 16 ? Math.Max(before, place + length) : before;
        string on = At(simulated, []);
        switch (_random.Next(8))
        {
            case 0:
                return (_real.WriteAll(real, data, place), _disk.WriteAll(simulated, data, place), $"write {on}");
            case 1:
                return (_real.Truncate(real, size), _disk.Truncate(simulated, size), $"truncate {on}");
            case 2 when ((SimulatedFd)simulated).IsWritable && ((SimulatedFd)simulated).Object.Xattrs.Length == 0: // tmpfs keeps a capability here
                return (_real.Allocate(real, mode, place, length, before, after), _disk.Allocate(simulated, mode, place, length, before, after), $"allocate {mode} {on}");
            case 3:
                uint uid = (uint)_random.Next(3), gid = (uint)_random.Next(3);
                return (_real.ChangeOwner(real, uid, gid), _disk.ChangeOwner(simulated, uid, gid), $"chown {on} {uid} {gid}");
            case 4 when simulated != _disk.Place.Root:
                return (_real.ChangeMode(real, Mode()), _disk.ChangeMode(simulated, _lastMode), $"chmod {on} {_lastMode:x}");
            case 5:
                long mtime = 1_600_000_000_000_000_000 + _random.NextInt64(1_000_000_000_000);
                return (_real.ChangeTimes(real, mtime + 1, mtime), _disk.ChangeTimes(simulated, mtime + 1, mtime), $"utimens {on}");
            case 6:
                byte[] value = xattr.AsSpan().SequenceEqual("security.capability"u8) ? s_capability : data;
                return (_real.SetXattr(real, xattr, value), _disk.SetXattr(simulated, xattr, value), $"setxattr {on} {s_xattrs[0]}");
            default:
                return (_real.RemoveXattr(real, xattr), _disk.RemoveXattr(simulated, xattr), $"removexattr {on}");
        }
    }

    private OpenFlags _lastFlags;
    private uint _lastMode;

    private OpenFlags CreateFlags() => _lastFlags = OpenFlags.Create | OpenFlags.Exclusive | (_random.Next(2) == 0 ? OpenFlags.ReadWrite : OpenFlags.ReadOnly);

    private uint Mode() => _lastMode = (uint)_random.Next(0x1000);

    private byte[] Name() => _random.Next(60) == 0 ? [.. Enumerable.Repeat((byte)'n', _random.Next(254, 258))] : [(byte)s_names[_random.Next(s_names.Length)][0]];

    private (SafeFd Real, SafeFd Simulated) Any() => _random.Next(3) == 0 ? _open[0] : _open[_random.Next(_open.Count)];

    private (Errno Real, Errno Simulated, string What) Opened(string what, Errno real, Errno simulated, SafeFd one, SafeFd other, byte[] name)
    {
        if (real == Errno.None && simulated == Errno.None)
        {
            _open.Add((one, other));
            if (_open.Count > 12)
            {
                int closed = _random.Next(1, _open.Count);
                _open[closed].Real.Dispose();
                _open[closed].Simulated.Dispose();
                _open.RemoveAt(closed);
            }
        }

        return (real, simulated, $"{what} {System.Text.Encoding.Latin1.GetString(name)}");
    }

    private void CompareDirectory(SafeFd real, SimulatedObject simulated, string path)
    {
        List<byte[]> names = [];
        _real.ListNames(real, names);
        names.RemoveAll(name => name.AsSpan().SequenceEqual(".kafkafs"u8));
        Assert.Equal(Sorted(names), Sorted(simulated.Entries.Select(entry => entry.Name).Where(name => !name.AsSpan().SequenceEqual(".kafkafs"u8))));
        foreach (byte[] name in names)
        {
            _real.Open(real, name, OpenFlags.PathOnly, 0, out SafeFd fd);
            using (fd)
            {
                CompareObject(fd, simulated.Find(name)!, $"{path}/{System.Text.Encoding.Latin1.GetString(name)}");
            }
        }
    }

    private void CompareObject(SafeFd real, SimulatedObject simulated, string path)
    {
        _real.Stat(real, default, out StatxResult stat);
        using SimulatedFd fd = new(_disk, simulated, OpenFlags.PathOnly);
        _disk.Stat(fd, default, out StatxResult other);
        Assert.Equal((path, stat.Mode, stat.Uid, stat.Gid, stat.Links, stat.Rdev), (path, other.Mode, other.Uid, other.Gid, other.Links, other.Rdev));
        long mtime = other.Mtime.TotalNs;
        Assert.Equal((path, mtime >= SimulatedNow), (path, stat.Mtime.TotalNs > 1_700_000_000_000_000_000));
        Assert.True(mtime >= SimulatedNow || mtime == stat.Mtime.TotalNs, $"{path} has another time");
        if (simulated.Type == InodeType.Directory)
        {
            CompareDirectory(real, simulated, path);
        }

        if (simulated.Type != InodeType.Symlink)
        {
            _real.ListXattrs(real, _buffer, out int length);
            _disk.ListXattrs(fd, _otherBuffer, out int otherLength);
            Assert.Equal(Split(_buffer.AsSpan(0, length)), Split(_otherBuffer.AsSpan(0, otherLength)));
        }

        if (simulated.Type == InodeType.RegularFile)
        {
            Assert.Equal((path, stat.Size), (path, other.Size));
            Assert.Equal(Errno.None, _real.Reopen(real, OpenFlags.ReadOnly, out SafeFd reader));
            using (reader)
            {
                DescriptorCalls.ReadAll(reader, _buffer, 0, out int read);
                Assert.Equal(_buffer[..read], simulated.Content);
            }
        }
    }

    private static string At(SafeFd directory, byte[] name) => $"{((SimulatedFd)directory).Object}/{System.Text.Encoding.Latin1.GetString(name)}";

    private static bool IsSpecial(SimulatedObject found) => found.Type is not (InodeType.RegularFile or InodeType.Directory or InodeType.Symlink);

    private static IEnumerable<string> Sorted(IEnumerable<byte[]> names) => names.Select(name => System.Text.Encoding.Latin1.GetString(name)).Order(StringComparer.Ordinal);

    private static string[] Split(ReadOnlySpan<byte> names) =>
        System.Text.Encoding.Latin1.GetString(names).Split('\0', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal).ToArray();
}
