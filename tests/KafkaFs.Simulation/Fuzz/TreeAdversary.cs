using System.Text;
using KafkaFs.Posix;
using KafkaFs.Posix.Files;
using Xunit;

namespace KafkaFs.Simulation.Fuzz;

/// <summary>
/// Somebody who works in a slave's tree, on a thread of its own: plants links to the outside, puts them in the place of directories,
/// moves and removes what is there, and leaves pipes and files of its own.
/// </summary>
internal sealed class TreeAdversary : IDisposable
{
    /// <summary>The folder of the files that it links into the tree; their contents and attributes are nobody else's.</summary>
    public const string Baits = "baits";

    private const int BaitFiles = 4;

    private readonly Random _random;
    private readonly Trace _trace;
    private readonly string _folder;
    private readonly string _outside;
    private readonly SafeFd _root;
    private readonly Thread _thread;
    private readonly (uint Mode, uint Uid, uint Gid, long Mtime)[] _modes;
    private volatile bool _stop;
    private int _moved;
    private int _done;

    public TreeAdversary(int seed, Trace trace, string folder, string outside)
    {
        (_random, _trace, _folder, _outside) = (new Random(seed), trace, folder, outside);
        Directory.CreateDirectory($"{folder}/{Baits}");
        foreach (string bait in BaitPaths)
        {
            File.WriteAllText(bait, "bait");
        }

        _modes = [.. BaitPaths.Select(Mode)];

        Assert.Equal(Errno.None, FileCalls.Open(null, Encoding.UTF8.GetBytes($"{folder}/root"), OpenFlags.ReadOnly | OpenFlags.Directory, 0, out _root));
        _thread = new Thread(Attack) { IsBackground = true };
        _thread.Start();
    }

    private IEnumerable<string> BaitPaths => Enumerable.Range(0, BaitFiles).Select(number => $"{_folder}/{Baits}/{number}");

    public void Stop()
    {
        _stop = true;
        _thread.Join();
        _trace.Add($"{_done} attacks");
    }

    /// <summary>What was linked into the tree has its content and attributes still.</summary>
    public void AssertBaitsAreWhole()
    {
        Assert.All(BaitPaths, bait => Assert.Equal("bait", File.ReadAllText(bait)));
        Assert.Equal(_modes, BaitPaths.Select(Mode));
    }

    public void Dispose()
    {
        Stop();
        _root.Dispose();
    }

    private static (uint Mode, uint Uid, uint Gid, long Mtime) Mode(string bait)
    {
        FileCalls.Stat(null, Encoding.UTF8.GetBytes(bait), out StatxResult stat);
        return (stat.Mode, stat.Uid, stat.Gid, stat.Mtime.TotalNs);
    }

    private void Attack()
    {
        while (!_stop)
        {
            using SafeFd directory = AnyDirectory();
            _done += AttackIn(directory) == Errno.None ? 1 : 0;
            Thread.Sleep(TimeSpan.FromMilliseconds(_random.Next(3)));
        }
    }

    private Errno AttackIn(SafeFd directory)
    {
        byte[] name = AnyName(), moved = Encoding.UTF8.GetBytes($"moved-{++_moved}");
        switch (_random.Next(10))
        {
            case 0:
                return FileCalls.MakeSymlink(Outside("directory"), directory, name);
            case 1:
                return FileCalls.MakeSymlink(Outside("a"), directory, name);
            case 2:
                using (SafeFd other = AnyDirectory())
                {
                    return FileCalls.Rename(directory, name, other, AnyName(), 0);
                }

            case 3 or 4:
                Errno errno = FileCalls.Rename(directory, name, directory, moved, 0);
                return errno == Errno.None ? FileCalls.MakeSymlink(Outside(_random.Next(2) == 0 ? "" : "directory"), directory, name) : errno;
            case 5:
                return FileCalls.Unlink(directory, name);
            case 6:
                return FileCalls.MakeNode(directory, name, 0x1180, 0);
            case 7:
                errno = FileCalls.Open(directory, name, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive, 0x180, out SafeFd stray);
                stray.Dispose();
                return errno;
            case 8:
                return FileCalls.Link(null, Encoding.UTF8.GetBytes(BaitPaths.ElementAt(_random.Next(BaitFiles))), directory, name);
            default:
                FileCalls.Unlink(directory, name);
                return FileCalls.MakeSymlink(Outside("a"), directory, name);
        }
    }

    // The root, or a directory one or two below it; by descriptor, so that no link of its own leads it out.
    private SafeFd AnyDirectory()
    {
        byte[] path = _random.Next(3) switch { 0 => "."u8.ToArray(), 1 => AnyName(), _ => [.. AnyName(), (byte)'/', .. AnyName()] };
        OpenFlags flags = OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow;
        if (FileCalls.OpenBeneath(_root, path, flags, 0, out SafeFd directory) != Errno.None)
        {
            FileCalls.Open(_root, "."u8, flags, 0, out directory);
        }

        return directory;
    }

    private byte[] AnyName() => [(byte)('a' + _random.Next(6))];

    private byte[] Outside(string name) => Encoding.UTF8.GetBytes($"{_outside}/{name}");
}
