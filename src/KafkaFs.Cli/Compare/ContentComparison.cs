using KafkaFs.Posix;
using KafkaFs.Posix.Files;

namespace KafkaFs.Cli.Compare;

/// <summary>Compares the contents of files, block by block; what is a hole in both is not read. For one thread.</summary>
internal sealed class ContentComparison(ComparedTree first, ComparedTree second)
{
    private const int BlockBytes = 256 * 1024;
    private const int SeekData = 3;

    private readonly byte[] _first = new byte[BlockBytes];
    private readonly byte[] _second = new byte[BlockBytes];

    /// <summary>Bytes that were looked at or are holes in both.</summary>
    public long Bytes { get; private set; }

    /// <summary>The first offset at which two files of <paramref name="size"/> bytes differ, or null. Both are O_PATH descriptors.</summary>
    public ulong? FindDifference(SafeFd one, SafeFd other, ulong size)
    {
        Bytes += (long)size;
        if (size == 0)
        {
            return null;
        }

        using SafeFd a = first.OpenContent(one);
        using SafeFd b = second.OpenContent(other);
        for (ulong offset = NextData(a, b, 0, size); offset < size; offset = NextData(a, b, offset + BlockBytes, size))
        {
            int length = first.Read(a, _first, offset), lengthOther = second.Read(b, _second, offset);
            int same = _first.AsSpan(0, length).CommonPrefixLength(_second.AsSpan(0, lengthOther));
            if (same < length || length != lengthOther)
            {
                return offset + (ulong)same;
            }
        }

        return null;
    }

    private static ulong NextData(SafeFd a, SafeFd b, ulong offset, ulong size) =>
        offset >= size ? size : Math.Min(NextData(a, offset, size), NextData(b, offset, size));

    // Where a filesystem knows no holes everything is data.
    private static ulong NextData(SafeFd fd, ulong offset, ulong size) => DescriptorCalls.Seek(fd, (long)offset, SeekData, out long data) switch
    {
        Errno.None => (ulong)data,
        Errno.ENXIO => size,
        _ => offset,
    };
}
