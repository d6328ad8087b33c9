using System.Diagnostics;
using System.Text;
using KafkaFs.Journal;
using KafkaFs.Posix;
using KafkaFs.Replica.Verification;
using KafkaFs.TestKit;
using KafkaFs.TestKit.Files;
using KafkaFs.TestKit.Journal;
using KafkaFs.TestKit.Processes;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace KafkaFs.Replica.Tests;

/// <summary>
/// G3: what this machine refuses stalls the replica at exactly that record, with path, action and errno; it goes on by itself when
/// the cause is gone. Each cause is made for real where a machine lets itself be made to refuse.
/// </summary>
public sealed class StallTests : IDisposable
{
    private const int MiB = 1 << 20;

    private readonly VolatileJournal _journal = new();
    private readonly ManualClock _clock = new();
    private readonly RecordWriter _writer = new(Guid.NewGuid(), Guid.NewGuid());
    private IDisposable? _place;
    private LocalReplica? _replica;
    private string _root = "";

    private LocalReplica Replica => _replica!;

    [Fact]
    public void G3_ENOSPC()
    {
        LoopFileSystem disk = Place(new LoopFileSystem("ext4", 32));
        Open(disk["root"]);
        FileId file = Made(_writer.Create("f"));
        string filler = disk["filler"];
        ToolProcess.Try("bash", ["-c", $"cat /dev/zero > '{filler}'"]);
        Stalls(Errno.ENOSPC, "f", "write", _writer.Write(file, new byte[MiB]), () => File.Delete(filler));
        Assert.Equal(MiB, new FileInfo($"{_root}/f").Length);
    }

    [Fact]
    public void G3_EDQUOT()
    {
        Environments.RequireTool("btrfs", "btrfs-progs");
        LoopFileSystem disk = Place(new LoopFileSystem("btrfs", 256));
        ToolProcess.Shell($"btrfs quota enable '{disk.Path}'; btrfs subvolume create '{disk["sub"]}'");
        Open(disk["sub/root"]);
        FileId file = Made(_writer.Create("f"));
        ToolProcess.Shell($"btrfs qgroup limit 1M '{disk["sub"]}'");
        Stalls(Errno.EDQUOT, "f", "write", _writer.Write(file, new byte[2 * MiB]), () => ToolProcess.Shell($"btrfs qgroup limit none '{disk["sub"]}'"));
    }

    [Fact]
    public void G3_EROFS()
    {
        Environments.RequireTool("btrfs", "btrfs-progs");
        LoopFileSystem disk = Place(new LoopFileSystem("btrfs", 256));
        ToolProcess.Run("btrfs", ["subvolume", "create", disk["sub"]]);
        Open(disk["sub/root"]);
        FileId file = Made(_writer.Create("f"));
        ToolProcess.Run("btrfs", ["property", "set", disk["sub"], "ro", "true"]);
        Stalls(Errno.EROFS, "f", "open for writing", _writer.Write(file, [1]), () => ToolProcess.Run("btrfs", ["property", "set", disk["sub"], "ro", "false"]));
    }

    [Fact]
    public void G3_EPERM()
    {
        LoopFileSystem disk = Place(new LoopFileSystem("ext4", 32));
        Open(disk["root"]);
        FileId file = Made(_writer.Create("f"));
        ToolProcess.Run("chattr", ["+i", $"{_root}/f"]);
        Stalls(Errno.EPERM, "f", "open for writing", _writer.Write(file, [1]), () => ToolProcess.Run("chattr", ["-i", $"{_root}/f"]));
    }

    [Fact]
    public void G3_ETXTBSY()
    {
        OpenInFolder();
        FileId program = Made(_writer.Create("program"));
        Land(_writer.Write(program, File.ReadAllBytes("/bin/sleep")));
        using Process running = Process.Start($"{_root}/program", ["600"]);
        try
        {
            Stalls(Errno.ETXTBSY, "program", "open for writing", _writer.Write(program, [1]), () =>
            {
                running.Kill();
                running.WaitForExit();
            });
        }
        finally
        {
            running.Kill();
        }
    }

