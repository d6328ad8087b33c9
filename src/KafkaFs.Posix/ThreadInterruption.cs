using System.Runtime.InteropServices;

namespace KafkaFs.Posix;

/// <summary>
/// Makes a system call that a thread of this process waits in end with EINTR: a signal whose handler does nothing, without
/// SA_RESTART (signal(7)). It may come just before the call, so whoever needs it repeats it. Safe for use from several threads.
/// </summary>
public static partial class ThreadInterruption
{
    // SIGRTMIN + 7: the runtime uses SIGRTMIN, glibc the two below it.
    private const int Signal = 41;

    private static readonly Lazy<bool> s_handler = new(Install);

    /// <summary>The calling thread's number (gettid(2)), for <see cref="Interrupt"/>.</summary>
    public static int CurrentThread => gettid();

    /// <summary>Interrupts a thread; nothing happens if it has ended.</summary>
    public static void Interrupt(int thread)
    {
        if (s_handler.Value)
        {
            _ = tgkill(getpid(), thread, Signal);
        }
    }

    // The handler must be a native function that does nothing and needs nothing: getppid(2) is one.
    private static bool Install()
    {
        SignalAction action = new() { Handler = NativeLibrary.GetExport(NativeLibrary.GetMainProgramHandle(), "getppid") };
        return sigaction(Signal, in action, 0) == 0;
    }

    // struct sigaction of glibc on x86-64.
    [StructLayout(LayoutKind.Explicit, Size = 152)]
    private struct SignalAction
    {
        [FieldOffset(0)]
        public nint Handler;
    }

    [LibraryImport("libc")]
    private static partial int sigaction(int signal, in SignalAction action, nint former);

    [LibraryImport("libc")]
    private static partial int gettid();

    [LibraryImport("libc")]
    private static partial int getpid();

    [LibraryImport("libc")]
    private static partial int tgkill(int process, int thread, int signal);
}
