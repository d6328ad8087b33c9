using System.Runtime.InteropServices;
using System.Text;
using KafkaFs.Posix;
using KafkaFs.Posix.Files;

namespace KafkaFs.System.Tests.NothingLost;

/// <summary>An open file of a mount whose close(2) is a call with an answer. One thread.</summary>
internal sealed partial class MountFile : IDisposable
{
    private SafeFd? _fd;

    public SafeFd Fd => _fd ?? throw new InvalidOperationException("It is not open.");

    public Errno Open(SafeFd root, string path, OpenFlags flags)
    {
        Errno errno = FileCalls.Open(root, Encoding.UTF8.GetBytes(path), flags | OpenFlags.NoFollow, 0x180, out SafeFd fd);
        _fd = errno == Errno.None ? fd : null;
        return errno;
    }

    public Errno Close()
    {
        int number = Fd.Number;
        Fd.SetHandleAsInvalid();
        _fd = null;
        return close(number) == 0 ? Errno.None : (Errno)Marshal.GetLastSystemError();
    }

    public void Dispose() => _fd?.Dispose();

    [LibraryImport("libc")]
    private static partial int close(int descriptor);
}
