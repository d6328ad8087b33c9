using System.Buffers;

namespace KafkaFs.Journal.Codec;

/// <summary>
/// Between the bytes of a record and a <see cref="Change"/>, without copying (proto/fuse.proto is the format). Stateless; every
/// method may be called from any thread.
/// </summary>
public static partial class ChangeCodec
{
    /// <summary>The format level of this software.</summary>
    public const uint Level = 1;

    /// <summary>Longest path hint, bytes; longer ones keep their end.</summary>
    public const int MaxPathBytes = 4_096;

    /// <summary>No record needs more than this besides its <see cref="Change.Data"/>, bytes.</summary>
    public const int MaxPrefixBytes = 8_192;

    /// <summary>
    /// Writes all of <paramref name="change"/> but the bytes of its Data to the end of <paramref name="headroom"/> and returns how
    /// many bytes that took: they and then Data are the record. <paramref name="headroom"/> of
    /// <see cref="MaxPrefixBytes"/> always suffices for fields within their domains; otherwise throws ArgumentException.
    /// </summary>
    public static int EncodePrefix(in Change change, Span<byte> headroom)
    {
        ReverseWireWriter writer = new(headroom);
        WriteBody(ref writer, change);
        int bodyBytes = headroom.Length - writer.Start + change.Data.Length;
        writer.Length((int)change.Kind, bodyBytes);
        int end = writer.Start;
        WriteHeader(ref writer, change.Header);
        writer.Length(1, end - writer.Start);
        return headroom.Length - writer.Start;
    }

    /// <summary>The whole record in an array of its own.</summary>
    public static byte[] Encode(in Change change)
    {
        byte[] headroom = ArrayPool<byte>.Shared.Rent(MaxPrefixBytes);
        try
        {
            int prefix = EncodePrefix(change, headroom);
            byte[] record = GC.AllocateUninitializedArray<byte>(prefix + change.Data.Length);
            headroom.AsSpan(^prefix..).CopyTo(record);
            change.Data.CopyTo(record.AsSpan(prefix));
            return record;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(headroom);
        }
    }

    private static void WriteHeader(ref ReverseWireWriter writer, in ChangeHeader header)
    {
        writer.Bytes(7, header.Path.Length > MaxPathBytes ? header.Path[^MaxPathBytes..] : header.Path);
        writer.Fixed64(6, (ulong)header.TimeNs);
        writer.Varint(5, header.Sequence);
        writer.Varint(4, header.Incarnation);
        writer.Varint(3, header.Session.Number);
        writer.Varint(2, header.Level);
        writer.Uuid(1, header.Filesystem);
    }

    private static void WriteBody(ref ReverseWireWriter writer, in Change change)
    {
        ulong fields = ChangeLayout.FieldsOf(change.Kind);
        for (int field = ChangeLayout.MaxField; field > 0; field--)
        {
            if ((fields & (1UL << field)) != 0)
            {
                WriteField(ref writer, (ChangeField)field, change);
            }
        }
    }

    private static void WriteField(ref ReverseWireWriter writer, ChangeField field, in Change change)
    {
        int number = (int)field;
        bool optional = change.Kind == ChangeKind.SetAttr;
        switch (field)
        {
            case ChangeField.Inode: writer.Fixed64(number, change.Inode.Value); break;
            case ChangeField.Parent: writer.Fixed64(number, change.Parent.Value); break;
            case ChangeField.Name: writer.Bytes(number, change.Name); break;
            case ChangeField.NewParent: writer.Fixed64(number, change.NewParent.Value); break;
            case ChangeField.NewName: writer.Bytes(number, change.NewName); break;
            case ChangeField.Mode: Optional(ref writer, number, change.Mode, optional, change.HasMode); break;
            case ChangeField.Type: writer.Varint(number, change.Type); break;
            case ChangeField.Uid: Optional(ref writer, number, change.Uid, optional, change.HasUid); break;
            case ChangeField.Gid: Optional(ref writer, number, change.Gid, optional, change.HasGid); break;
            case ChangeField.Rdev: writer.Varint(number, change.Rdev); break;
            case ChangeField.Offset: writer.Varint(number, change.Offset); break;
            case ChangeField.Length: writer.Varint(number, change.Length); break;
            case ChangeField.Size: writer.Varint(number, change.Size); break;
            case ChangeField.Flags: writer.Varint(number, (uint)change.Flags); break;
            case ChangeField.Data: if (!change.Data.IsEmpty) { writer.Length(number, change.Data.Length); } break;
            case ChangeField.AtimeNs: if (change.HasAtime) { writer.Fixed64(number, (ulong)change.AtimeNs, always: true); } break;
            case ChangeField.MtimeNs: if (change.HasMtime) { writer.Fixed64(number, (ulong)change.MtimeNs, always: true); } break;
            case ChangeField.Master: writer.Uuid(number, change.Master); break;
            case ChangeField.Run: writer.Varint(number, change.Run); break;
            case ChangeField.Uuid: writer.Uuid(number, change.Uuid); break;
            case ChangeField.NewLevel: writer.Varint(number, change.NewLevel); break;
            case ChangeField.NewIncarnation: writer.Varint(number, change.NewIncarnation); break;
            case ChangeField.Closes: writer.Varint(number, change.Closes.Number); break;
            default: WriteLimit(ref writer, field, change.Limits); break;
        }
    }

    private static void WriteLimit(ref ReverseWireWriter writer, ChangeField field, in Limits limits)
    {
        int number = (int)field;
        switch (field)
        {
            case ChangeField.NameMax: writer.Varint(number, limits.NameMax); break;
            case ChangeField.SymlinkMax: writer.Varint(number, limits.SymlinkMax); break;
            case ChangeField.LinkMax: writer.Varint(number, limits.LinkMax); break;
            case ChangeField.XattrNameMax: writer.Varint(number, limits.XattrNameMax); break;
            case ChangeField.XattrValueMax: writer.Varint(number, limits.XattrValueMax); break;
            case ChangeField.XattrTotalMax: writer.Varint(number, limits.XattrTotalMax); break;
            case ChangeField.FileSizeMax: writer.Varint(number, limits.FileSizeMax); break;
            case ChangeField.TimeMinS: writer.ZigZag(number, limits.TimeMinS); break;
            case ChangeField.TimeMaxS: writer.ZigZag(number, limits.TimeMaxS); break;
            default: throw new InvalidOperationException($"Field {field} has no writer.");
        }
    }

    private static void Optional(ref ReverseWireWriter writer, int field, uint value, bool optional, bool given)
    {
        if (!optional || given)
        {
            writer.Varint(field, value, always: optional);
        }
    }
}
