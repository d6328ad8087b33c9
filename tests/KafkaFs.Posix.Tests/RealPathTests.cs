using KafkaFs.Posix.Files;
using KafkaFs.TestKit;
using Xunit;

namespace KafkaFs.Posix.Tests;

public sealed class RealPathTests : IDisposable
{
    private readonly TemporaryFolder _folder = new("/var/tmp");

    [Fact]
    public void LinksAreFollowedAndWhatDoesNotExistYetStaysBehindItsParent()
    {
        Directory.CreateDirectory(_folder["real/deep"]);
        Directory.CreateSymbolicLink(_folder["link"], _folder["real"]);
        string real = RealPath.Of(_folder["real"]);
        Assert.Equal(real, RealPath.Of(_folder["link"] + "/"));
        Assert.Equal(real + "/deep", RealPath.Of(_folder["link/deep/./"]));
        Assert.Equal(real + "/not/yet", RealPath.Of(_folder["link/not/yet"]));
        Assert.Equal("/", RealPath.Of("/"));
        Assert.Equal("/kafkafs-not-there", RealPath.Of("/kafkafs-not-there"));
    }

    [Theory]
    [InlineData("/a/b", "/a", true)]
    [InlineData("/a", "/a", true)]
    [InlineData("/a", "/", true)]
    [InlineData("/ab", "/a", false)]
    public void OnePathIsInsideAnotherByWholeNames(string path, string folder, bool inside)
    {
        Assert.Equal(inside, RealPath.IsWithin(path, folder));
        Assert.Equal(inside, RealPath.Overlap(folder, path));
    }

    public void Dispose() => _folder.Dispose();
}