    [Fact]
    public void G3_EBUSY()
    {
        Environments.RequireRoot();
        OpenInFolder();
        Made(_writer.Mkdir("d"));
        ToolProcess.Run("mount", ["-t", "tmpfs", "kafkafs-test", $"{_root}/d"]);
        try
        {
            Stalls(Errno.EBUSY, "d", "remove", _writer.Rmdir("d"), () => ToolProcess.Run("umount", [$"{_root}/d"]));
        }
        finally
        {
            ToolProcess.Try("umount", [$"{_root}/d"]);
        }
    }

    [Theory]
    [InlineData(Errno.EIO, "write")]
    [InlineData(Errno.EMFILE, "open for writing")]
    [InlineData(Errno.ENFILE, "open for writing")]
    [InlineData(Errno.ENOMEM, "write")]
    public void G3_TheMachineSays(Errno errno, string action)
    {
        OpenInFolder();
        FileId file = Made(_writer.Create("f"));
        Replica.Tree.RefuseAfter = label => label == action ? errno : Errno.None;
        Stalls(errno, "f", action, _writer.Write(file, [1, 2, 3]), () => Replica.Tree.RefuseAfter = null);
        Assert.Equal([1, 2, 3], File.ReadAllBytes($"{_root}/f"));
    }

    // The times of what a batch touched are a part of it, though its records are published already.
    [Fact]
    public void G3_EIO_AtTheEndOfABatchComesBeforeTheNextRecord()
    {
        OpenInFolder();
        Made(_writer.Create("f"));
        Replica.Tree.RefuseAfter = label => label == "set times" ? Errno.EIO : Errno.None;
        byte[] second = _writer.Mkdir("second"), third = _writer.Mkdir("third");
        Offer(second);
        Offer(third);
        Assert.Equal(("second", "set times", Errno.EIO), (Replica.Applier.Stall?.Path, Replica.Applier.Stall?.Action, Replica.Applier.Stall?.Errno));
        Assert.False(Directory.Exists($"{_root}/third"));
        Replica.Tree.RefuseAfter = null;
        _clock.FireTimers();
        Assert.Null(Replica.Applier.Stall);
        Assert.True(Directory.Exists($"{_root}/third"));
        Verify();
    }

    public void Dispose()
    {
        _replica?.Dispose();
        _place?.Dispose();
    }

    private void Stalls(Errno errno, string path, string action, byte[] record, Action allow)
    {
        long offset = Offer(record);
        Offer(_writer.Mkdir("after"));
        for (int attempt = 0; attempt < 3; attempt++)
        {
            Assert.NotNull(Replica.Applier.Stall);
            Assert.Equal((offset, errno, path, action), (Replica.Applier.Stall.Offset, Replica.Applier.Stall.Errno, Replica.Applier.Stall.Path, Replica.Applier.Stall.Action));
            Assert.Equal(offset, Replica.Applier.NextOffset);
            Assert.False(Directory.Exists($"{_root}/after"));
            _clock.FireTimers();
        }

        allow();
        _clock.FireTimers();
        Assert.Null(Replica.Applier.Stall);
        Assert.Equal(offset + 2, Replica.Applier.NextOffset);
        Assert.True(Directory.Exists($"{_root}/after"));
        Verify();
    }

    private void Verify()
    {
        List<string> differences = [];
        new TreeVerifier(
            Replica.Root, Replica.Namespace, Replica.Tree.Ownership, difference => differences.Add($"{Encoding.UTF8.GetString(difference.Path)}: {difference.What}")).Run();
        Assert.Empty(differences);
        Assert.Equal(0, Replica.Tree.Strangers);
    }

    private FileId Made(byte[] record)
    {
        Land(record);
        return _writer.Last;
    }

    private void Land(byte[] record)
    {
        Offer(record);
        Assert.Null(Replica.Applier.Stall);
    }

    private long Offer(byte[] record)
    {
        long offset = _journal.Land(record);
        Replica.Applier.Offer(offset, VolatileJournal.AppendTimeMs, record);
        return offset;
    }

    private void OpenInFolder() => Open(Place(new TemporaryFolder("/var/tmp"))["root"]);

    private T Place<T>(T place)
        where T : IDisposable
    {
        _place = place;
        return place;
    }

    private void Open(string root)
    {
        _root = root;
        _replica = LocalReplica.Open(new ReplicaOptions { DataRoot = root }, _journal, NullLogger.Instance, _clock, default);
        Land(_writer.FilesystemCreated());
        Land(_writer.SessionStarted());
    }
}
