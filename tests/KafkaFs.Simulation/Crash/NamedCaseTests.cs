using KafkaFs.Simulation.Disk;
using Xunit;

namespace KafkaFs.Simulation.Crash;

/// <summary>The counter-examples that decided how recovery goes, and their kin, each with crashes at every call.</summary>
public sealed class NamedCaseTests
{
    private const int TraceLines = 300;

    [Theory]
    [InlineData("directories into each other", "mkdir a, mkdir b", "rename b a/b, rename a/b b, rename a b/a")]
    [InlineData("a file leaves a directory that goes", "mkdir p", "create p/f, rename p/f f, rmdir p")]
    [InlineData("renamed, and a new one in its place", "create a, write a 0 older", "rename a b, create a, write a 0 new")]
    [InlineData("a renamed directory, and a new one in its place", "mkdir a, create a/f, write a/f 0 older", "rename a b, mkdir a, create a/f, append a/f new, append b/f more")]
    [InlineData("links of one inode renamed onto each other", "create a, write a 0 one, link a b, mkdir d", "rename a b, link a d/c, rename d/c b, unlink a, chmod b 4751")]
    [InlineData("a file replaced by a directory", "create a, write a 0 older", "unlink a, mkdir a, create a/f, write a/f 0 new")]
    [InlineData("a directory replaced by a file", "mkdir a, create a/f, write a/f 0 older", "unlink a/f, rmdir a, create a, write a 0 new")]
    [InlineData("directories exchanged", "mkdir a, mkdir b, create a/f, write a/f 0 in-a, create b/f, write b/f 0 in-b", "exchange a b, append a/f more, exchange a/f b/f, append a/f again")]
    [InlineData("a directory and a file exchanged", "mkdir a, mkdir a/d, create a/d/f, write a/d/f 0 deep, create b, write b 0 file", "exchange a b, append a more, exchange a b/d, rename b/d/f f")]
    [InlineData("unlinked, made again, written", "create f, write f 0 older-and-longer", "unlink f, create f, write f 0 new")]
    [InlineData("moved into a new directory that is removed", "create f, write f 0 older, mkdir d, create d/g, write d/g 0 g", "mkdir n, rename f n/f, rename d n/d, rename n/d e, rename n/f e/f, rmdir n")]
    [InlineData("moved into a new directory that is renamed", "create f, write f 0 older, mkdir d, create d/g, write d/g 0 g", "mkdir n, rename f n/f, rename d n/d, rename n m, mkdir n, rename m n/m")]
    [InlineData("a link in a dead directory only", "create f, write f 0 older", "mkdir n, link f n/g, unlink f, link n/g h, unlink n/g, rmdir n")]
    [InlineData("an older file dies in a directory that dies", "create f, write f 0 older", "mkdir n, link f n/g, unlink f, unlink n/g, rmdir n, create f")]
    [InlineData("truncated down, up, and appended to", "create f, write f 0 abcdefghij", "truncate f 3, truncate f 8, append f END, write f 1 x")]
    [InlineData("attributes that changes of content drop", "create f, write f 0 abc, setxattr f one", "chmod f 6755, write f 1 X, setxattr f two, chmod f 4711, append f end")]
    public void G3_NoCrashAnywhereSpoils(string what, string before, string after)
    {
        int runs = 0;
        foreach (bool opensHandles in new[] { true, false })
        {
            DiskTraits traits = new() { OpensHandles = opensHandles, SyncsNamesPercent = 0 };
            Trace trace = new(TraceLines);
            NamedCase tried = new(before, after, traits, null);
            try
            {
                tried.Try();
            }
            catch (Exception exception)
            {
                Assert.Throws(exception.GetType(), () => new NamedCase(before, after, traits, trace.Add).Try());
                Assert.Fail($"{what}: {exception.Message}\nThe last steps:\n{trace}");
            }

            runs += tried.Runs;
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{runs} runs");
    }
}
