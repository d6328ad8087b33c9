namespace KafkaFs.Differential.Calls;

/// <summary>The calls that are made on both sides; the comment says which fields of <see cref="Call"/> they use besides the obvious.</summary>
internal enum CallKind
{
    Mkdir,
    Mknod, // Mode with the type, Value is the device
    Symlink, // Path2 is the target
    Link, // Path to Path2
    Unlink,
    Rmdir,
    Rename, // Path to Path2, Flags of renameat2
    Open, // Slot, Flags, Mode
    Close,
    Dup, // Slot to Slot2
    Read,
    Pread,
    Readv, // Value is the length of the first of two parts
    Write, // Value is where its data begins in the block of data
    Pwrite,
    Writev, // Value2 is the length of the first of two parts
    Truncate,
    Ftruncate,
    Fallocate,
    Copy, // Slot at Offset to Slot2 at Value
    Seek, // Flags is whence
    Map, // Slot into mapping Slot2, Flags are the protection
    MapRead, // mapping Slot2
    MapWrite,
    Msync,
    Munmap,
    Fsync,
    Fdatasync,
    Chmod,
    Fchmod,
    Chown, // Value, Value2 are the ids; Flags may say not to follow
    Fchown,
    Utimens, // Value, Value2: atime and mtime, seconds or UTIME_NOW/UTIME_OMIT with Flags
    Futimens,
    SetXattr, // Path2 is the name
    GetXattr,
    ListXattr,
    RemoveXattr,
    FsetXattr,
    FgetXattr,
    FlistXattr,
    FremoveXattr,
    Stat,
    Lstat,
    Fstat,
    Statx,
    Access,
    Readlink,
    List, // a whole directory at once
    Content, // a whole file at once, opened anew
    DirOpen, // Slot
    DirRead, // Slot, Length bytes of entries
    DirRest, // Slot, to the end, then from the beginning
}
