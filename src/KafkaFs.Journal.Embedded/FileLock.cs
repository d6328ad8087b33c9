using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using KafkaFs.Journal.Contract;
using Microsoft.Win32.SafeHandles;

namespace KafkaFs.Journal.Embedded;

/// <summary>
/// The writers' turn: flock(2) on a file beside the journal. Polled every millisecond, since a process that was stopped while it
/// holds the lock must not hold up the end of the others; SQLite's own lock is polled much less often (Microsoft.Data.Sqlite
/// sleeps 150 ms on BUSY).
/// </summary>
internal sealed partial class FileLock : IDisposable
{
    private const int Exclusive = 2;
    private const int NonBlocking = 4;
    private const int Unlock = 8;

    private readonly SafeFileHandle _file;

    private FileLock(SafeFileHandle file) => _file = file;

    /// <summary>Opens the lock file without locking it. Not by File.OpenHandle, which takes a flock(2) of its own.</summary>
    public static FileLock Open(string journal)
    {
        const int readWrite = 2, create = 0x40, closeOnExec = 0x80000, mode = 0x1a4;
        SafeFileHandle file = new(open(journal + ".lock", readWrite | create | closeOnExec, mode), ownsHandle: true);
        return file.IsInvalid
            ? throw new JournalUnavailableException($"'{journal}.lock' cannot be opened: error {Marshal.GetLastPInvokeError()}")
            : new FileLock(file);
    }

    /// <summary>Opens and locks; waits for others up to <paramref name="limit"/>.</summary>
    public static FileLock Take(string journal, TimeSpan limit)
    {
        FileLock held = Open(journal);
        if (held.TryLock(limit, static () => false, out string? obstacle))
        {
            return held;
        }

        held.Dispose();
        throw new JournalUnavailableException($"'{journal}.lock' cannot be locked: {obstacle}");
    }

    /// <summary>Waits for others up to <paramref name="limit"/>, or until <paramref name="stop"/>; false: not locked, and why.</summary>
    public bool TryLock(TimeSpan limit, Func<bool> stop, [NotNullWhen(false)] out string? obstacle)
    {
        const int interrupted = 4, wouldBlock = 11;
        long deadlineMs = Environment.TickCount64 + (long)limit.TotalMilliseconds;
        while (flock(_file, Exclusive | NonBlocking) < 0)
        {
            int error = Marshal.GetLastPInvokeError();
            if (error is not (interrupted or wouldBlock))
            {
                obstacle = $"error {error}";
                return false;
            }

            if (stop() || Environment.TickCount64 >= deadlineMs)
            {
                obstacle = "another process holds it";
                return false;
            }

            Thread.Sleep(1);
        }

        obstacle = null;
        return true;
    }

    public void Release() => _ = flock(_file, Unlock);

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags, int mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int flock(SafeFileHandle file, int operation);
}
