using System.Text;
using KafkaFs.Cli.Compare;
using KafkaFs.Posix;
using KafkaFs.Posix.Files;

namespace KafkaFs.Cli.Demo;

/// <summary>Something below a folder. Types as in <see cref="FileKind"/>; permissions 0 to 0777.</summary>
internal sealed record SourceEntry(string Path, int Type, uint Permissions, long Bytes)
{
    public bool IsFile => Type == FileKind.Regular;
}

/// <summary>A folder to copy: its directories, files and symlinks, parents first. Links are not followed, nothing is opened.</summary>
/// <param name="folder">The folder.</param>
/// <param name="except">A directory that is left out with everything in it.</param>
internal sealed class SourceTree(string folder, string? except = null)
{
    /// <summary>What is left out: other types, names that are no UTF-8, directories without the right to read them.</summary>
    public int Skipped { get; private set; }

    /// <summary>Everything below the folder, with paths relative to it.</summary>
    public IEnumerable<SourceEntry> Entries() => Below(Path.GetFullPath(folder), "");

    private IEnumerable<SourceEntry> Below(string directory, string relative)
    {
        foreach (string path in List(directory))
        {
            string name = Path.Combine(relative, Path.GetFileName(path));
            Errno errno = FileCalls.Stat(null, Encoding.UTF8.GetBytes(path), out StatxResult stat);
            if (errno != Errno.None || stat.Type is not (FileKind.Directory or FileKind.Regular or FileKind.Symlink))
            {
                Skipped++;
                continue;
            }

            if (path == except)
            {
                continue;
            }

            yield return new SourceEntry(name, stat.Type, stat.Permissions & 0x1ff, stat.Type == FileKind.Regular ? (long)stat.Size : 0);
            if (stat.Type == FileKind.Directory)
            {
                foreach (SourceEntry entry in Below(path, name))
                {
                    yield return entry;
                }
            }
        }
    }

    private string[] List(string directory)
    {
        try
        {
            return Directory.GetFileSystemEntries(directory);
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException or DirectoryNotFoundException)
        {
            Skipped++;
            return [];
        }
    }
}
