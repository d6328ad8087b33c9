using System.Runtime.InteropServices;
using System.Text;

namespace KafkaFs.Posix.Suite.Calls;

/// <summary>
/// System calls by number, with syscall(2): nothing of a C library or of .NET is between a rule and the kernel, and credentials are
/// those of the thread. A result below zero is an errno. In paths and contents one char is one byte.
/// </summary>
internal static unsafe partial class Sys
{
    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long Syscall(long number, long a, long b, long c, long d, long e, long f);

    public static long Call(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0, long f = 0)
    {
        long result = Syscall(number, a, b, c, d, e, f);
        return result == -1 ? -Marshal.GetLastPInvokeError() : result;
    }

    /// <summary>A call whose first argument is a path; null is a bad pointer.</summary>
    public static long CallPath(long number, string? path, long b = 0, long c = 0, long d = 0, long e = 0)
    {
        fixed (byte* bytes = Terminated(path))
        {
            return Call(number, path is null ? 8 : (long)bytes, b, c, d, e);
        }
    }

    /// <summary>A call whose second argument is a path.</summary>
    public static long CallAt(long number, long directory, string? path, long c = 0, long d = 0, long e = 0)
    {
        fixed (byte* bytes = Terminated(path))
        {
            return Call(number, directory, path is null ? 8 : (long)bytes, c, d, e);
        }
    }

    /// <summary>A call with two directories and two paths.</summary>
    public static long CallTwo(long number, long directory, string? path, long newDirectory, string? newPath, long flags = 0)
    {
        fixed (byte* bytes = Terminated(path), newBytes = Terminated(newPath))
        {
            return Call(number, directory, path is null ? 8 : (long)bytes, newDirectory, newPath is null ? 8 : (long)newBytes, flags);
        }
    }

    public static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    public static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);

    public static byte[] Terminated(string? text) => Bytes(text + "\0");
}
