using KafkaFs.TestKit.Processes;

namespace KafkaFs.TestKit.Files;

/// <summary>
/// A real filesystem of a kind, in a file of a temporary folder (tmpfs: in memory), mounted until it is disposed. Needs root. On a
/// filesystem with reflinks it can lose power, and on xfs its disk can fail.
/// </summary>
public sealed class LoopFileSystem : IDisposable
{
    private readonly TemporaryFolder _folder;
    private bool _isDisposed;

    /// <summary>Makes and mounts one; <paramref name="parent"/> is where its file is to lie, <paramref name="options"/> are mkfs's.</summary>
    public LoopFileSystem(string kind, int mebibytes = 512, string parent = "/var/tmp", params IEnumerable<string> options)
        : this(kind, new TemporaryFolder(parent))
    {
        if (kind == "tmpfs")
        {
            Mount("-t", "tmpfs", "-o", $"size={mebibytes}m", "kafkafs-test", Path);
            return;
        }

        Environments.Require(File.Exists($"/usr/sbin/mkfs.{kind}") || File.Exists($"/sbin/mkfs.{kind}"), $"there is no mkfs.{kind} (deploy/install-test-tools)");
        ToolProcess.Run("truncate", ["-s", $"{mebibytes}M", Image]);
        // mke2fs gives small disks small blocks, whose xattrs are below the default limits.
        string[] blocks = kind == "ext4" ? ["-b", "4096"] : [];
        ToolProcess.Run($"mkfs.{kind}", ["-q", .. blocks, .. options, Image]);
        Mount("-o", "loop", Image, Path);
    }

    private LoopFileSystem(string kind, TemporaryFolder folder)
    {
        Environments.RequireRoot();
        (Kind, _folder) = (kind, folder);
        Directory.CreateDirectory(Path);
    }

    public string Kind { get; }

    /// <summary>Where it is mounted.</summary>
    public string Path => _folder["mnt"];

    /// <summary>The file that it lies in.</summary>
    public string Image => _folder["image"];

    public string this[string name] => System.IO.Path.Combine(Path, name);

    /// <summary>
    /// What would be on the disk if the power went now: a filesystem of its own, mounted as after a restart. This one goes on. Its
    /// file has to lie on a filesystem with reflinks (xfs, btrfs), on <paramref name="parent"/>.
    /// </summary>
    public LoopFileSystem PowerCut(LoopFileSystem parent)
    {
        LoopFileSystem copy = new(Kind, new TemporaryFolder(parent.Path));
        ToolProcess.Run("cp", ["--reflink=always", Image, copy.Image]);
        // Two with one UUID: ext4 does not look, btrfs gives the second one of its own since Linux 6.7.
        copy.Mount("-o", Kind == "xfs" ? "loop,nouuid" : "loop", copy.Image, copy.Path);
        return copy;
    }

    /// <summary>The disk of those whose files lie on this xfs fails: each read and write of it gives EIO.</summary>
    public void Fail()
    {
        Environments.RequireTool("xfs_io", "xfsprogs");
        ToolProcess.Run("xfs_io", ["-x", "-c", "shutdown", Path]);
    }

    /// <summary>The disk is repaired, and all of <paramref name="above"/> is mounted again, as at a restart of the machine.</summary>
    public void Repair(LoopFileSystem above)
    {
        ToolProcess.Run("umount", [above.Path]);
        ToolProcess.Run("umount", [Path]);
        Mount("-o", "loop", Image, Path);
        above.Mount("-o", "loop", above.Image, above.Path);
    }

    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        ToolProcess.Shell($"umount '{Path}' || umount -l '{Path}'");
        _folder.Dispose();
    }

    private void Mount(params string[] arguments)
    {
        (int code, _, string error) = ToolProcess.Try("mount", arguments);
        if (code != 0)
        {
            _folder.Dispose();
            throw new InvalidOperationException($"mount {string.Join(' ', arguments)}: {error}");
        }
    }
}
