using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using KafkaFs.Posix;
using KafkaFs.Posix.Files;

namespace KafkaFs.Cli.Demo;

/// <summary>What the demo does on the mount: ordinary work by ordinary means.</summary>
internal sealed class DemoWork(string mount)
{
    public long Files { get; private set; }

    public long Bytes { get; private set; }

    /// <summary>Copies a tree in, telling the share that is done (0 to 1).</summary>
    public void CopyIn(string source, Action<double> progress, CancellationToken stop)
    {
        string target = Path.Combine(mount, "tree");
        FileInfo[] files = [.. new DirectoryInfo(source).EnumerateFiles("*", Options)];
        long total = Math.Max(1, files.Sum(file => file.LinkTarget is null ? file.Length : 0));
        foreach (FileInfo file in files)
        {
            stop.ThrowIfCancellationRequested();
            string to = Path.Combine(target, Path.GetRelativePath(source, file.FullName));
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            if (file.LinkTarget is string link)
            {
                File.CreateSymbolicLink(to, link);
            }
            else
            {
                file.CopyTo(to);
                Bytes += file.Length;
            }

            Files++;
            progress((double)Bytes / total);
        }
    }

    /// <summary>Renames, links, deletes; and a git repository where git is there.</summary>
    public IReadOnlyList<string> WorkOn(CancellationToken stop)
    {
        List<string> done = [];
        string tree = Path.Combine(mount, "tree"), moved = Path.Combine(mount, "moved");
        Directory.CreateDirectory(Path.Combine(mount, "links"));
        Directory.Move(tree, moved);
        done.Add("renamed the tree");
        string[] files = [.. Directory.EnumerateFiles(moved, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
        for (int index = 0; index < files.Length; index += 10)
        {
            string link = Path.Combine(mount, "links", index.ToString(System.Globalization.CultureInfo.InvariantCulture));
            Errno errno = FileCalls.Link(null, Encoding.UTF8.GetBytes(files[index]), null, Encoding.UTF8.GetBytes(link));
            if (errno != Errno.None)
            {
                throw new IOException($"link of '{files[index]}': {errno}");
            }

            File.CreateSymbolicLink(link + ".sym", files[index]);
        }

        done.Add("made hard links and symlinks");
        for (int index = 5; index < files.Length; index += 10)
        {
            File.Delete(files[index]);
        }

        done.Add("deleted some files");
        if (UseGit(Path.Combine(mount, "repository"), stop))
        {
            done.Add("git init, add, commit");
        }

        return done;
    }

    private static EnumerationOptions Options => new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None, IgnoreInaccessible = true };

    private static bool UseGit(string repository, CancellationToken stop)
    {
        Directory.CreateDirectory(repository);
        File.WriteAllText(Path.Combine(repository, "README"), "Written on a KafkaFS mount.\n");
        string[][] commands =
        [
            ["init", "-q"],
            ["add", "."],
            ["-c", "user.name=demo", "-c", "user.email=demo@localhost", "commit", "-q", "-m", "First"],
        ];
        foreach (string[] arguments in commands)
        {
            stop.ThrowIfCancellationRequested();
            try
            {
                using Process git = Process.Start(new ProcessStartInfo("git", ["-C", repository, .. arguments]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
                string words = git.StandardError.ReadToEnd();
                git.WaitForExit();
                if (git.ExitCode != 0)
                {
                    throw new IOException($"git {arguments[0]} failed on the mount: {words}");
                }
            }
            catch (Win32Exception)
            {
                return false;
            }
        }

        return true;
    }
}
