using System.Globalization;
using System.Runtime.InteropServices;

namespace KafkaFs.Posix.Files;

/// <summary>What a process is and what it may use.</summary>
public static partial class ProcessCalls
{
    /// <summary>The effective user is root.</summary>
    public static bool IsRoot => geteuid() == 0;

    public static uint UserId => geteuid();

    public static uint GroupId => getegid();

    /// <summary>The effective capabilities as a set of bits (CAP_CHOWN is bit 0); empty if /proc does not tell.</summary>
    public static ulong EffectiveCapabilities
    {
        get
        {
            const string status = "/proc/self/status", key = "CapEff:";
            string? line = File.Exists(status) ? File.ReadLines(status).FirstOrDefault(line => line.StartsWith(key, StringComparison.Ordinal)) : null;
            return line is null ? 0 : ulong.Parse(line.AsSpan(key.Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        }
    }

    /// <summary>The users of this process are not those of the machine (user_namespaces(7)): its capabilities do not reach the machine's objects.</summary>
    public static bool IsInUserNamespace
    {
        get
        {
            const string map = "/proc/self/uid_map";
            return File.Exists(map) && !File.ReadAllText(map).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).SequenceEqual(["0", "0", "4294967295"]);
        }
    }

    /// <summary>Modes that this process gives are taken as they are (umask(2) 0).</summary>
    public static void ClearUmask() => _ = umask(0);

    /// <summary>Raises RLIMIT_NOFILE to its hard limit and returns that: every open file of a mount takes a descriptor here.</summary>
    public static ulong RaiseDescriptorLimit()
    {
        const int noFile = 7;
        ResourceLimit limit = default;
        if (getrlimit(noFile, ref limit) == 0)
        {
            limit.Current = limit.Maximum;
            _ = setrlimit(noFile, ref limit);
            _ = getrlimit(noFile, ref limit);
        }

        return limit.Current;
    }

    /// <summary>Asks a process to end (SIGTERM).</summary>
    public static void Terminate(int process) => _ = kill(process, 15);

    /// <summary>Makes this process the leader of a session of its own (setsid(2)): signals of a terminal do not reach it.</summary>
    public static void BeginSession() => _ = setsid();

    /// <summary>Waits until standard input can be read or has ended (poll(2)); false if it took longer.</summary>
    public static bool WaitForInput(TimeSpan limit)
    {
        const short readable = 1;
        PollEntry entry = new() { Descriptor = 0, Events = readable };
        return poll(ref entry, 1, (int)limit.TotalMilliseconds) > 0;
    }

    /// <summary>Standard output is a pipe or socket that nobody reads any more (poll(2) says POLLERR).</summary>
    public static bool IsOutputClosed()
    {
        const short error = 8, hangUp = 16;
        PollEntry entry = new() { Descriptor = 1 };
        return poll(ref entry, 1, 0) > 0 && (entry.Returned & (error | hangUp)) != 0;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct PollEntry
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct ResourceLimit
    {
        public ulong Current;
        public ulong Maximum;
    }

    [LibraryImport("libc")]
    private static partial int kill(int process, int signal);

    [LibraryImport("libc")]
    private static partial int setsid();

    [LibraryImport("libc")]
    private static partial int poll(ref PollEntry entries, nuint count, int timeoutMs);

    [LibraryImport("libc")]
    private static partial uint geteuid();

    [LibraryImport("libc")]
    private static partial uint getegid();

    [LibraryImport("libc")]
    private static partial uint umask(uint mask);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int getrlimit(int resource, ref ResourceLimit limit);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setrlimit(int resource, ref ResourceLimit limit);
}
