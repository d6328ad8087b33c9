using KafkaFs.Posix;
using KafkaFs.Posix.Files;
using KafkaFs.Replica.Tree;
using KafkaFs.TestKit.Processes;
using Xunit;

namespace KafkaFs.Replica.Tests.Tree;

/// <summary>A tree of any depth is deleted with two descriptors, and what is left is said.</summary>
public sealed class TreeRemovalTests(TmpfsFixture place) : IClassFixture<TmpfsFixture>
{
    private readonly string _path = Directory.CreateDirectory(place[Guid.NewGuid().ToString("N")]).FullName;

    [Fact]
    public void ATreeOf20000LevelsIsDeletedWithTwoDescriptors()
    {
        SafeFd top = Open(null, _path), directory = top;
        for (int level = 0; level < 20_000; level++)
        {
            Assert.Equal(Errno.None, FileCalls.MakeDirectory(directory, "moved-up-1"u8, 0x1c0));
            Assert.Equal(Errno.None, FileCalls.MakeNode(directory, "file"u8, 0x81a4, 0));
            SafeFd next = Open(directory, "moved-up-1");
            if (directory != top)
            {
                directory.Dispose();
            }

            directory = next;
        }

        directory.Dispose();
        Assert.Equal(TreeResult.Success, TreeRemoval.Delete(top, "moved-up-1"u8));
        Assert.Equal(["file"], Directory.GetFileSystemEntries(_path).Select(Path.GetFileName));
        top.Dispose();
    }

    [Fact]
    public void AWideTreeIsDeletedAndSymlinksAreNotFollowed()
    {
        ToolProcess.Shell($"cd '{_path}'; mkdir kept top; touch kept/file; for i in $(seq 3); do mkdir -p top/$i/a/b; ln -s ../../kept top/$i/link; done; cd top; seq 9000 | xargs touch");
        using SafeFd parent = Open(null, _path);
        Assert.Equal(TreeResult.Success, TreeRemoval.Delete(parent, "top"u8));
        Assert.Equal(TreeResult.Success, TreeRemoval.Delete(parent, "top"u8));
        Assert.Equal(["kept"], Directory.GetFileSystemEntries(_path).Select(Path.GetFileName));
        Assert.True(File.Exists($"{_path}/kept/file"));
    }

    [Fact]
    public void WhatCannotBeDeletedIsSaidAndTheRestIsDeleted()
    {
        ToolProcess.Shell($"cd '{_path}'; mkdir -p top/sub/full top/z; touch top/sub/fixed top/sub/full/file top/z/file; chattr +i top/sub/fixed");
        using SafeFd parent = Open(null, _path);
        Assert.Equal(new TreeResult(Errno.EPERM, "top/sub/fixed", "delete"), TreeRemoval.Delete(parent, "top"u8));
        Assert.Equal(["top", "top/sub", "top/sub/fixed"], ToolProcess.Shell($"cd '{_path}'; find top | sort").Split('\n', StringSplitOptions.RemoveEmptyEntries));
        ToolProcess.Shell($"chattr -i '{_path}/top/sub/fixed'");
        Assert.Equal(TreeResult.Success, TreeRemoval.Delete(parent, "top"u8));
        Assert.Empty(Directory.GetFileSystemEntries(_path));
    }

    private static SafeFd Open(SafeFd? directory, string name)
    {
        Assert.Equal(Errno.None, FileCalls.Open(directory, System.Text.Encoding.UTF8.GetBytes(name), OpenFlags.ReadOnly | OpenFlags.Directory, 0, out SafeFd fd));
        return fd;
    }
}
