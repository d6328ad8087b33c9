using KafkaFs.Journal.Codec;

namespace KafkaFs.Journal.Check;

/// <summary>A log's record 0.</summary>
/// <param name="Filesystem">The filesystem that it creates; null if it creates none.</param>
/// <param name="Found">What it is, for people.</param>
public sealed record LogOrigin(Guid? Filesystem, string Found)
{
    public static LogOrigin Of(ReadOnlySpan<byte> record)
    {
        if (!ChangeCodec.TryDecode(record, out Change change, out string? defect))
        {
            return new LogOrigin(null, defect ?? "no record");
        }

        return new LogOrigin(change.Kind == ChangeKind.FilesystemCreated ? change.Header.Filesystem : null, change.Kind.ToString());
    }
}
