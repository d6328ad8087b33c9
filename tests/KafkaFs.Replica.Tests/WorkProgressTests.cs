using KafkaFs.TestKit;
using Xunit;

namespace KafkaFs.Replica.Tests;

public sealed class WorkProgressTests
{
    private readonly ManualClock _clock = new();

    [Fact]
    public void TheEstimateGoesByThePhaseThatIsUnderWay()
    {
        WorkProgress progress = new(_clock);
        progress.Advance();
        Assert.Null(progress.Now);
        progress.Begin("looking", "inodes");
        _clock.Advance(10);
        progress.Advance(5);
        Assert.Equal(new ProgressReport("looking", 5, 0, "inodes", 10), progress.Now);
        Assert.Null(progress.Now!.SecondsLeft);
        progress.Begin("writing", "bytes", 1_000);
        Assert.Null(progress.Now.SecondsLeft);
        _clock.Advance(2);
        progress.Advance(100);
        progress.Advance(100);
        Assert.Equal(new ProgressReport("writing", 200, 1_000, "bytes", 2), progress.Now);
        Assert.Equal(8, progress.Now.SecondsLeft);
        progress.Advance(900);
        // More than was thought.
        Assert.Null(progress.Now.SecondsLeft);
        progress.End();
        Assert.Null(progress.Now);
    }
}
