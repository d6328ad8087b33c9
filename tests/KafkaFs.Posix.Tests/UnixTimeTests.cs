using KafkaFs.Posix.Files;
using Xunit;

namespace KafkaFs.Posix.Tests;

public sealed class UnixTimeTests
{
    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(1_500_000_000, 1, 500_000_000)]
    [InlineData(-1, -1, 999_999_999)]
    [InlineData(-1_000_000_001, -2, 999_999_999)]
    public void NanosecondsBecomeSecondsRoundedDown(long ns, long seconds, uint nanoseconds)
    {
        Assert.Equal((seconds, nanoseconds), UnixTime.FromNs(ns));
        Assert.Equal(ns, UnixTime.ToNs(seconds, nanoseconds));
    }

    [Fact]
    public void TimesBeyondTheRangeSaturate()
    {
        Assert.Equal(long.MaxValue, UnixTime.ToNs(long.MaxValue, 0));
        Assert.Equal(long.MinValue, UnixTime.ToNs(long.MinValue, 0));
    }
}
