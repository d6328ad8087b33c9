using System.Globalization;
using System.Runtime.InteropServices;

namespace KafkaFs.Posix.Processes;

/// <summary>What /proc/PID/stat says of a process, or of a thread by its own id (proc_pid_stat(5)).</summary>
/// <param name="State">R, S, D, Z and so on; of the thread with that id: that of a process which waits for one of its threads to end is Z.</param>
/// <param name="Parent">Id of the process that reaps it.</param>
/// <param name="Flags">PF_* of include/linux/sched.h.</param>
/// <param name="Started">Clock ticks since boot: with the id it names one process.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct ProcessStat(char State, int Parent, uint Flags, ulong Started)
{
    private const uint ExitingFlag = 4;

    // PF_SIGNALED: one that dumps core waits for all of its threads before it is exiting, and for one that is blocked without end.
    private const uint SignaledFlag = 0x400;

    /// <summary>It has begun to end, or has ended: it runs no code of its own any more.</summary>
    public bool IsEnding => State is 'Z' or 'X' || (Flags & (ExitingFlag | SignaledFlag)) != 0;

    /// <summary>Null if there is none, or it may not be seen (hidepid of proc(5)).</summary>
    public static ProcessStat? Read(int id)
    {
        string text;
        try
        {
            text = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/stat"));
        }
        catch (SystemException exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // ENOENT, or ESRCH when it went meanwhile.
            return null;
        }

        // The name, in brackets, may hold anything.
        string[] fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
        return new ProcessStat(
            fields[0][0],
            int.Parse(fields[1], CultureInfo.InvariantCulture),
            uint.Parse(fields[6], CultureInfo.InvariantCulture),
            ulong.Parse(fields[19], CultureInfo.InvariantCulture));
    }

    /// <summary>
    /// Who made a request of the kernel (<paramref name="thread"/> of the request's header) is ending: nobody looks at the answer, and no signal can
    /// end the wait any more. False for one that this process cannot see, which 0 is too.
    /// </summary>
    public static bool IsCallerEnding(uint thread) => thread != 0 && Read((int)thread) is { IsEnding: true };
}
