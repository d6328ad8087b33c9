using System.Runtime.InteropServices;
using KafkaFs.Fuse.Abi;

namespace KafkaFs.Fuse.Session;

/// <summary>INIT: which of the kernel's features are taken. Which and why is in the notes of the design.</summary>
internal static class InitNegotiation
{
    /// <summary>Largest transfer that the kernel makes without a sysctl: 256 pages.</summary>
    public const int MaxWriteBytes = 1024 * 1024;

    private const uint Major = 7;
    private const uint NewestMinor = 45;
    private const uint OldestMinor = 31;
    private const int InitInBytes = 16;

    // READs that the kernel makes ahead wait behind WRITEs of mappings once there are so many of both, and those may wait for the journal: more than the kernel
    // lets be dirty (1 % of what it may at all, by bdi/max_ratio), and less than a process may map, since each request has its own memory.
    private const ushort MaxBackground = 16_384;

    // Not FUSE_ASYNC_DIO: the pieces of one direct write(2) would be on their way at the same time, and those of an append go to the end in the order of
    // the log. Not FUSE_EXPLICIT_INVAL_DATA: the last page of a file that others made longer would be kept, with zeroes where their content is. Not
    // FUSE_AUTO_INVAL_DATA: each write would drop the file's pages.
    private const InitFlags Wanted = InitFlags.AsyncRead | InitFlags.AtomicOpenTruncate | InitFlags.ExportSupport | InitFlags.BigWrites
        | InitFlags.ReadDirPlus | InitFlags.ReadDirPlusAuto | InitFlags.ParallelDirectoryOperations
        | InitFlags.MaxPages | InitFlags.CacheSymlinks | InitFlags.HandleKillPrivV2 | InitFlags.SetXattrExtended
        | InitFlags.InitExtended | InitFlags.HasExpireOnly | InitFlags.DirectIoAllowMmap;

    /// <summary>What is agreed, and the answer that says so; null if the kernel's protocol is too old or the request malformed.</summary>
    public static FuseConnectionInfo? Negotiate(ReadOnlySpan<byte> body, int maxWrite, out InitOut answer)
    {
        answer = default;
        if (body.Length < InitInBytes)
        {
            return null;
        }

        Span<byte> whole = stackalloc byte[Marshal.SizeOf<InitIn>()];
        whole.Clear();
        body[..Math.Min(body.Length, whole.Length)].CopyTo(whole);
        InitIn init = MemoryMarshal.Read<InitIn>(whole);
        if (init.Major != Major || init.Minor < OldestMinor)
        {
            return null;
        }

        InitFlags offered = (InitFlags)(init.Flags | ((init.Flags & (uint)InitFlags.InitExtended) != 0 ? (ulong)init.Flags2 << 32 : 0));
        FuseConnectionInfo info = new(Math.Min(init.Minor, NewestMinor), offered & Wanted, maxWrite);
        answer = ToWire(info, init.MaxReadahead);
        return info;
    }

    private static InitOut ToWire(FuseConnectionInfo info, uint maxReadahead) => new()
    {
        Major = Major,
        Minor = info.Minor,
        MaxReadahead = maxReadahead,
        Flags = (uint)info.Flags,
        Flags2 = (uint)((ulong)info.Flags >> 32),
        MaxBackground = MaxBackground,
        CongestionThreshold = 48,
        MaxWrite = (uint)info.MaxWriteBytes,
        TimeGranularity = 1,
        MaxPages = (ushort)(info.MaxWriteBytes / 4_096),
    };
}
