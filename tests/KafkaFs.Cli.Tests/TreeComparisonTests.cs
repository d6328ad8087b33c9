using KafkaFs.Cli.Compare;
using KafkaFs.TestKit;
using KafkaFs.TestKit.Processes;
using Xunit;

namespace KafkaFs.Cli.Tests;

public sealed class TreeComparisonTests : IDisposable
{
    // On a filesystem that has user xattrs everywhere.
    private readonly TemporaryFolder _folder = new("/var/tmp");

    public TreeComparisonTests()
    {
        Environments.RequireTool("setfattr", "attr");
        ToolProcess.Shell($"""
            cd {_folder.Path}; mkdir -p a/dir/sub a/.kafkafs
            echo content > a/dir/file; ln a/dir/file a/dir/hard; ln -s file a/dir/sym; mkfifo a/pipe; : > a/.kafkafs/own
            setfattr -n user.x -v 1 a/dir/file; touch -d @1000000000.5 a/dir/file
            cp -a a b; rm -r b/.kafkafs
            """);
    }

    [Fact]
    public void EqualTreesAreEqualAndOwnFilesDoNotCount() => Assert.Empty(Compare());

    [Theory]
    [InlineData("echo other > b/dir/new", "dir/new: only in the second")]
    [InlineData("rm b/pipe", "pipe: only in the first")]
    [InlineData("chmod 600 b/dir/file", "dir/file: mode 644 and 600")]
    [InlineData("rm b/dir/sym; ln -s other b/dir/sym; touch -hr a/dir/sym b/dir/sym; touch -r a/dir b/dir", "dir/sym: target 'file' and 'other'")]
    [InlineData("printf CONTENT > x; dd if=x of=b/dir/file conv=notrunc status=none; touch -r a/dir/file b/dir/file", "dir/file: content differs from byte 0")]
    [InlineData("touch -d @1000000000.6 b/dir/file", "dir/file: mtime 1000000000.500000000 and 1000000000.600000000")]
    [InlineData("setfattr -n user.x -v 2 b/dir/file", "dir/file: xattr user.x differs")]
    [InlineData("setfattr -x user.x b/dir/file", "dir/file: xattr user.x only in the first")]
    [InlineData("rm b/dir/hard; cp -a b/dir/file b/dir/hard; touch -r a/dir b/dir", "dir/file: 2 and 1 links")]
    [InlineData("rmdir b/dir/sub; echo > b/dir/sub", "dir/sub: a directory and a regular file")]
    [InlineData("chown 1:2 b/dir/sub", "dir/sub: owner 0:0 and 1:2")]
    public void EachDifferenceIsALine(string script, string expected)
    {
        Environments.Require(Environment.IsPrivilegedProcess || !script.Contains("chown", StringComparison.Ordinal), "chown needs root");
        ToolProcess.Shell($"cd {_folder.Path}; {script}");
        Assert.Contains(expected, Compare());
    }

