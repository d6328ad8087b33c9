using System.Runtime.InteropServices;
using KafkaFs.Fuse.Abi;
using Xunit;

namespace KafkaFs.Fuse.Tests;

/// <summary>Offsets of linux/fuse.h, as the C compiler gives them for x86-64 and arm64.</summary>
public sealed class StructLayoutTests
{
    // Each line: the kernel's struct and its size, our struct; then field by field the kernel's name, our name, the offset.
    private const string Layouts = """
        fuse_in_header 40 InHeader: len=Length@0 opcode=Opcode@4 unique=Unique@8 nodeid=Node@16 uid=Uid@24 gid=Gid@28 pid=Pid@32 total_extlen=TotalExtensionLength@36
        fuse_out_header 16 OutHeader: len=Length@0 error=Error@4 unique=Unique@8
        fuse_init_in 64 InitIn: major=Major@0 minor=Minor@4 max_readahead=MaxReadahead@8 flags=Flags@12 flags2=Flags2@16
        fuse_init_out 64 InitOut: major=Major@0 minor=Minor@4 max_readahead=MaxReadahead@8 flags=Flags@12 max_background=MaxBackground@16 congestion_threshold=CongestionThreshold@18 max_write=MaxWrite@20 time_gran=TimeGranularity@24 max_pages=MaxPages@28 map_alignment=MapAlignment@30 flags2=Flags2@32
        fuse_attr 88 AttrOut: ino=Inode@0 size=Size@8 blocks=Blocks@16 atime=Atime@24 mtime=Mtime@32 ctime=Ctime@40 atimensec=AtimeNs@48 mtimensec=MtimeNs@52 ctimensec=CtimeNs@56 mode=Mode@60 nlink=Links@64 uid=Uid@68 gid=Gid@72 rdev=Rdev@76 blksize=BlockSize@80 flags=Flags@84
        fuse_entry_out 128 EntryOut: nodeid=Node@0 generation=Generation@8 entry_valid=EntryValid@16 attr_valid=AttrValid@24 entry_valid_nsec=EntryValidNs@32 attr_valid_nsec=AttrValidNs@36 attr=Attr@40
        fuse_attr_out 104 GetAttrOut: attr_valid=AttrValid@0 attr_valid_nsec=AttrValidNs@8 attr=Attr@16
        fuse_statx_in 24 StatxIn: getattr_flags=GetAttrFlags@0 fh=Handle@8 sx_flags=Flags@16 sx_mask=Mask@20
        fuse_sx_time 16 StatxTimeOut: tv_sec=Seconds@0 tv_nsec=Nanoseconds@8
        fuse_statx_out 288 StatxOut: attr_valid=AttrValid@0 attr_valid_nsec=AttrValidNs@8 flags=Flags@12 mask=Mask@32 blksize=BlockSize@36 attributes=Attributes@40 nlink=Links@48 uid=Uid@52 gid=Gid@56 mode=Mode@60 ino=Inode@64 size=Size@72 blocks=Blocks@80 attributes_mask=AttributesMask@88 atime=Atime@96 btime=Btime@112 ctime=Ctime@128 mtime=Mtime@144 rdev_major=RdevMajor@160 rdev_minor=RdevMinor@164
        fuse_getattr_in 16 GetAttrIn: getattr_flags=Flags@0 fh=Handle@8
        fuse_setattr_in 88 SetAttrIn: valid=Valid@0 fh=Handle@8 size=Size@16 lock_owner=LockOwner@24 atime=Atime@32 mtime=Mtime@40 ctime=Ctime@48 atimensec=AtimeNs@56 mtimensec=MtimeNs@60 ctimensec=CtimeNs@64 mode=Mode@68 uid=Uid@76 gid=Gid@80
        fuse_mknod_in 16 MkNodIn: mode=Mode@0 rdev=Rdev@4 umask=Umask@8
        fuse_create_in 16 CreateIn: flags=Flags@0 mode=Mode@4 umask=Umask@8 open_flags=OpenFlags@12
        fuse_open_out 16 OpenOut: fh=Handle@0 open_flags=Flags@8 backing_id=BackingId@12
        fuse_write_in 40 TransferIn: fh=Handle@0 offset=Offset@8 size=Size@16 write_flags=TransferFlags@20 lock_owner=LockOwner@24 flags=OpenFlags@32
        fuse_fallocate_in 32 FAllocateIn: fh=Handle@0 offset=Offset@8 length=Length@16 mode=Mode@24
        fuse_lseek_in 24 LSeekIn: fh=Handle@0 offset=Offset@8 whence=Whence@16
        fuse_kstatfs 80 StatFsOut: blocks=Blocks@0 bfree=BlocksFree@8 bavail=BlocksAvailable@16 files=Files@24 ffree=FilesFree@32 bsize=BlockSize@40 namelen=NameLength@44 frsize=FragmentSize@48
        fuse_dirent 24 DirEntry: ino=Inode@0 off=Offset@8 namelen=NameLength@16 type=Type@20
        """;

    public static TheoryData<string> Structs => [.. Layouts.Split('\n')];

    [Theory]
    [MemberData(nameof(Structs))]
    public void FieldsAreWhereTheKernelHasThem(string layout)
    {
        string[] parts = layout.Split(' ');
        Type type = typeof(InHeader).Assembly.GetType($"KafkaFs.Fuse.Abi.{parts[2].TrimEnd(':')}", throwOnError: true)!;
        Assert.Equal(parts[1], $"{Marshal.SizeOf(type)}");
        string ours = string.Join(' ', parts[3..].Select(field => field.Split('=', '@')).Select(field => $"{field[0]}={field[1]}@{Marshal.OffsetOf(type, field[1])}"));
        Assert.Equal(string.Join(' ', parts[3..]), ours);
        Assert.Equal(type.GetFields().Length, parts.Length - 3);
    }
}
