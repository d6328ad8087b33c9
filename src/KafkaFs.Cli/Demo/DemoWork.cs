using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using KafkaFs.Cli.Compare;
using KafkaFs.Posix;
using KafkaFs.Posix.Files;

namespace KafkaFs.Cli.Demo;

/// <summary>What the demo does on the mount: ordinary work by ordinary means.</summary>
internal sealed class DemoWork(string mount, CancellationToken stop)
{
    private const int CopyBytes = 1024 * 1024;

    private readonly byte[] _buffer = new byte[CopyBytes];

    public long Files { get; private set; }

    public long Bytes { get; private set; }

    /// <summary>What could not be copied, and was left out.</summary>
    public int Skipped { get; private set; }

    /// <summary>Copies a tree in, telling the share that is done (0 to 1).</summary>
    public void CopyIn(SourceTree source, string folder, Action<double> progress)
    {
        string target = Path.Combine(mount, "tree");
        SourceEntry[] entries = [.. source.Entries()];
        Skipped = source.Skipped;
        long total = Math.Max(1, entries.Sum(entry => entry.Bytes));
        Directory.CreateDirectory(target);
        foreach (SourceEntry entry in entries)
        {
            stop.ThrowIfCancellationRequested();
            Copy(entry, Path.Combine(folder, entry.Path), Path.Combine(target, entry.Path), () => progress(Math.Min(1, (double)Bytes / total)));
        }
    }

    /// <summary>Renames, links, deletes; and a git repository where git is there. Returns what was done, in words.</summary>
    public IReadOnlyList<string> WorkOn()
    {
        List<string> done = [];
        string tree = Path.Combine(mount, "tree"), moved = Path.Combine(mount, "moved");
        Directory.Move(tree, moved);
        done.Add("renamed the tree");
        string[] files = [.. new SourceTree(moved).Entries().Where(entry => entry.IsFile).Select(entry => Path.Combine(moved, entry.Path)).Order(StringComparer.Ordinal)];
        MakeLinks(files);
        done.Add("made hard links and symlinks");
        for (int index = 5; index < files.Length; index += 10)
        {
            stop.ThrowIfCancellationRequested();
            File.Delete(files[index]);
        }

        done.Add("deleted some files");
        if (UseGit(Path.Combine(mount, "repository")))
        {
            done.Add("git init, add, commit");
        }

        return done;
    }

    private void Copy(SourceEntry entry, string from, string to, Action copied)
    {
        switch (entry.Type)
        {
            case FileKind.Directory:
                Directory.CreateDirectory(to);
                break;
            case FileKind.Symlink when new FileInfo(from).LinkTarget is string link:
                File.CreateSymbolicLink(to, link);
                Files++;
                break;
            case FileKind.Regular:
                CopyFile(entry, from, to, copied);
                break;
        }
    }

    private void CopyFile(SourceEntry entry, string from, string to, Action copied)
    {
        FileStream? source = TryOpen(from);
        if (source is null)
        {
            Skipped++;
            return;
        }

        using (source)
        {
            byte[] name = Encoding.UTF8.GetBytes(to);
            Require(FileCalls.Open(null, name, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive, entry.Permissions, out SafeFd target), to);
            using (target)
            {
                ulong offset = 0;
                for (int length = source.Read(_buffer); length > 0; length = source.Read(_buffer))
                {
                    Require(DescriptorCalls.WriteAll(target, _buffer.AsSpan(0, length), offset), to);
                    offset += (ulong)length;
                    Bytes += length;
                    copied();
                    stop.ThrowIfCancellationRequested();
                }
            }
        }

        Files++;
    }

    private static FileStream? TryOpen(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException or FileNotFoundException)
        {
            return null;
        }
    }

    private void MakeLinks(string[] files)
    {
        string links = Path.Combine(mount, "links");
        Directory.CreateDirectory(links);
        for (int index = 0; index < files.Length; index += 10)
        {
            stop.ThrowIfCancellationRequested();
            string link = Path.Combine(links, index.ToString(CultureInfo.InvariantCulture));
            Require(FileCalls.Link(null, Encoding.UTF8.GetBytes(files[index]), null, Encoding.UTF8.GetBytes(link)), link);
            File.CreateSymbolicLink(link + ".sym", files[index]);
        }
    }

    private bool UseGit(string repository)
    {
        Directory.CreateDirectory(repository);
        File.WriteAllText(Path.Combine(repository, "README"), "Written on a KafkaFS mount.\n");
        return Git(repository, "init", "-q")
            && Git(repository, "add", ".")
            && Git(repository, "-c", "user.name=demo", "-c", "user.email=demo@localhost", "commit", "-q", "-m", "First");
    }

    // False where there is no git.
    private bool Git(string repository, params string[] arguments)
    {
        stop.ThrowIfCancellationRequested();
        ProcessStartInfo start = new("git", ["-C", repository, "-c", "gc.auto=0", "-c", "maintenance.auto=false", .. arguments]) { RedirectStandardError = true };
        // Nobody's own settings: hooks and signatures have no place here.
        start.Environment["GIT_CONFIG_GLOBAL"] = start.Environment["GIT_CONFIG_SYSTEM"] = "/dev/null";
        try
        {
            using Process git = Process.Start(start)!;
            string words = git.StandardError.ReadToEnd();
            git.WaitForExit();
            return git.ExitCode == 0 ? true : throw new IOException($"git failed on the mount: {words}");
        }
        catch (Win32Exception)
        {
            return false;
        }
    }

    private static void Require(Errno errno, string path)
    {
        if (errno != Errno.None)
        {
            throw new IOException($"'{path}': {errno}");
        }
    }
}
