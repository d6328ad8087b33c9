using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace KafkaFs.Journal.Embedded;

/// <summary>Wakes a follower when a journal file, or its write-ahead log, is written: inotify(7) and poll(2).</summary>
internal sealed partial class FileWatch : IDisposable
{
    private const int NonBlocking = 0x800;
    private const int CloseOnExec = 0x80000;
    private const uint Modified = 2;
    private const short ReadReady = 1;

    private readonly string _log;
    private readonly SafeFileHandle _inotify;
    private readonly byte[] _events = new byte[4_096];

    public FileWatch(string journal)
    {
        _log = journal + "-wal";
        _inotify = new SafeFileHandle(inotify_init1(NonBlocking | CloseOnExec), ownsHandle: true);
    }

    /// <summary>Returns when something was written, or after <paramref name="limit"/>; both may mean nothing.</summary>
    public void Wait(TimeSpan limit)
    {
        // Watching again is cheap, and right when the log is a new file.
        _ = inotify_add_watch(_inotify, _log, Modified);
        PollDescriptor descriptor = new() { Descriptor = (int)_inotify.DangerousGetHandle(), Events = ReadReady };
        if (poll(ref descriptor, 1, (int)limit.TotalMilliseconds) > 0)
        {
            _ = read(_inotify, ref _events[0], _events.Length);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _inotify.Dispose();

    [StructLayout(LayoutKind.Sequential)]
    private struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
        public short Results;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int inotify_init1(int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int inotify_add_watch(SafeFileHandle inotify, string path, uint mask);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int poll(ref PollDescriptor descriptor, ulong count, int timeoutMs);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint read(SafeFileHandle file, ref byte buffer, nint count);
}
