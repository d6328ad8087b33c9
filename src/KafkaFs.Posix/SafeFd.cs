using System.Runtime.InteropServices;

namespace KafkaFs.Posix;

/// <summary>
/// An owned Linux file descriptor, closed once by <see cref="SafeHandle.Dispose()"/> (close(2)).
/// Safe to use from several threads; a call in flight keeps the descriptor open.
/// </summary>
public partial class SafeFd : SafeHandle
{
    /// <summary>An invalid descriptor (-1).</summary>
    public SafeFd() : base(-1, ownsHandle: true)
    {
    }

    /// <summary>Takes ownership of <paramref name="descriptor"/>.</summary>
    public SafeFd(int descriptor) : base(-1, ownsHandle: true) => SetHandle(descriptor);

    /// <inheritdoc/>
    public override bool IsInvalid => handle < 0;

    /// <summary>The number, for a path below /proc/self/fd or a mount option. It does not keep the descriptor open.</summary>
    public int Number => (int)handle;

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => close((int)handle) == 0;

    [LibraryImport("libc")]
    private static partial int close(int descriptor);
}
