using System.Runtime.InteropServices;
using KafkaFs.Journal.Contract;
using Microsoft.Win32.SafeHandles;

namespace KafkaFs.Journal.Embedded;

/// <summary>
/// The writers' turn: flock(2) on a file beside the journal. SQLite's own lock is polled (Microsoft.Data.Sqlite sleeps 150 ms on
/// BUSY); this one wakes the next writer at once.
/// </summary>
internal sealed partial class FileLock : IDisposable
{
    private const int Exclusive = 2;
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

    /// <summary>Opens and locks; waits for others.</summary>
    public static FileLock Take(string journal)
    {
        FileLock held = Open(journal);
        held.Lock();
        return held;
    }

    public void Lock()
    {
        while (flock(_file, Exclusive) < 0)
        {
            const int interrupted = 4;
            if (Marshal.GetLastPInvokeError() != interrupted)
            {
                throw new JournalUnavailableException($"the journal's lock file cannot be locked: error {Marshal.GetLastPInvokeError()}");
            }
        }
    }

    public void Release() => _ = flock(_file, Unlock);

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags, int mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int flock(SafeFileHandle file, int operation);
}
