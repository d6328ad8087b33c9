using KafkaFs.Journal.Codec;
using KafkaFs.Posix.Files;
using Microsoft.Extensions.Logging;

namespace KafkaFs.MasterHost.FileSystem;

/// <summary>
/// What this master keeps free on its disk: its own calls that take space are refused before there is a record, since a record that
/// the disk cannot hold would stall the whole mount. Records of other masters take from it. From any thread.
/// </summary>
internal sealed partial class SpaceReserve
{
    private const ulong DefaultMaxBytes = 256UL << 20;
    private const ulong DefaultShare = 100;
    private const ulong DefaultMaxFiles = 1_000;

    // What a call may take of metadata, besides its data.
    private const long CallBytes = 4_096;
    private static readonly TimeSpan s_validity = TimeSpan.FromSeconds(1);

    // Small writes take less than they count for: what is refused is asked for more often.
    private static readonly TimeSpan s_refusalValidity = TimeSpan.FromMilliseconds(50);

    private readonly Func<FileSystemStatus?> _ask;
    private readonly ulong? _reserveBytes;
    private readonly ILogger _logger;
    private readonly TimeProvider _clock;
    private readonly Lock _gate = new();
    private long _askedAt;
    private long _bytesLeft;
    private long _filesLeft;
    private bool _knows;
    private bool _isReached;

    /// <param name="ask">Asks the data root's filesystem; null if it does not answer, and then nothing is refused.</param>
    /// <param name="reserveBytes">Null is 256 MiB, or 1 % of a smaller filesystem; 0 is none.</param>
    public SpaceReserve(Func<FileSystemStatus?> ask, long? reserveBytes, ILogger logger, TimeProvider clock) =>
        (_ask, _reserveBytes, _logger, _clock) = (ask, (ulong?)reserveBytes, logger, clock);

    /// <summary>
    /// The reserve has no room for <paramref name="change"/>; <paramref name="sizeBefore"/> bytes are in the file that it truncates.
    /// The filesystem is asked once a second, and before something is refused up to twenty times; until then what was let pass counts as taken, and so do <paramref name="pendingBytes"/>, which
    /// were let pass before and are not on the disk yet.
    /// </summary>
    public bool Refuses(in Change change, ulong sizeBefore, long pendingBytes)
    {
        if (!TakesSpace(change, sizeBefore))
        {
            return false;
        }

        long bytes = CallBytes + change.Data.Length + (change.Kind == ChangeKind.Allocate ? (long)Math.Min(change.Length, long.MaxValue / 2) : 0);
        lock (_gate)
        {
            int files = change.Kind is ChangeKind.Create or ChangeKind.Mkdir or ChangeKind.Mknod or ChangeKind.Symlink ? 1 : 0;
            bool asked = Refresh(pendingBytes, s_validity);
            bool refuses = !Fits(bytes, files);
            if (refuses && Refresh(pendingBytes, s_refusalValidity))
            {
                (asked, refuses) = (true, !Fits(bytes, files));
            }

            if (!refuses)
            {
                _bytesLeft -= bytes;
                _filesLeft -= files;
            }

            Tell(refuses, asked);
            return refuses;
        }
    }

    private static bool TakesSpace(in Change change, ulong sizeBefore)
    {
        const uint punchHole = 2;
        return change.Kind switch
        {
            ChangeKind.Create or ChangeKind.Mkdir or ChangeKind.Mknod or ChangeKind.Symlink or ChangeKind.Link or ChangeKind.Write or ChangeKind.SetXattr => true,
            ChangeKind.Truncate => change.Size > sizeBefore,
            ChangeKind.Allocate => (change.Mode & punchHole) == 0,
            _ => false,
        };
    }

    private bool Fits(long bytes, int files) => !_knows || (_bytesLeft >= bytes && _filesLeft >= files);

    // Under the gate; false if what is known is young enough.
    private bool Refresh(long pendingBytes, TimeSpan validity)
    {
        if (_askedAt != 0 && _clock.GetElapsedTime(_askedAt) < validity)
        {
            return false;
        }

        _askedAt = _clock.GetTimestamp();
        FileSystemStatus? answer = _ask();
        _knows = answer is not null && _reserveBytes != 0;
        if (answer is FileSystemStatus status)
        {
            ulong blockSize = (ulong)status.BlockSize;
            ulong reserve = _reserveBytes ?? Math.Min(DefaultMaxBytes, status.Blocks / DefaultShare * blockSize);
            _bytesLeft = (long)(status.BlocksAvailable * blockSize) - (long)reserve - pendingBytes;

            // Filesystems without a table of inodes (btrfs) say 0.
            _filesLeft = status.Files == 0 ? long.MaxValue : (long)status.FilesFree - (long)Math.Min(DefaultMaxFiles, status.Files / DefaultShare);
        }

        return true;
    }

    // A small call may pass where a large one did not: the end is told once a second at most.
    private void Tell(bool refuses, bool asked)
    {
        if (refuses && !_isReached)
        {
            _isReached = true;
            LogReached(_logger, _bytesLeft, _filesLeft);
        }
        else if (!refuses && asked && _isReached)
        {
            _isReached = false;
            LogLeft(_logger);
        }
    }

    [LoggerMessage(6200, LogLevel.Warning, "The disk of the data root is full up to the reserve (above it: {Bytes} bytes, {Files} inodes): calls of this mount that take space are answered ENOSPC")]
    private static partial void LogReached(ILogger logger, long bytes, long files);

    [LoggerMessage(6201, LogLevel.Information, "The disk of the data root has room above the reserve again")]
    private static partial void LogLeft(ILogger logger);
}
