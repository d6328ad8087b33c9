namespace KafkaFs.Journal.Codec;

/// <summary>The decoding half: strict, so that every replica takes the same records for malformed.</summary>
public static partial class ChangeCodec
{
    /// <summary>
    /// Decodes <paramref name="record"/> in place. False if the bytes are no well-formed record of this format level; then
    /// <paramref name="defect"/> says why, and <see cref="Change.HasHeader"/> whether the header can be relied on all the same (an
    /// unknown kind, or a kind of a newer level, is such a record).
    /// Domains (names, modes, sizes) are checked by evaluation, not here.
    /// </summary>
    public static bool TryDecode(ReadOnlySpan<byte> record, out Change change, out string? defect)
    {
        change = default;
        defect = null;
        WireReader reader = new(record);
        bool seenHeader = false;
        while (defect is null && !reader.AtEnd)
        {
            if (!reader.TryReadTag(out int field, out int wireType) || wireType != 2 || !reader.TryReadBytes(out ReadOnlySpan<byte> message))
            {
                defect = "not a FuseChange message";
            }
            else if (field == 1)
            {
                defect = seenHeader ? "two headers" : DecodeHeader(message, ref change.Header);
                change.HasHeader = defect is null;
                seenHeader = true;
            }
            else if (change.Kind != ChangeKind.None)
            {
                defect = "two changes in one record";
            }
            else
            {
                defect = DecodeBody((ChangeKind)Math.Min(field, byte.MaxValue), message, ref change);
            }
        }

        defect ??= !seenHeader ? "no header" : change.Kind == ChangeKind.None ? "no change" : null;
        return defect is null;
    }

    private static string? DecodeHeader(ReadOnlySpan<byte> message, ref ChangeHeader header)
    {
        WireReader reader = new(message);
        uint seen = 0;
        while (!reader.AtEnd)
        {
            if (!reader.TryReadTag(out int field, out int wireType) || field > 7 || (seen & (1u << field)) != 0)
            {
                return "header: a field that is unknown or given twice";
            }

            seen |= 1u << field;
            if (!TryReadHeaderField(ref reader, field, wireType, ref header))
            {
                return $"header: field {field} is malformed";
            }
        }

        return null;
    }

    private static bool TryReadHeaderField(ref WireReader reader, int field, int wireType, ref ChangeHeader header)
    {
        ulong value;
        switch (field, wireType)
        {
            case (1, 2):
                return TryReadUuid(ref reader, out header.Filesystem);
            case (2, 0):
                return TryReadUInt32(ref reader, out header.Level);
            case (3, 0):
                bool read = TryReadUInt32(ref reader, out uint session) && session <= SessionId.Max;
                header.Session = new SessionId(session);
                return read;
            case (4, 0):
                return TryReadUInt32(ref reader, out header.Incarnation);
            case (5, 0):
                return reader.TryReadVarint(out header.Sequence);
            case (6, 1):
                bool time = reader.TryReadFixed64(out value);
                header.TimeNs = (long)value;
                return time;
            case (7, 2):
                return reader.TryReadBytes(out header.Path) && header.Path.Length <= MaxPathBytes;
            default:
                return false;
        }
    }

    private static string? DecodeBody(ChangeKind kind, ReadOnlySpan<byte> message, ref Change change)
    {
        if (!ChangeLayout.IsKnown(kind))
        {
            return $"unknown kind {(int)kind}";
        }

        change.Kind = kind;
        ulong listed = ChangeLayout.FieldsOf(kind);
        ulong seen = 0;
        WireReader reader = new(message);
        while (!reader.AtEnd)
        {
            if (!reader.TryReadTag(out int field, out int wireType) || field > ChangeLayout.MaxField
                || (listed & (1UL << field)) == 0 || (seen & (1UL << field)) != 0)
            {
                return $"{kind}: a field that is unknown or given twice";
            }

            seen |= 1UL << field;
            if (!TryReadField(ref reader, field, wireType, ref change))
            {
                return $"{kind}: field {field} is malformed";
            }
        }

        return null;
    }

