using System.Runtime.InteropServices;
using System.Text;
using KafkaFs.Posix;
using KafkaFs.Posix.Files;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace KafkaFs.Replica.Checkpoint;

/// <summary>
/// What this machine refuses of the index, told apart from damage, and what passes by itself (no space, no quota, read-only for now)
/// from what is final. A failed sync always is: Linux marks the pages clean, and the next one would succeed.
/// </summary>
internal static partial class IndexRefusal
{
    private const int ShortRead = 522, WriteFailed = 778, TruncateFailed = 1_546, WasMoved = 1_032;

    /// <summary>The machine refused, and the file may be sound. A file that is too short for its pages is damaged.</summary>
    public static bool IsMachines(SqliteException exception) =>
        exception.SqliteErrorCode is raw.SQLITE_PERM or raw.SQLITE_READONLY or raw.SQLITE_IOERR or raw.SQLITE_FULL or raw.SQLITE_CANTOPEN
        && exception.SqliteExtendedErrorCode != ShortRead;

    /// <summary>The same commit succeeds once the cause is gone: nothing was half made durable.</summary>
    /// <param name="connection">Where it was refused; nothing has been called on it since.</param>
    /// <param name="path">The file of the connection.</param>
    public static bool MayPass(SqliteException exception, SqliteConnection connection, string path) => exception.SqliteErrorCode switch
    {
        raw.SQLITE_FULL => true,
        raw.SQLITE_CANTOPEN => CanBeOpenedOnce(path + "-wal", OpenFlags.Create),
        raw.SQLITE_IOERR => exception.SqliteExtendedErrorCode is WriteFailed or TruncateFailed && MayPass(LastErrno(connection)),
        raw.SQLITE_READONLY => exception.SqliteExtendedErrorCode != WasMoved && CanBeOpenedOnce(path, 0),
        _ => false,
    };

    public static CheckpointSpaceException NoRoom(string path, SqliteException exception) =>
        new($"there is no space for a checkpoint in '{path}', or it is read-only: {exception.Message.TrimEnd('.')}", exception);

    /// <summary>A file is there; only ENOENT means that it is not. Throws IOException.</summary>
    public static bool IsThere(string path)
    {
        Errno errno = FileCalls.Stat(null, Encoding.UTF8.GetBytes(path), out _);
        Check(errno, "look at", path, passed: Errno.ENOENT);
        return errno == Errno.None;
    }

    /// <summary>Throws <see cref="CheckpointSpaceException"/> for what passes by itself, another IOException for the rest.</summary>
    public static void Check(Errno errno, string action, string path, Errno passed = Errno.None)
    {
        if (errno != Errno.None && errno != passed)
        {
            string words = $"{action} '{path}': {errno}";
            throw MayPass(errno) ? new CheckpointSpaceException(words) : new IOException(words);
        }
    }

    private static Errno LastErrno(SqliteConnection connection) =>
        connection.Handle is sqlite3 handle ? (Errno)sqlite3_system_errno(handle) : Errno.None;

    private static bool MayPass(Errno errno) => errno is Errno.ENOSPC or Errno.EDQUOT or Errno.EROFS;

    // Where SQLite may not open a file for writing it tries to read it, whatever the reason was, and keeps the errno of that only.
    private static bool CanBeOpenedOnce(string path, OpenFlags create)
    {
        Errno errno = FileCalls.Open(null, Encoding.UTF8.GetBytes(path), OpenFlags.ReadWrite | OpenFlags.NoFollow | create, 0x180, out SafeFd fd);
        fd.Dispose();
        return errno == Errno.None || MayPass(errno);
    }

    // Of the library that SQLitePCL has loaded, which does not wrap it.
    [LibraryImport("e_sqlite3")]
    private static partial int sqlite3_system_errno(sqlite3 database);
}
