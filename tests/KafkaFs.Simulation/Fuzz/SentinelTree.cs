using System.Globalization;
using System.Text;
using KafkaFs.Posix;
using KafkaFs.Posix.Files;
using KafkaFs.TestKit.Processes;

namespace KafkaFs.Simulation.Fuzz;

/// <summary>
/// Files, directories and links beside a data root that nobody may touch: names, attributes, times (of files also that of the last
/// reading) and contents are compared with what they were. Once, since comparing reads them.
/// </summary>
internal sealed class SentinelTree
{
    private const int DirectoryType = 4, FileType = 8;

    private readonly string _folder;
    private readonly string[] _excluded;
    private readonly string[] _before;

    /// <param name="folder">The folder in which the data root lies, too.</param>
    /// <param name="excluded">Names in the folder that are not the sentinel's.</param>
    public SentinelTree(string folder, params string[] excluded)
    {
        (_folder, _excluded) = (folder, excluded);
        Directory.CreateDirectory($"{Outside}/directory");
        for (int number = 0; number < 6; number++)
        {
            File.WriteAllText($"{Outside}/{(char)('a' + number)}", $"sentinel {number}");
            File.WriteAllText($"{Outside}/directory/{(char)('a' + number)}", $"deeper sentinel {number}");
        }

        File.WriteAllText($"{folder}/link", "beside the root");
        File.CreateSymbolicLink($"{Outside}/symlink", "directory/a");
        Directory.CreateSymbolicLink($"{Outside}/loop", "..");
        ToolProcess.Shell($"cd '{Outside}'; mkfifo fifo; ln a hard; chmod 4711 b");
        string[] contents = [.. Contents()];
        ToolProcess.Shell($"cd '{folder}'; find outside link -type f -exec touch -a -d 2001-01-01 {{}} +");
        _before = [.. Attributes(), .. contents];
    }

    /// <summary>Where links of an adversary may lead.</summary>
    public string Outside => $"{_folder}/outside";

    /// <summary>What is not as it was; empty if all is well.</summary>
    public IEnumerable<string> Differences()
    {
        string[] now = [.. Attributes(), .. Contents()];
        return _before.Except(now).Select(line => $"was: {line}").Concat(now.Except(_before).Select(line => $"is: {line}"));
    }

    private string[] Attributes() => [.. Paths(_folder).Select(path => Describe(path, Stat(path)))];

    private IEnumerable<string> Contents() => Paths(_folder).Where(path => Stat(path).Type == FileType).Select(path => $"{path} holds {File.ReadAllText(path)}");

    private IEnumerable<string> Paths(string directory) => Directory.GetFileSystemEntries(directory)
        .Where(path => directory != _folder || !_excluded.Contains(Path.GetFileName(path)))
        .SelectMany(path => Stat(path).Type == DirectoryType ? Paths(path).Prepend(path) : [path]);

    private static string Describe(string path, in StatxResult stat) => string.Create(
        CultureInfo.InvariantCulture,
        $"{path}: inode {stat.Inode} mode {stat.Mode} owner {stat.Uid}:{stat.Gid} links {stat.Links} size {stat.Size} mtime {stat.Mtime.TotalNs} ctime {stat.Ctime.TotalNs}")
        + (stat.Type == FileType ? string.Create(CultureInfo.InvariantCulture, $" atime {stat.Atime.TotalNs}") : "");

    private static StatxResult Stat(string path)
    {
        Errno errno = FileCalls.Stat(null, Encoding.UTF8.GetBytes(path), out StatxResult stat);
        return errno == Errno.None ? stat : throw new IOException($"{path}: {errno}");
    }
}
