using Xunit;

namespace KafkaFs.Journal.Kafka.Tests;

/// <summary>Files for Kafka's own tools are read by Java's rules.</summary>
public sealed class PropertiesFileTests
{
    [Theory]
    [InlineData("a=b", "a", "b")]
    [InlineData("  a = b ", "a", "b ")]
    [InlineData("a:b=c", "a", "b=c")]
    [InlineData("a=b:c=d\r", "a", "b:c=d")]
    [InlineData("a=", "a", "", true)]
    [InlineData("a=one\\\n   two", "a", "onetwo")]
    [InlineData("a=C:\\\\x", "a", "C:\\x")]
    [InlineData("a=\\u0041\\t\\=", "a", "A\t=")]
    [InlineData("a\\:b=c", "a:b", "c")]
    public void APairIsReadAsJavaReadsIt(string text, string key, string value, bool isEmpty = false)
    {
        List<string> problems = [];
        KeyValuePair<string, string> pair = Assert.Single(PropertiesFile.Parse(text, problems));
        Assert.Equal((key, value), (pair.Key, pair.Value));
        Assert.Equal(isEmpty, pair.Value.Length == 0);
        Assert.Empty(problems);
    }

    [Fact]
    public void CommentsAndEmptyLinesAreNone()
    {
        List<string> problems = [];
        Assert.Empty(PropertiesFile.Parse("# a=b\n\n  ! c=d\r\n   \n", problems));
        Assert.Empty(problems);
    }

    [Fact]
    public void AWrongLineIsNamedByItsNumberAndNeverByItsText()
    {
        List<string> problems = [];
        Assert.Single(PropertiesFile.Parse("a=b\nhidden\n=hidden\n", problems));
        Assert.Equal(["line 2: KEY=VALUE is wanted", "line 3: KEY=VALUE is wanted"], problems);
    }
}
