using System.Globalization;
using System.Text;
using KafkaFs.Posix;
using KafkaFs.Posix.Files;
using KafkaFs.Posix.Processes;

namespace KafkaFs.Fuse.Mount;

/// <summary>
/// Which process serves which mount, in a file of this machine: a master that was killed may keep its connection open, since one of its threads waits
/// in the kernel for a call that waits for it, and then every question to the mount hangs. Lines that cannot be read count for nothing; without the
/// file nothing is known. Safe for use from several processes and threads.
/// </summary>
internal static class MountOwners
{
    private const uint FileMode600 = 0x180, FolderMode700 = 0x1c0, OthersMask = 0x3f;
    private const uint TypeMask = 0xf000, FolderType = 0x4000, FileType = 0x8000;

    private static readonly TimeSpan s_lockLimit = TimeSpan.FromSeconds(5);
    private static readonly string s_processes = new FileInfo("/proc/self/ns/pid").LinkTarget ?? "";

    // Gone with the next boot, as the mounts are.
    private static string? File => ProcessCalls.IsRoot
        ? "/run/kafkafs/mounts"
        : Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") is { Length: > 0 } folder ? Path.Combine(folder, "kafkafs/mounts") : null;

    /// <summary>This process serves a mount.</summary>
    public static void Add(string mountpoint, uint connection)
    {
        ulong started = ProcessStat.Read(Environment.ProcessId)?.Started ?? 0;
        Change(owners => owners.Add(new Owner(connection, Environment.ProcessId, started, s_processes, mountpoint)));
    }

    /// <summary>Nothing is known of what was mounted there; of one connection, or of all.</summary>
    public static void Forget(string mountpoint, uint? connection = null) => Change(
        owners => owners.RemoveAll(owner => owner.Mountpoint == mountpoint && (connection is null || owner.Connection == connection)));

    /// <summary>The process that served the mount is ending or gone. False if it lives, or nothing is known.</summary>
    public static bool IsDead(MountEntry entry)
    {
        using FileStream? file = Lock();
        return file is not null && Read(file).Find(owner => owner.Serves(entry)) is Owner owner && owner.IsDead;
    }

    /// <summary>
    /// Takes a mount away whose process <paramref name="id"/> is ending or gone. What another process mounted there meanwhile stays. False if there was
    /// nothing to take away.
    /// </summary>
    public static bool Clean(string mountpoint, uint connection, int id)
    {
        // The next master forgets this owner before it mounts: under the lock the mount that has the number is the one that was meant.
        using FileStream? file = Lock();
        bool isKnown = file is null || Read(file).Exists(owner => owner.Mountpoint == mountpoint && owner.Connection == connection && owner.Id == id && owner.IsDead);
        return isKnown && MountTable.Find(mountpoint) is MountEntry entry && entry.Type == MountTable.OwnType && entry.DeviceMinor == connection && MountTable.Clean(entry);
    }

    private static void Change(Action<List<Owner>> change)
    {
        using FileStream? file = Lock();
        if (file is null)
        {
            return;
        }

        List<Owner> owners = Read(file);
        change(owners);
        byte[] text = Encoding.UTF8.GetBytes(string.Concat(owners.Where(static owner => !owner.IsDead || !owner.IsUnmounted).Select(static owner => owner.Line)));
        file.Position = 0;
        file.Write(text);
        file.SetLength(text.Length);
        file.Flush();
    }

    private static List<Owner> Read(FileStream file)
    {
        file.Position = 0;
        byte[] text = new byte[file.Length];
        file.ReadExactly(text);
        return [.. Encoding.UTF8.GetString(text).Split('\n').Select(Owner.Parse).OfType<Owner>()];
    }

    // FileShare.None is an flock(2), which ends with the process.
    private static FileStream? Lock()
    {
        for (long end = Environment.TickCount64 + (long)s_lockLimit.TotalMilliseconds; File is string path;)
        {
            try
            {
                return IsOurs(path) ? new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None, 4_096) : null;
            }
            catch (IOException) when (Environment.TickCount64 < end)
            {
                Thread.Sleep(5);
            }
            catch (SystemException exception) when (exception is IOException or UnauthorizedAccessException)
            {
                return null;
            }
        }

        return null;
    }

    // What it says takes mounts away: nobody else may write it, or put a link in its place. The umask is no help: a master has none.
    private static bool IsOurs(string path)
    {
        byte[] folder = Encoding.UTF8.GetBytes(Path.GetDirectoryName(path)!), file = Encoding.UTF8.GetBytes(path);
        FileCalls.MakeDirectory(null, folder, FolderMode700);
        if (!IsOwn(folder, FolderType, out bool isFolderOpen) || (isFolderOpen && !IsClosed(folder)))
        {
            return false;
        }

        if (isFolderOpen || !IsOwn(file, FileType, out bool isFileOpen) || isFileOpen)
        {
            FileCalls.Unlink(null, file);
        }

        Errno errno = FileCalls.Open(null, file, OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.NoFollow, FileMode600, out SafeFd made);
        made.Dispose();
        return errno == Errno.None;
    }

    private static bool IsOwn(byte[] path, uint type, out bool isOpenToOthers)
    {
        Errno errno = FileCalls.Stat(null, path, out StatxResult status);
        isOpenToOthers = (status.Mode & OthersMask) != 0;
        return errno == Errno.None && (status.Mode & TypeMask) == type && status.Uid == ProcessCalls.UserId;
    }

    private static bool IsClosed(byte[] folder)
    {
        Errno errno = FileCalls.Open(null, folder, OpenFlags.Directory | OpenFlags.NoFollow, 0, out SafeFd opened);
        using (opened)
        {
            return errno == Errno.None && DescriptorCalls.ChangeMode(opened, FolderMode700) == Errno.None;
        }
    }

    /// <param name="Id">Of the process, in the namespace <paramref name="Processes"/>.</param>
    /// <param name="Started">Tells it from a later one of the same id.</param>
    private sealed record Owner(uint Connection, int Id, ulong Started, string Processes, string Mountpoint)
    {
        public string Line => string.Create(
            CultureInfo.InvariantCulture, $"{Connection} {Id} {Started} {Processes} {Convert.ToHexString(Encoding.UTF8.GetBytes(Mountpoint))}\n");

        public bool IsDead => Processes == s_processes && (ProcessStat.Read(Id) is not ProcessStat stat || stat.Started != Started || stat.IsEnding);

        public bool IsUnmounted => MountTable.Find(Mountpoint) is not MountEntry entry || !Serves(entry);

        public bool Serves(MountEntry entry) => entry.Mountpoint == Mountpoint && entry.DeviceMinor == Connection && entry.Type == MountTable.OwnType;

        public static Owner? Parse(string line)
        {
            string[] fields = line.Split(' ');
            return fields.Length == 5
                && uint.TryParse(fields[0], CultureInfo.InvariantCulture, out uint connection)
                && int.TryParse(fields[1], CultureInfo.InvariantCulture, out int id)
                && ulong.TryParse(fields[2], CultureInfo.InvariantCulture, out ulong started)
                && fields[4].Length % 2 == 0
                && fields[4].All(char.IsAsciiHexDigit)
                    ? new Owner(connection, id, started, fields[3], Encoding.UTF8.GetString(Convert.FromHexString(fields[4])))
                    : null;
        }
    }
}
