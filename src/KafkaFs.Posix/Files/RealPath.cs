using System.Runtime.InteropServices;

namespace KafkaFs.Posix.Files;

/// <summary>Where a path leads once every symbolic link in it is followed.</summary>
public static unsafe partial class RealPath
{
    private const int MaxPathBytes = 4_096;

    /// <summary>
    /// The absolute path without links. What does not exist yet (or cannot be looked at) stays as it is behind its nearest parent that
    /// does. It asks no server of a mount that stands at the path itself.
    /// </summary>
    public static string Of(string path)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        string rest = "";
        for (string? current = full; current is not null; current = Path.GetDirectoryName(current))
        {
            if (Resolve(current) is string real)
            {
                return rest.Length == 0 ? real : Path.Join(real, rest);
            }

            rest = Path.Join(Path.GetFileName(current), rest).TrimEnd('/');
        }

        return full;
    }

    /// <summary>One of the two paths lies in the other, or they are the same; both as <see cref="Of"/> gives them.</summary>
    public static bool Overlap(string first, string second) => IsWithin(first, second) || IsWithin(second, first);

    /// <summary><paramref name="path"/> is <paramref name="folder"/> or lies below it; both as <see cref="Of"/> gives them.</summary>
    public static bool IsWithin(string path, string folder) =>
        (path.TrimEnd('/') + "/").StartsWith(folder.TrimEnd('/') + "/", StringComparison.Ordinal);

    private static string? Resolve(string path)
    {
        byte* resolved = stackalloc byte[MaxPathBytes];
        return realpath(path, resolved) == null ? null : Marshal.PtrToStringUTF8((nint)resolved);
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial byte* realpath(string path, byte* resolved);
}
