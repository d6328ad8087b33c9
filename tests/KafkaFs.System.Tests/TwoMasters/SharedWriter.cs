using System.Globalization;
using System.Text;
using KafkaFs.Posix;
using KafkaFs.Posix.Files;

namespace KafkaFs.System.Tests.TwoMasters;

/// <summary>
/// A thread that makes, renames, rewrites, removes and appends on one mount, by names that others use too: whatever a local directory could answer
/// when somebody else was faster is right. The lines that were appended are remembered.
/// </summary>
internal sealed class SharedWriter
{
    private const int Folders = 4;
    private const int Names = 12;

    // EPERM: link(2) of what is a directory by now. ESTALE: the kernel gives up when a name is another inode's each time it looks.
    private static readonly Errno[] s_raced = [Errno.None, Errno.EPERM, Errno.ESTALE, Errno.ENOENT, Errno.EEXIST, Errno.ENOTEMPTY, Errno.EISDIR, Errno.ENOTDIR];

    private readonly string _mount;
    private readonly Random _random;
    private readonly Thread _thread;
    private volatile bool _isOver;

    public SharedWriter(string mount, string name, int seed)
    {
        (_mount, Name, _random) = (mount, name, new Random(seed));
        _thread = new Thread(Run) { IsBackground = true, Name = name };
    }

    /// <summary>What its lines begin with.</summary>
    public string Name { get; }

    /// <summary>Calls that were answered.</summary>
    public int Calls { get; private set; }

    /// <summary>What it has appended, by log.</summary>
    public List<string>[] Appended { get; } = [.. Enumerable.Range(0, Folders).Select(static _ => new List<string>())];

    /// <summary>The first answer that no local directory gives, or null.</summary>
    public string? Failure { get; private set; }

    /// <summary>Makes what all work in.</summary>
    public static void Prepare(string mount)
    {
        for (int folder = 0; folder < Folders; folder++)
        {
            Directory.CreateDirectory($"{mount}/d{folder}");
            File.WriteAllText($"{mount}/log{folder}", "");
        }
    }

    public void Start() => _thread.Start();

    /// <summary>Ends after the call that is under way; false if that takes longer than <paramref name="limit"/>.</summary>
    public bool Stop(TimeSpan limit)
    {
        _isOver = true;
        return _thread.Join(limit);
    }

    private void Run()
    {
        for (int number = 0; !_isOver && Failure is null; number++)
        {
            Errno errno = Work(number, out string what);
            Calls++;
            Failure = s_raced.Contains(errno) ? null : $"{Name}: {what} is answered {errno}";
        }
    }

    private Errno Work(int number, out string what)
    {
        string path = SomePath(), other = SomePath();
        switch (_random.Next(10))
        {
            case 0 or 1:
                what = "append to a log";
                return Append(_random.Next(Folders), $"{Name}-{number}");
            case 2 or 3:
                what = $"create {path}";
                return Write(path, OpenFlags.Create | OpenFlags.Truncate);
            case 4:
                what = $"write {path}";
                return Write(path, 0);
            case 5:
                what = $"rename {path} {other}";
                return FileCalls.Rename(null, Bytes(path), null, Bytes(other), 0);
            case 6:
                what = $"link {path} {other}";
                return FileCalls.Link(null, Bytes(path), null, Bytes(other));
            case 7:
                what = $"unlink {path}";
                return FileCalls.Unlink(null, Bytes(path));
            case 8:
                what = $"mkdir {path}";
                return FileCalls.MakeDirectory(null, Bytes(path), 0x1ed);
            default:
                what = $"rmdir {path}";
                return FileCalls.RemoveDirectory(null, Bytes(path));
        }
    }

    private Errno Append(int log, string line)
    {
        Errno errno = FileCalls.Open(null, Bytes($"{_mount}/log{log}"), OpenFlags.WriteOnly | OpenFlags.Append, 0, out SafeFd fd);
        using (fd)
        {
            errno = errno == Errno.None ? DescriptorCalls.WriteAll(fd, Bytes(line + "\n"), 0) : errno;
            errno = errno == Errno.None ? DescriptorCalls.Sync(fd) : errno;
        }

        if (errno == Errno.None)
        {
            Appended[log].Add(line);
        }

        return errno;
    }

    private Errno Write(string path, OpenFlags flags)
    {
        Errno errno = FileCalls.Open(null, Bytes(path), OpenFlags.WriteOnly | flags, 0x1a4, out SafeFd fd);
        using (fd)
        {
            return errno == Errno.None ? DescriptorCalls.WriteAll(fd, Bytes(Name), (ulong)_random.Next(10_000)) : errno;
        }
    }

    private string SomePath() => string.Create(CultureInfo.InvariantCulture, $"{_mount}/d{_random.Next(Folders)}/n{_random.Next(Names)}");

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
