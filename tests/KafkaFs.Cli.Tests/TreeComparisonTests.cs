using KafkaFs.Cli.Compare;
using KafkaFs.TestKit;
using KafkaFs.TestKit.Processes;
using Xunit;

namespace KafkaFs.Cli.Tests;

public sealed class TreeComparisonTests : IDisposable
{
    // On a filesystem that has user xattrs everywhere.
    private readonly TemporaryFolder _folder = new("/var/tmp");

    public TreeComparisonTests() => ToolProcess.Shell($"""
        cd {_folder.Path}; mkdir -p a/dir/sub a/.kafkafs
        echo content > a/dir/file; ln a/dir/file a/dir/hard; ln -s file a/dir/sym; mkfifo a/pipe; : > a/.kafkafs/own
        setfattr -n user.x -v 1 a/dir/file; touch -d @1000000000.5 a/dir/file
        cp -a a b; rm -r b/.kafkafs
        """);

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
    [InlineData("rmdir b/dir/sub; echo > b/dir/sub", "dir/sub: type 4 and 8")]
    [InlineData("chown 1:2 b/dir/sub", "dir/sub: owner 0:0 and 1:2")]
    public void EachDifferenceIsALine(string script, string expected)
    {
        Environments.Require(Environment.IsPrivilegedProcess || !script.Contains("chown", StringComparison.Ordinal), "chown needs root");
        ToolProcess.Shell($"cd {_folder.Path}; {script}");
        Assert.Contains(expected, Compare());
    }

    [Fact]
    public void UnprintableNamesAreEscaped() => Assert.Equal("a\\x01\\xff", EscapedName.Of([(byte)'a', 1, 0xff]));

    public void Dispose() => _folder.Dispose();

    private List<string> Compare()
    {
        List<string> lines = [];
        new TreeComparison(lines.Add).Run(_folder["a"], _folder["b"]);
        return lines;
    }
}
