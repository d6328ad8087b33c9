using System.Text;
using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using Xunit;

namespace KafkaFs.Replica.Tests.Namespace;

/// <summary>From an inode to its path.</summary>
public sealed class PathTests
{
    private readonly TestLog _log = TestLog.WithSessions();
    private readonly byte[] _buffer = new byte[ChangeCodec.MaxPathBytes];

    [Theory]
    [InlineData(14, 255)] // 15 * 256 + 255 = 4,095
    [InlineData(15, 0)]
    public void APathThatFitsIsWhole(int depth, int last)
    {
        FileId inode = Chain(depth, last == 0 ? 255 : last, out string path);
        Assert.Equal(path, Text(_log.State.CopyPath(inode, _buffer)));
        Assert.Equal(path, Text(_log.State.CopyPath(inode, _buffer, cut: true)));
        Assert.Equal(path, Text(_log.State.CopyPath(inode, _buffer.AsSpan(0, path.Length))));
        Assert.Equal("", Text(_log.State.CopyPath(inode, _buffer.AsSpan(0, path.Length - 1))));
        Assert.Equal(path.Length, _log.State.PathLength(inode));
    }

    [Fact]
    public void TooLongAPathIsEmptySinceItsEndIsAnotherPathAndCutOnlyForPeople()
    {
        FileId inode = Chain(30, 255, out string path);
        Assert.Equal("", Text(_log.State.CopyPath(inode, _buffer)));
        Assert.Equal(path.Length, _log.State.PathLength(inode));
        Assert.Equal(path[^_buffer.Length..], Text(_log.State.CopyPath(inode, _buffer, cut: true)));
    }

    [Fact]
    public void TheRootAndAnInodeThatIsGoneHaveNoName()
    {
        FileId file = _log.Make(ChangeKind.Create, FileId.Root, "f");
        _log.Remove(ChangeKind.Unlink, FileId.Root, "f");
        Assert.Equal("", Text(_log.State.CopyPath(file, _buffer)));
        Assert.Equal("", Text(_log.State.CopyPath(FileId.Root, _buffer)));
        Assert.Equal((0, 0), (_log.State.PathLength(file), _log.State.PathLength(FileId.Root)));
    }

    // Directories with names of 255 bytes, one in the other, and a last one below.
    private FileId Chain(int depth, int last, out string path)
    {
        FileId current = FileId.Root;
        List<string> names = [];
        for (int level = 0; level <= depth; level++)
        {
            names.Add(new string((char)('a' + (level % 26)), level == depth ? last : 255));
            current = _log.Make(ChangeKind.Mkdir, current, names[^1]);
        }

        path = string.Join('/', names);
        return current;
    }

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);
}
