using System.Globalization;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using KafkaFs.Cli.Compare;
using KafkaFs.Journal.Codec;
using KafkaFs.Journal.Contract;
using KafkaFs.Journal.Protobuf;

namespace KafkaFs.Cli.Log;

/// <summary>A record as a line for people, or as JSON of proto/fuse.proto.</summary>
internal sealed class RecordPrinter(TextWriter output, bool json, bool withData)
{
    private static readonly JsonFormatter s_json = new(new JsonFormatter.Settings(formatDefaultValues: false).WithPreserveProtoFieldNames(true));

    // Of a record that is none, unless all data are asked for.
    private const int MaxDefectBytes = 1_024;

    /// <summary>Everything printed has left the process.</summary>
    public void Flush() => output.Flush();

    public void Print(in JournalRecord record)
    {
        if (json)
        {
            PrintJson(record);
        }
        else
        {
            PrintLine(record);
        }
    }

    private void PrintLine(in JournalRecord record)
    {
        StringBuilder line = new();
        string time = DateTimeOffset.FromUnixTimeMilliseconds(record.AppendTimeMs).ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
        line.Append(CultureInfo.InvariantCulture, $"{record.Offset,8} {time} ");
        if (!ChangeCodec.TryDecode(record.Bytes, out Change change, out string? defect))
        {
            line.Append(CultureInfo.InvariantCulture, $"{"no record",-17} {record.Bytes.Length} bytes: {defect}");
            output.WriteLine(line);
            return;
        }

        line.Append(CultureInfo.InvariantCulture, $"{change.Header.Session.Number,4}/{change.Header.Sequence,-8} {change.Kind,-17} ");
        line.Append(EscapedName.Of(change.Header.Path));
        Describe(line, change);
        output.WriteLine(line);
    }

    private static void Describe(StringBuilder line, in Change change)
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        switch (change.Kind)
        {
            case ChangeKind.Create or ChangeKind.Mkdir or ChangeKind.Mknod:
                line.Append(culture, $" [{change.Inode}] mode {Convert.ToString(change.Mode, 8)} owner {change.Uid}:{change.Gid}");
                break;
            case ChangeKind.Symlink:
                line.Append(culture, $" [{change.Inode}] -> {EscapedName.Of(change.Data)}");
                break;
            case ChangeKind.Link:
                line.Append(culture, $" [{change.Inode}]");
                break;
            case ChangeKind.Rename:
                line.Append(culture, $" -> [{change.NewParent}]/{EscapedName.Of(change.NewName)}{(change.Flags == 0 ? "" : $" {change.Flags}")}");
                break;
            case ChangeKind.Write:
                line.Append(culture, $" {change.Data.Length} bytes at {((change.Flags & ChangeFlags.Append) != 0 ? "the end" : change.Offset)}");
                break;
            case ChangeKind.Truncate:
                line.Append(culture, $" to {change.Size} bytes");
                break;
            case ChangeKind.Allocate:
                line.Append(culture, $" {change.Length} bytes at {change.Offset}, mode {change.Mode}");
                break;
            case ChangeKind.SetAttr:
                line.Append(change.HasMode ? $" mode {Convert.ToString(change.Mode, 8)}" : "")
                    .Append(change.HasUid ? $" uid {change.Uid}" : "").Append(change.HasGid ? $" gid {change.Gid}" : "")
                    .Append(change.HasAtime || (change.Flags & ChangeFlags.AtimeNow) != 0 ? " atime" : "")
                    .Append(change.HasMtime || (change.Flags & ChangeFlags.MtimeNow) != 0 ? " mtime" : "");
                break;
            case ChangeKind.SetXattr or ChangeKind.RemoveXattr:
                line.Append(culture, $" {EscapedName.Of(change.Name)}");
                break;
            case ChangeKind.SessionStarted:
                line.Append(culture, $" master {change.Master} run {change.Run}");
                break;
            case ChangeKind.FilesystemCreated:
                line.Append(culture, $" filesystem {change.Header.Filesystem}");
                break;
        }
    }

    private void PrintJson(in JournalRecord record)
    {
        string body = ChangeCodec.TryDecode(record.Bytes, out _, out string? defect) ? ChangeAsJson(record, ref defect) : "";
        CultureInfo culture = CultureInfo.InvariantCulture;
        output.Write(string.Create(culture, $"{{\"offset\":{record.Offset},\"appendTimeMs\":{record.AppendTimeMs},\"bytes\":{record.Bytes.Length},"));
        output.WriteLine(defect is null
            ? $"\"change\":{body}}}"
            : $"\"change\":null,\"defect\":{JsonSerializer.Serialize(defect)},\"hex\":\"{Convert.ToHexStringLower(Shown(record.Bytes))}\"}}");
    }

    private string ChangeAsJson(in JournalRecord record, ref string? defect)
    {
        try
        {
            FuseChange change = FuseChange.Parser.ParseFrom(record.Bytes);
            if (!withData && change.Write is { } write)
            {
                write.Data = ByteString.Empty;
            }

            return s_json.Format(change);
        }
        catch (InvalidProtocolBufferException exception)
        {
            defect = exception.Message;
            return "";
        }
    }

    private ReadOnlySpan<byte> Shown(ReadOnlySpan<byte> bytes) => withData || bytes.Length <= MaxDefectBytes ? bytes : bytes[..MaxDefectBytes];
}
