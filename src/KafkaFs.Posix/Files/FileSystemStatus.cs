using System.Runtime.InteropServices;

namespace KafkaFs.Posix.Files;

/// <summary>struct statfs on x86-64 (asm-generic/statfs.h), 120 bytes; sizes in blocks of <see cref="BlockSize"/> bytes.</summary>
[StructLayout(LayoutKind.Sequential, Size = 120)]
public struct FileSystemStatus
{
    public long Type;
    public long BlockSize;
    public ulong Blocks;
    public ulong BlocksFree;
    public ulong BlocksAvailable;
    public ulong Files;
    public ulong FilesFree;
    public ulong FileSystemId;
    public long NameLength;
    public long FragmentSize;

    /// <summary>Mount flags, ST_RDONLY = 1, ST_NOSUID = 2, ST_NODEV = 4.</summary>
    public long Flags;
}
