namespace KafkaFs.Differential.Native;

/// <summary>
/// Who the calling thread is to the kernel. Raw system calls: libc's would change every thread of the process. Real and effective ids
/// change, the saved ones stay root's, so there is a way back.
/// </summary>
internal static unsafe class Credentials
{
    /// <summary>The calling thread loses the supplementary groups of the process, which its runs should not depend on.</summary>
    public static void DropGroups()
    {
        if (Environment.IsPrivilegedProcess)
        {
            Libc.syscall(Linux.SYS_setgroups, 0, 0, 0, 0);
        }
    }

    /// <summary>From root to an ordinary user whose group has the same number.</summary>
    public static void Become(int user)
    {
        Check(Libc.syscall(Linux.SYS_setresgid, user, user, -1, 0));
        Check(Libc.syscall(Linux.SYS_setresuid, user, user, -1, 0));
    }

    /// <summary>Back to root.</summary>
    public static void Return()
    {
        Check(Libc.syscall(Linux.SYS_setresuid, 0, 0, -1, 0));
        Check(Libc.syscall(Linux.SYS_setresgid, 0, 0, -1, 0));
    }

    private static void Check(long result)
    {
        if (result != 0)
        {
            throw new InvalidOperationException($"The thread's user cannot be changed: errno {System.Runtime.InteropServices.Marshal.GetLastPInvokeError()}");
        }
    }
}
