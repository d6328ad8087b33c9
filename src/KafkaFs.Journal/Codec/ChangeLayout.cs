namespace KafkaFs.Journal.Codec;

/// <summary>How a field number is written: the protobuf wire type.</summary>
internal enum FieldType : byte
{
    None = 0,

    /// <summary>uint32 or uint64 as a varint.</summary>
    Varint32,
    Varint64,

    /// <summary>sint64: zig-zag varint.</summary>
    ZigZag64,

    /// <summary>fixed64 or sfixed64.</summary>
    Fixed64,

    /// <summary>bytes.</summary>
    Bytes,
}

/// <summary>The table of proto/fuse.proto: the type of every field number, and the fields that each kind lists.</summary>
internal static class ChangeLayout
{
    /// <summary>Highest field number of a message of a change.</summary>
    public const int MaxField = 34;

    /// <summary>Highest number in FuseChange.change.</summary>
    public const int MaxKind = (int)ChangeKind.RemoveXattr;

    private const ulong NewInode = 1UL << 1 | 1UL << 2 | 1UL << 3 | 1UL << 6 | 1UL << 8 | 1UL << 9;

    private static readonly ulong[] s_fields = BuildFields();

    /// <summary>The wire type of <paramref name="field"/>; None where the number is not used.</summary>
    public static FieldType TypeOf(int field) => (ChangeField)field switch
    {
        ChangeField.Inode or ChangeField.Parent or ChangeField.NewParent or ChangeField.AtimeNs or ChangeField.MtimeNs => FieldType.Fixed64,
        ChangeField.Name or ChangeField.NewName or ChangeField.Data or ChangeField.Master or ChangeField.Uuid => FieldType.Bytes,
        ChangeField.Offset or ChangeField.Length or ChangeField.Size or ChangeField.Run or ChangeField.FileSizeMax => FieldType.Varint64,
        ChangeField.TimeMinS or ChangeField.TimeMaxS => FieldType.ZigZag64,
        ChangeField.Mode or ChangeField.Type or ChangeField.Uid or ChangeField.Gid or ChangeField.Rdev or ChangeField.Flags
            or ChangeField.NameMax or ChangeField.SymlinkMax or ChangeField.LinkMax or ChangeField.XattrNameMax
            or ChangeField.XattrValueMax or ChangeField.XattrTotalMax or ChangeField.NewLevel or ChangeField.NewIncarnation
            or ChangeField.Closes => FieldType.Varint32,
        _ => FieldType.None,
    };

    /// <summary>The fields that <paramref name="kind"/> lists, one bit a number; 0 for an unknown kind.</summary>
    public static ulong FieldsOf(ChangeKind kind) => (uint)kind <= MaxKind ? s_fields[(int)kind] : 0;

    /// <summary>True if <paramref name="kind"/> is a kind of this format.</summary>
    public static bool IsKnown(ChangeKind kind) => kind is >= ChangeKind.FilesystemCreated and <= ChangeKind.RemoveXattr;

    private static ulong[] BuildFields()
    {
        ulong[] fields = new ulong[MaxKind + 1];
        fields[(int)ChangeKind.FilesystemCreated] = Bits(6, 8, 9, 23, 24, 25, 26, 27, 28, 29, 30, 31);
        fields[(int)ChangeKind.FormatRaised] = Bits(32);
        fields[(int)ChangeKind.SessionStarted] = Bits(19, 20, 21);
        fields[(int)ChangeKind.SessionEnded] = Bits(34);
        fields[(int)ChangeKind.Fence] = Bits(33);
        fields[(int)ChangeKind.Create] = NewInode;
        fields[(int)ChangeKind.Mkdir] = NewInode;
        fields[(int)ChangeKind.Mknod] = NewInode | Bits(7, 10);
        fields[(int)ChangeKind.Symlink] = Bits(1, 2, 3, 8, 9, 15);
        fields[(int)ChangeKind.Link] = Bits(1, 2, 3);
        fields[(int)ChangeKind.Unlink] = Bits(2, 3);
        fields[(int)ChangeKind.Rmdir] = Bits(2, 3);
        fields[(int)ChangeKind.Rename] = Bits(2, 3, 4, 5, 14);
        fields[(int)ChangeKind.Write] = Bits(1, 11, 14, 15);
        fields[(int)ChangeKind.Truncate] = Bits(1, 13, 14);
        fields[(int)ChangeKind.Allocate] = Bits(1, 6, 11, 12, 14);
        fields[(int)ChangeKind.SetAttr] = Bits(1, 6, 8, 9, 14, 16, 17);
        fields[(int)ChangeKind.SetXattr] = Bits(1, 3, 14, 15);
        fields[(int)ChangeKind.RemoveXattr] = Bits(1, 3);
        return fields;
    }

    private static ulong Bits(params ReadOnlySpan<int> numbers)
    {
        ulong bits = 0;
        foreach (int number in numbers)
        {
            bits |= 1UL << number;
        }

        return bits;
    }
}
