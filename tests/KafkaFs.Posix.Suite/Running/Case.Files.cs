using System.Runtime.InteropServices;
using System.Text;
using KafkaFs.Posix.Suite.Calls;
using static KafkaFs.Posix.Suite.Calls.Constants;

namespace KafkaFs.Posix.Suite.Running;

/// <summary>What rules begin with; not counted, but a rule whose beginning fails is broken.</summary>
internal sealed partial class Case
{
    /// <summary>A device number that no driver has: major 240 is for experiments, the minor needs more than 16 bits (xfs has 18).</summary>
    public static ulong NoDevice { get; } = Calls.Constants.Device(240, 0x34567);

    public static string[] Types { get; } = ["regular", "directory", "fifo", "socket", "character", "block", "link", "dirlink", "dangling", "loop"];

    public static string[] RealTypes { get; } = ["regular", "directory", "fifo", "socket", "character", "block", "dangling"];

    /// <summary>A regular file with this content.</summary>
    public string File(string name, int octal = 644, string content = "")
    {
        long fd = Sys.Open(name, O_CREAT | O_EXCL | O_WRONLY, O(600));
        Need(fd, name);
        if (content.Length > 0)
        {
            Need(Sys.Write(fd, content), name);
        }

        Need(Sys.Fchmod(fd, O(octal)), name);
        Need(Sys.Close(fd), name);
        return name;
    }

    public string Folder(string name, int octal = 755)
    {
        Need(Sys.Mkdir(name, O(700)), name);
        Need(Sys.Chmod(name, O(octal)), name);
        return name;
    }

    /// <summary>A file of a type, by its name in <see cref="Types"/>; what a link points to is made beside it.</summary>
    public string Make(string type, string name)
    {
        switch (type)
        {
            case "regular": return File(name, 644, "content");
            case "directory": return Folder(name);
            case "fifo": Need(Sys.Mknod(name, S_IFIFO | O(644)), name); break;
            case "socket": Need(Sys.Mknod(name, S_IFSOCK | O(644)), name); break;
            case "character": Need(Sys.Mknod(name, S_IFCHR | O(644), NoDevice), name); break;
            case "block": Need(Sys.Mknod(name, S_IFBLK | O(644), NoDevice), name); break;
            case "link": Need(Sys.Symlink(File(name + ".target", 644, "content"), name), name); break;
            case "dirlink": Need(Sys.Symlink(Folder(name + ".target"), name), name); break;
            case "dangling": Need(Sys.Symlink(name + ".nowhere", name), name); break;
            default: Need(Sys.Symlink(name, name), name); break;
        }

        return name;
    }

    public void Own(string name, long uid, long gid) => Need(Sys.Lchown(name, uid, gid), name);

    public FileStatus Stat(string name)
    {
        Need(Sys.Stat(name, out FileStatus status), name);
        return status;
    }

    public FileStatus Lstat(string name)
    {
        Need(Sys.Lstat(name, out FileStatus status), name);
        return status;
    }

    public FileStatus Fstat(long fd)
    {
        Need(Sys.Fstat(fd, out FileStatus status), "fstat");
        return status;
    }

    /// <summary>The whole content, or the error's name.</summary>
    public string Content(string name)
    {
        long fd = Sys.Open(name, O_RDONLY);
        if (fd < 0)
        {
            return Errno.Name(fd);
        }

        StringBuilder text = new();
        byte[] buffer = new byte[65_536];
        long length;
        while ((length = Sys.Read(fd, buffer)) > 0)
        {
            text.Append(Sys.Text(buffer.AsSpan(0, (int)length)));
        }

        Sys.Close(fd);
        return length < 0 ? Errno.Name(length) : text.ToString();
    }

    /// <summary>Names of a directory without `.` and `..`, in order, with blanks between.</summary>
    public string Names(string name) =>
        string.Join(' ', Entries(name).Select(entry => entry.Name).Where(entry => entry is not ("." or "..")).Order(StringComparer.Ordinal));

    /// <summary>All entries of a directory, in the order of getdents64(2).</summary>
    public IReadOnlyList<DirectoryEntry> Entries(string name)
    {
        long fd = Sys.Open(name, O_RDONLY | O_DIRECTORY);
        Need(fd, name);
        List<DirectoryEntry> entries = [];
        while (ReadEntries(fd, 32_768, entries) > 0)
        {
        }

        Sys.Close(fd);
        return entries;
    }

    /// <summary>One getdents64(2) with a buffer of this size.</summary>
    public static long ReadEntries(long fd, int size, List<DirectoryEntry> entries)
    {
        byte[] buffer = new byte[size];
        long length = Sys.Getdents(fd, buffer);
        for (int at = 0; at < length;)
        {
            ReadOnlySpan<byte> entry = buffer.AsSpan(at);
            int recordLength = MemoryMarshal.Read<ushort>(entry[16..]);
            ReadOnlySpan<byte> name = entry[19..recordLength];
            entries.Add(new DirectoryEntry(MemoryMarshal.Read<ulong>(entry), MemoryMarshal.Read<long>(entry[8..]), entry[18], Sys.Text(name[..name.IndexOf((byte)0)])));
            at += recordLength;
        }

        return length;
    }

    /// <summary>Longer than the granularity of times, which is a tick of the kernel.</summary>
    public static void Tick() => Thread.Sleep(11);

    private void Need(long result, string name)
    {
        if (result < 0)
        {
            throw new RuleBrokenException($"{name}: {Errno.Name(result)} {Context}");
        }
    }
}
