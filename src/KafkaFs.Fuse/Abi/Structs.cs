using System.Runtime.InteropServices;

namespace KafkaFs.Fuse.Abi;

#pragma warning disable CS0649 // filled from the kernel's bytes

/// <summary>struct fuse_in_header, 40 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Size = 40)]
internal struct InHeader
{
    public uint Length;
    public FuseOpcode Opcode;
    public ulong Unique;
    public ulong Node;
    public uint Uid;
    public uint Gid;
    public uint Pid;
    public ushort TotalExtensionLength;
    private readonly ushort _padding;
}

/// <summary>struct fuse_out_header, 16 bytes; the error is negative.</summary>
[StructLayout(LayoutKind.Sequential, Size = 16)]
internal struct OutHeader
{
    public uint Length;
    public int Error;
    public ulong Unique;
}

/// <summary>struct fuse_init_in; 16 bytes before minor 36, then 64.</summary>
[StructLayout(LayoutKind.Sequential, Size = 64)]
internal struct InitIn
{
    public uint Major;
    public uint Minor;
    public uint MaxReadahead;
    public uint Flags;
    public uint Flags2;
}

/// <summary>struct fuse_init_out, 64 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Size = 64)]
internal struct InitOut
{
    public uint Major;
    public uint Minor;
    public uint MaxReadahead;
    public uint Flags;
    public ushort MaxBackground;
    public ushort CongestionThreshold;
    public uint MaxWrite;
    public uint TimeGranularity;
    public ushort MaxPages;
    public ushort MapAlignment;
    public uint Flags2;
}

/// <summary>struct fuse_attr, 88 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Size = 88)]
internal struct AttrOut
{
    public ulong Inode;
    public ulong Size;
    public ulong Blocks;
    public ulong Atime;
    public ulong Mtime;
    public ulong Ctime;
    public uint AtimeNs;
    public uint MtimeNs;
    public uint CtimeNs;
    public uint Mode;
    public uint Links;
    public uint Uid;
    public uint Gid;
    public uint Rdev;
    public uint BlockSize;
    public uint Flags;
}

/// <summary>struct fuse_entry_out, 128 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Size = 128)]
internal struct EntryOut
{
    public ulong Node;
    public ulong Generation;
    public ulong EntryValid;
    public ulong AttrValid;
    public uint EntryValidNs;
    public uint AttrValidNs;
    public AttrOut Attr;
}

/// <summary>struct fuse_attr_out, 104 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Size = 104)]
internal struct GetAttrOut
{
    public ulong AttrValid;
    public uint AttrValidNs;
    private readonly uint _dummy;
    public AttrOut Attr;
}

/// <summary>struct fuse_statx_in, 24 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Size = 24)]
internal struct StatxIn
{
    public uint GetAttrFlags;
    private readonly uint _reserved;
    public ulong Handle;
    public uint Flags;
    public uint Mask;
}

/// <summary>struct fuse_sx_time, 16 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Size = 16)]
internal struct StatxTimeOut
{
    public long Seconds;
    public uint Nanoseconds;
    private readonly int _reserved;
}

/// <summary>struct fuse_statx_out, 288 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Size = 288)]
internal struct StatxOut
{
    public ulong AttrValid;
    public uint AttrValidNs;
    public uint Flags;
    private readonly ulong _spare1;
    private readonly ulong _spare2;
    public uint Mask;
    public uint BlockSize;
    public ulong Attributes;
    public uint Links;
    public uint Uid;
    public uint Gid;
    public ushort Mode;
    private readonly ushort _spare3;
    public ulong Inode;
    public ulong Size;
    public ulong Blocks;
    public ulong AttributesMask;
    public StatxTimeOut Atime;
    public StatxTimeOut Btime;
    public StatxTimeOut Ctime;
    public StatxTimeOut Mtime;
    public uint RdevMajor;
    public uint RdevMinor;
}

/// <summary>struct fuse_getattr_in, 16 bytes; the flag 1 says that the handle is valid.</summary>
[StructLayout(LayoutKind.Sequential, Size = 16)]
internal struct GetAttrIn
{
    public uint Flags;
    private readonly uint _dummy;
    public ulong Handle;
}

/// <summary>struct fuse_setattr_in, 88 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Size = 88)]
internal struct SetAttrIn
{
    public SetAttrMask Valid;
    private readonly uint _padding;
    public ulong Handle;
    public ulong Size;
    public ulong LockOwner;
    public ulong Atime;
    public ulong Mtime;
    public ulong Ctime;
    public uint AtimeNs;
    public uint MtimeNs;
    public uint CtimeNs;
    public uint Mode;
    private readonly uint _unused4;
    public uint Uid;
    public uint Gid;
}

/// <summary>struct fuse_mknod_in, 16 bytes; fuse_mkdir_in is its first half with a umask.</summary>
[StructLayout(LayoutKind.Sequential, Size = 16)]
internal struct MkNodIn
{
    public uint Mode;
    public uint Rdev;
    public uint Umask;
}

/// <summary>struct fuse_create_in, 16 bytes; fuse_open_in is 8: flags and open flags.</summary>
[StructLayout(LayoutKind.Sequential, Size = 16)]
internal struct CreateIn
{
    public uint Flags;
    public uint Mode;
    public uint Umask;
    public uint OpenFlags;
}

/// <summary>struct fuse_open_out, 16 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Size = 16)]
internal struct OpenOut
{
    public ulong Handle;
    public FuseOpenFlags Flags;
    public int BackingId;
}

/// <summary>struct fuse_read_in and fuse_write_in, 40 bytes both.</summary>
[StructLayout(LayoutKind.Sequential, Size = 40)]
internal struct TransferIn
{
    public ulong Handle;
    public ulong Offset;
    public uint Size;
    public FuseWriteFlags TransferFlags;
    public ulong LockOwner;
    public uint OpenFlags;
}

/// <summary>struct fuse_fallocate_in, 32 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Size = 32)]
internal struct FAllocateIn
{
    public ulong Handle;
    public ulong Offset;
    public ulong Length;
    public uint Mode;
}

/// <summary>struct fuse_lseek_in, 24 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Size = 24)]
internal struct LSeekIn
{
    public ulong Handle;
    public ulong Offset;
    public uint Whence;
}

/// <summary>struct fuse_statfs_out, 80 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Size = 80)]
internal struct StatFsOut
{
    public ulong Blocks;
    public ulong BlocksFree;
    public ulong BlocksAvailable;
    public ulong Files;
    public ulong FilesFree;
    public uint BlockSize;
    public uint NameLength;
    public uint FragmentSize;
}

/// <summary>struct fuse_dirent before its name, 24 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Size = 24)]
internal struct DirEntry
{
    public ulong Inode;
    public ulong Offset;
    public uint NameLength;
    public uint Type;
}
