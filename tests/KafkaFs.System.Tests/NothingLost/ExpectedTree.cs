using System.Text;
using KafkaFs.Posix;
using KafkaFs.Posix.Files;

namespace KafkaFs.System.Tests.NothingLost;

/// <summary>
/// All that one worker has made: its own directory, and in the shared one the names that begin with its own. One thread at a time.
/// </summary>
internal sealed class ExpectedTree(string worker)
{
    public const string SharedPath = "shared";

    /// <summary>The worker's directory, and what its names begin with.</summary>
    public string Worker { get; } = worker;

    public ExpectedObject Own { get; } = ExpectedObject.Directory(0x1c0);

    public ExpectedObject Shared { get; } = ExpectedObject.Directory(0x1c0);

    /// <summary>All directories, the two of the top first.</summary>
    public List<ExpectedPlace> Directories()
    {
        List<ExpectedPlace> found = [new(null, "", Worker, Own), new(null, "", SharedPath, Shared)];
        found.AddRange(found.ToArray().SelectMany(top => Below(top).Where(place => place.Object.IsDirectory)));
        return found;
    }

    /// <summary>All names of files.</summary>
    public List<ExpectedPlace> Files() => [.. Directories().SelectMany(Below).Where(place => !place.Object.IsDirectory)];

    /// <summary>The first difference to what the mount shows, or null. Throws <see cref="MountGoneException"/>.</summary>
    public string? Difference(SafeFd root) =>
        DirectoryDifference(root, Worker, Own, _ => true) ?? DirectoryDifference(root, SharedPath, Shared, name => name.StartsWith(Worker + "-", StringComparison.Ordinal));

    private static IEnumerable<ExpectedPlace> Below(ExpectedPlace directory) =>
        directory.Object.Children!.Select(child => new ExpectedPlace(directory.Object, directory.Path + "/", child.Key, child.Value));

    private static string? DirectoryDifference(SafeFd root, string path, ExpectedObject expected, Func<string, bool> isOurs)
    {
        string[] names;
        try
        {
            names = [.. Directory.EnumerateFileSystemEntries($"/proc/self/fd/{root.Number}/{path}").Select(found => Path.GetFileName(found)!).Where(isOurs).Order(StringComparer.Ordinal)];
        }
        catch (DirectoryNotFoundException)
        {
            return $"{path} is missing";
        }
        catch (IOException exception)
        {
            throw new MountGoneException(exception.Message);
        }

        string[] wanted = [.. expected.Children!.Keys.Order(StringComparer.Ordinal)];
        return names.SequenceEqual(wanted)
            ? expected.Children.Select(child => ObjectDifference(root, $"{path}/{child.Key}", child.Value)).FirstOrDefault(difference => difference is not null)
            : $"{path}: missing [{string.Join(' ', wanted.Except(names))}], not expected [{string.Join(' ', names.Except(wanted))}], {names.Length} names";
    }

    private static string? ObjectDifference(SafeFd root, string path, ExpectedObject expected)
    {
        byte[] name = Encoding.UTF8.GetBytes(path);
        Errno errno = FileCalls.Open(root, name, OpenFlags.NoFollow | (expected.IsDirectory ? OpenFlags.Directory : OpenFlags.ReadOnly), 0, out SafeFd fd);
        using (fd)
        {
            Span<byte> note = stackalloc byte[256];
            Errno noted = errno == Errno.None ? XattrCalls.Get(fd, "user.note"u8, note, out int noteLength) : Fill(out noteLength);
            StatxResult stat = default;
            errno = errno == Errno.None ? FileCalls.Stat(root, name, out stat) : errno;
            string? difference = errno != Errno.None ? Failed(errno, path)
                : stat.Permissions != expected.Mode ? $"{path}: mode {Convert.ToString(stat.Permissions, 8)}, not {Convert.ToString(expected.Mode, 8)}"
                : noted is not (Errno.None or Errno.ENODATA) ? Failed(noted, path)
                : (noted == Errno.None ? Encoding.UTF8.GetString(note[..noteLength]) : null) is var found && found != expected.Note ? $"{path}: note '{found}', not '{expected.Note}'"
                : null;
            return difference ?? (expected.IsDirectory ? DirectoryDifference(root, path, expected, _ => true) : FileDifference(fd, path, stat, expected));
        }
    }

    private static Errno Fill(out int length)
    {
        length = 0;
        return Errno.None;
    }

    private static string? FileDifference(SafeFd fd, string path, StatxResult stat, ExpectedObject expected)
    {
        if (stat.Links != expected.Links || stat.Size != (ulong)expected.Content.Length)
        {
            return $"{path}: {stat.Links} links and {stat.Size} bytes, not {expected.Links} and {expected.Content.Length}";
        }

        byte[] content = new byte[expected.Content.Length];
        Errno errno = DescriptorCalls.ReadAll(fd, content, 0, out int read);
        return errno != Errno.None ? Failed(errno, path)
            : content.AsSpan(0, read).CommonPrefixLength(expected.Content) is int same && same < content.Length ? $"{path}: byte {same} of {content.Length} is not what was written"
            : null;
    }

    private static string Failed(Errno errno, string path) =>
        MountGoneException.IsSign(errno) ? throw new MountGoneException($"{path}: {errno}") : $"{path}: {errno}";
}
