using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.Journal.Contract;
using KafkaFs.Replica.Checkpoint;
using KafkaFs.Replica.Namespace;
using KafkaFs.Replica.Tests.Namespace;
using KafkaFs.TestKit;
using KafkaFs.TestKit.Files;
using KafkaFs.TestKit.Processes;
using Microsoft.Data.Sqlite;
using Xunit;

namespace KafkaFs.Replica.Tests.Checkpoint;

/// <summary>What this machine refuses of the index is waited for if it passes by itself, and is never taken for damage or absence.</summary>
public sealed class IndexRefusalTests : IDisposable
{
    private readonly TemporaryFolder _folder = new("/var/tmp");
    private readonly TestLog _log = TestLog.WithSessions();
    private int _made;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(Stage.Whole)]
    [InlineData(Stage.FirstInPlace)]
    [InlineData(Stage.InPlace)]
    public void AQuotaIsWaitedFor(Stage stage)
    {
        using LoopFileSystem disk = Btrfs();
        ToolProcess.Shell($"btrfs quota enable '{disk.Path}'; btrfs subvolume create '{disk["sub"]}'");
        WaitsWhile(
            disk["sub/index.db"], stage, 20_000, () => ToolProcess.Shell($"sync '{disk["sub"]}'; btrfs qgroup limit 256K '{disk["sub"]}'"), () => ToolProcess.Shell($"btrfs qgroup limit none '{disk["sub"]}'"));
    }

    [Theory]
    [InlineData(Stage.Whole)]
    [InlineData(Stage.FirstInPlace)]
    public void ADiskThatIsReadOnlyForNowIsWaitedFor(Stage stage)
    {
        using LoopFileSystem disk = Btrfs();
        ToolProcess.Run("btrfs", ["subvolume", "create", disk["sub"]]);
        WaitsWhile(
            disk["sub/index.db"], stage, 100, () => ToolProcess.Run("btrfs", ["property", "set", disk["sub"], "ro", "true"]), () => ToolProcess.Run("btrfs", ["property", "set", disk["sub"], "ro", "false"]));
    }

    // The log cannot be made for want of an inode, and in the whole one the file.
    [Theory]
    [InlineData(Stage.Whole)]
    [InlineData(Stage.FirstInPlace)]
    public void ADiskWithoutInodesIsWaitedFor(Stage stage)
    {
        using LoopFileSystem disk = new("tmpfs", 64);
        WaitsWhile(disk["index.db"], stage, 100, () => ToolProcess.Run("mount", ["-o", $"remount,nr_inodes={(stage == Stage.Whole ? 1 : 2)}", disk.Path]), () => ToolProcess.Run("mount", ["-o", "remount,nr_inodes=100", disk.Path]));
    }

    [Fact]
    public void WhatDoesNotPassByItselfIsFinal()
    {
        Environments.RequireRoot();
        string path = _folder["index.db"];
        using NamespaceIndex index = NamespaceIndex.Open(path);
        NamespaceDelta delta = _log.State.Freeze();
        Directory.CreateDirectory(path + ".new");
        Assert.IsType<IOException>(Record.Exception(() => index.Commit(delta, Header(delta))));
        Directory.Delete(path + ".new");
        Commit(index, delta);
        index.Dispose();
        MakeFiles(1);
        NamespaceDelta second = _log.State.Freeze();
        ToolProcess.Run("chattr", ["+i", path]);
        try
        {
            Assert.IsType<SqliteException>(Record.Exception(() => index.Commit(second, Header(second))));
        }
        finally
        {
            ToolProcess.Run("chattr", ["-i", path]);
        }
    }

    [Fact]
    public void AnIndexThatTheMachineDoesNotLetReadIsNeitherDamagedNorAbsent()
    {
        string path = _folder["index.db"];
        File.CreateSymbolicLink(_folder["loop"], "loop");
        using (NamespaceIndex index = NamespaceIndex.Open(path))
        {
            Commit(index, _log.State.Freeze());
            MakeFiles(1);
            Commit(index, _log.State.Freeze());
            Assert.IsType<IOException>(Record.Exception(() => NamespaceIndex.Open(_folder["loop/index.db"]).Load()));

            // A log that was left, and cannot be opened.
            File.Copy(path, _folder["other.db"]);
        }

        Directory.CreateDirectory(_folder["other.db-wal"]);
        SqliteException refused = Assert.IsType<SqliteException>(Record.Exception(() => NamespaceIndex.Load(_folder["other.db"])));
        Assert.Equal(14, refused.SqliteErrorCode);
    }

    // From a commit that is refused twice to the same one when it is allowed.
    private void WaitsWhile(string path, Stage stage, int files, Action refuse, Action allow)
    {
        using NamespaceIndex index = NamespaceIndex.Open(path);
        for (Stage reached = Stage.Whole; reached < stage; reached++)
        {
            MakeFiles(1);
            Commit(index, _log.State.Freeze());
        }

        if (stage == Stage.FirstInPlace)
        {
            // What a process that has just started has open.
            index.Dispose();
        }

        UInt128 former = _log.State.StateHash;
        MakeFiles(files);
        NamespaceDelta delta = _log.State.Freeze();
        refuse();
        for (int round = 0; round < 2; round++)
        {
            Exception? refused = Record.Exception(() => index.Commit(delta, Header(delta)));
            Assert.True(refused is CheckpointSpaceException, refused?.ToString() ?? "it was not refused");
        }

        allow();
        Assert.Equal(stage == Stage.Whole ? null : former, index.Load()?.State.StateHash);
        Commit(index, delta);
        Assert.Equal(_log.State.StateHash, index.Load()?.State.StateHash);
    }

    private static LoopFileSystem Btrfs()
    {
        Environments.RequireTool("btrfs", "btrfs-progs");
        return new LoopFileSystem("btrfs", 256);
    }

    private void MakeFiles(int count)
    {
        for (; count > 0; count--)
        {
            _log.Make(ChangeKind.Create, FileId.Root, $"file {++_made}");
        }
    }

    private static void Commit(NamespaceIndex index, NamespaceDelta delta)
    {
        index.Commit(delta, Header(delta));
        delta.Complete();
    }

    private static CheckpointHeader Header(NamespaceDelta delta) =>
        new(new JournalIdentity("embedded", "", "log"), delta.Totals.NextOffset, [1], [2], delta.Totals.NextOffset);

    /// <summary>Which commit is refused.</summary>
    public enum Stage
    {
        Whole,
        FirstInPlace,
        InPlace,
    }
}