    private static bool TryReadField(ref WireReader reader, int field, int wireType, ref Change change)
    {
        ulong value = 0;
        ReadOnlySpan<byte> bytes = default;
        bool read = (ChangeLayout.TypeOf(field), wireType) switch
        {
            (FieldType.Varint32, 0) => reader.TryReadVarint(out value) && value <= uint.MaxValue,
            (FieldType.Varint64 or FieldType.ZigZag64, 0) => reader.TryReadVarint(out value),
            (FieldType.Fixed64, 1) => reader.TryReadFixed64(out value),
            (FieldType.Bytes, 2) => reader.TryReadBytes(out bytes),
            _ => false,
        };
        return read && TrySetField((ChangeField)field, value, bytes, ref change);
    }

    private static bool TrySetField(ChangeField field, ulong value, ReadOnlySpan<byte> bytes, ref Change change)
    {
        uint small = (uint)value;
        switch (field)
        {
            case ChangeField.Inode: change.Inode = new FileId(value); break;
            case ChangeField.Parent: change.Parent = new FileId(value); break;
            case ChangeField.Name: change.Name = bytes; break;
            case ChangeField.NewParent: change.NewParent = new FileId(value); break;
            case ChangeField.NewName: change.NewName = bytes; break;
            case ChangeField.Mode: (change.Mode, change.HasMode) = (small, true); break;
            case ChangeField.Type: change.Type = small; break;
            case ChangeField.Uid: (change.Uid, change.HasUid) = (small, true); break;
            case ChangeField.Gid: (change.Gid, change.HasGid) = (small, true); break;
            case ChangeField.Rdev: change.Rdev = small; break;
            case ChangeField.Offset: change.Offset = value; break;
            case ChangeField.Length: change.Length = value; break;
            case ChangeField.Size: change.Size = value; break;
            case ChangeField.Flags: change.Flags = (ChangeFlags)small; break;
            case ChangeField.Data: change.Data = bytes; break;
            case ChangeField.AtimeNs: (change.AtimeNs, change.HasAtime) = ((long)value, true); break;
            case ChangeField.MtimeNs: (change.MtimeNs, change.HasMtime) = ((long)value, true); break;
            case ChangeField.Master: return TryUuid(bytes, out change.Master);
            case ChangeField.Run: change.Run = value; break;
            case ChangeField.Uuid: return TryUuid(bytes, out change.Uuid);
            case ChangeField.NewLevel: change.NewLevel = small; break;
            case ChangeField.NewIncarnation: change.NewIncarnation = small; break;
            case ChangeField.Closes: change.Closes = new SessionId(small); return small <= SessionId.Max;
            default: SetLimit(field, value, ref change.Limits); break;
        }

        return true;
    }

    private static void SetLimit(ChangeField field, ulong value, ref Limits limits)
    {
        long signed = (long)(value >> 1) ^ -(long)(value & 1);
        limits = field switch
        {
            ChangeField.NameMax => limits with { NameMax = (uint)value },
            ChangeField.SymlinkMax => limits with { SymlinkMax = (uint)value },
            ChangeField.LinkMax => limits with { LinkMax = (uint)value },
            ChangeField.XattrNameMax => limits with { XattrNameMax = (uint)value },
            ChangeField.XattrValueMax => limits with { XattrValueMax = (uint)value },
            ChangeField.XattrTotalMax => limits with { XattrTotalMax = (uint)value },
            ChangeField.FileSizeMax => limits with { FileSizeMax = value },
            ChangeField.TimeMinS => limits with { TimeMinS = signed },
            ChangeField.TimeMaxS => limits with { TimeMaxS = signed },
            _ => throw new InvalidOperationException($"Field {field} has no reader."),
        };
    }

    private static bool TryReadUInt32(ref WireReader reader, out uint value)
    {
        bool read = reader.TryReadVarint(out ulong wide) && wide <= uint.MaxValue;
        value = (uint)wide;
        return read;
    }

    private static bool TryReadUuid(ref WireReader reader, out Guid value)
    {
        value = default;
        return reader.TryReadBytes(out ReadOnlySpan<byte> bytes) && TryUuid(bytes, out value);
    }

    private static bool TryUuid(ReadOnlySpan<byte> bytes, out Guid value)
    {
        value = bytes.Length == 16 ? new Guid(bytes, bigEndian: true) : default;
        return bytes.Length == 16;
    }
}
