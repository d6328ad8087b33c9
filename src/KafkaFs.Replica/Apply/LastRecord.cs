using System.Security.Cryptography;

namespace KafkaFs.Replica.Apply;

/// <summary>
/// The last applied record, kept so that a checkpoint can hold its hash: a log that holds another record at that offset was
/// replaced. Used under the apply lock.
/// </summary>
internal sealed class LastRecord
{
    private byte[] _bytes = [];
    private int _length = -1;
    private ReadOnlyMemory<byte>? _noted;

    /// <summary>Notes a record without copying it; <see cref="Keep()"/> follows before its bytes may change.</summary>
    public void Note(ReadOnlyMemory<byte> record) => _noted = record;

    /// <summary>Copies the noted record, if there is one.</summary>
    public void Keep()
    {
        if (_noted is ReadOnlyMemory<byte> noted)
        {
            Keep(noted.Span);
        }
    }

    /// <summary>Copies a record.</summary>
    public void Keep(ReadOnlySpan<byte> record)
    {
        if (_bytes.Length < record.Length)
        {
            _bytes = new byte[record.Length];
        }

        record.CopyTo(_bytes);
        _length = record.Length;
        _noted = null;
    }

    /// <summary>SHA-256 of the record; null if none was applied.</summary>
    public byte[]? Hash() => _length < 0 ? null : SHA256.HashData(_bytes.AsSpan(0, _length));
}
