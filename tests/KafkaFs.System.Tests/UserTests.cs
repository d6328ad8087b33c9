using KafkaFs.TestKit;
using KafkaFs.TestKit.Processes;
using Xunit;

namespace KafkaFs.System.Tests;

/// <summary>What an ordinary user can do without fuse: follow a journal, with owners kept in the namespace.</summary>
[Trait("Tier", "user")]
public sealed class UserTests
{
    [Fact]
    public async Task AnOrdinaryUserMayRunASlave()
    {
        Environments.Require(!Environment.IsPrivilegedProcess, "this is for an ordinary user");
        using TemporaryFolder folder = new("/var/tmp");
        using HostUnderTest slave = HostUnderTest.Start(folder["log"], "slave", "--journal", folder["journal.db"], folder["s"]);
        for (int attempt = 0; attempt < 100 && !(await slave.AskAsync("/health/ready")).Contains("does not exist", StringComparison.Ordinal); attempt++)
        {
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }

        Assert.Contains("does not exist", await slave.AskAsync("/health/ready"), StringComparison.Ordinal);
        Assert.Equal(0, slave.Stop());
    }
}
