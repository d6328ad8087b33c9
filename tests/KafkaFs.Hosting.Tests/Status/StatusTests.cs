using KafkaFs.Hosting.Status;
using Xunit;

namespace KafkaFs.Hosting.Tests;

public sealed class StatusTests
{
    [Fact]
    public void AHostIsReadyOnlyInThatStateAndNotFarBehind()
    {
        HostStatus status = new(TimeProvider.System);
        Assert.False(status.IsReady);
        status.Set(HostState.Ready, "mounted");
        Assert.True(status.IsReady);
        status.SetEnd(100);
        status.SetPosition(50, DateTimeOffset.UtcNow.AddSeconds(-60).ToUnixTimeMilliseconds());
        Assert.Equal(50, status.LagRecords);
        Assert.InRange(status.LagSeconds, 55, 65);
        Assert.False(status.IsReady);
        status.SetPosition(100, 0);
        Assert.Equal(0, status.LagSeconds);
        Assert.True(status.IsReady);
    }
}