    [Theory]
    [InlineData("chmod 644 a/dir/file; chmod 4444 b/dir/file; chmod 2070 a/dir/sub; chmod 770 b/dir/sub")]
    [InlineData("chmod 444 a/dir/file; touch b/pipe; touch -r a/pipe b/pipe", "chown 1:2 a/dir/sub a/dir/sym a/dir/file -h; touch -r a/dir/file b/dir/file")]
    [InlineData("true", "mknod a/null c 1 3; : > b/null; touch -r a/null b/null; setfattr -n trusted.t -v 1 a/dir/file")]
    public void OwnershipNamespaceIsNoDifferenceAndSaysSo(string script, string asRoot = "")
    {
        Shell($"mkdir b/.kafkafs; echo namespace > b/.kafkafs/ownership; {script}");
        if (Environment.IsPrivilegedProcess)
        {
            Shell(asRoot);
        }

        using TreeComparison comparison = Run(out List<string> lines);
        Assert.Empty(lines);
        Assert.Contains("Ownership=namespace: owners, suid and sgid, devices and privileged xattrs were not compared", comparison.Summary, StringComparison.Ordinal);
        Assert.Equal(script == "true" && !Environment.IsPrivilegedProcess, comparison.Summary.Contains("; 0 held", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("chmod 640 b/dir/file", "dir/file: mode 644 and 640")]
    [InlineData("setfattr -n user.x -v 2 b/dir/file", "dir/file: xattr user.x differs")]
    [InlineData("rm b/pipe; : > b/pipe; touch -r a/pipe b/pipe", "pipe: a FIFO and a regular file")]
    public void OwnershipNamespaceHidesNothingElse(string script, string expected)
    {
        Shell($"mkdir b/.kafkafs; printf namespace > b/.kafkafs/ownership; {script}");
        Assert.Contains(expected, Compare());
    }

    [Fact]
    public void OwnershipFullComparesOwners()
    {
        Shell("mkdir b/.kafkafs; printf full > b/.kafkafs/ownership; chmod 4755 a/dir/file");
        Assert.Contains("dir/file: mode 4755 and 644", Compare());
    }

    [Theory]
    [InlineData(1_024, true)]
    [InlineData(1_023, false)]
    public void ALinkInPlaceOfALongTargetIsCountedAndNoDifference(int length, bool isEqual)
    {
        Shell($"ln -s $(head -c {length} /dev/zero | tr '\\0' t) a/long; ln -s .kafkafs/long-target/1:7 b/long; touch -h -r a/long b/long");
        using TreeComparison comparison = Run(out List<string> lines);
        Assert.Equal(isEqual, lines.Count == 0);
        Assert.Equal(isEqual, comparison.Summary.Contains("1 long target as this filesystem can hold it", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("mkdir -m 700 b/lost+found", true)]
    [InlineData("mkdir -m 755 b/lost+found", false)]
    [InlineData("echo x > b/lost+found", false)]
    [InlineData("mkdir -m 700 a/lost+found b/lost+found; echo x > b/lost+found/y; touch -r a/lost+found b/lost+found", false)]
    [InlineData("mkdir -m 700 b/dir/lost+found; touch -r a/dir b/dir", false)]
    public void OnlyTheFileSystemsOwnLostAndFoundIsPassedOver(string script, bool isEqual)
    {
        Environments.RequireRoot();
        Shell(script);
        Assert.Equal(isEqual, Compare().Count == 0);
    }

    [Fact]
    public void XattrsOfSpecialFilesAreCompared()
    {
        Environments.RequireRoot();
        Shell("setfattr -n trusted.x -v 1 a/pipe");
        Assert.Contains("pipe: xattr trusted.x only in the first", Compare());
    }

    [Fact]
    public void HolesOfBothAreNotReadAndEveryByteOfDataIs()
    {
        Shell("for t in a b; do truncate -s 1T $t/sparse; printf x | dd of=$t/sparse bs=1 seek=500G conv=notrunc status=none; done; touch -r a/sparse b/sparse");
        Assert.Empty(Compare());
        Shell("printf y | dd of=b/sparse bs=1 seek=900G conv=notrunc status=none; touch -r a/sparse b/sparse");
        Assert.Contains("sparse: content differs from byte 966367641600", Compare());
    }

    [Fact]
    public void UnprintableNamesAreEscaped() => Assert.Equal("a\\x01\\xff", EscapedName.Of([(byte)'a', 1, 0xff]));

    public void Dispose() => _folder.Dispose();

    private List<string> Compare()
    {
        using TreeComparison comparison = Run(out List<string> lines);
        return lines;
    }

    private TreeComparison Run(out List<string> lines)
    {
        List<string> reported = lines = [];
        TreeComparison comparison = new(_folder["a"], _folder["b"], reported.Add);
        comparison.Run();
        return comparison;
    }

    private void Shell(string script) => ToolProcess.Shell($"cd {_folder.Path}; {script}");
}
