namespace KafkaFs.Fuse.Abi;

/// <summary>INIT flags (linux/fuse.h, FUSE_*); bits from 32 on travel in flags2.</summary>
[Flags]
public enum InitFlags : ulong
{
    None = 0,
    AsyncRead = 1UL << 0,
    AtomicOpenTruncate = 1UL << 3,
    ExportSupport = 1UL << 4,
    BigWrites = 1UL << 5,
    ReadDirPlus = 1UL << 13,
    ReadDirPlusAuto = 1UL << 14,
    AsyncDirectIo = 1UL << 15,
    ParallelDirectoryOperations = 1UL << 18,
    MaxPages = 1UL << 22,
    CacheSymlinks = 1UL << 23,
    ExplicitInvalidateData = 1UL << 25,
    HandleKillPrivV2 = 1UL << 28,
    SetXattrExtended = 1UL << 29,
    InitExtended = 1UL << 30,
    HasExpireOnly = 1UL << 35,
    DirectIoAllowMmap = 1UL << 36,
}
