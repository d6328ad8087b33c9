using KafkaFs.TestKit;
using KafkaFs.TestKit.Files;
using KafkaFs.TestKit.Processes;
using Xunit;

namespace KafkaFs.System.Tests;

/// <summary>A master whose own disk fills up.</summary>
public sealed class FullDiskTests
{
    [Fact]
    public async Task G3_AMasterAnswersEnospcBeforeItsDiskIsFullAndIsNeverStalledByItsOwnMount()
    {
        Environments.RequireFuse();
        Environments.RequireRoot();
        using LoopFileSystem disk = new("ext4", 128);
        using Setup setup = Setup.Embedded();
        HostUnderTest master = await setup.Master(disk["m"]).ReadyAsync();
        for (int round = 0; round < 2; round++)
        {
            ToolProcess.Shell($"cd '{setup.Mount}'; (dd if=/dev/zero of=big bs=1M conv=fsync 2>&1 || true) | grep -q 'No space left on device'");
            ToolProcess.Shell($"cd '{setup.Mount}'; for i in $(seq 2000); do echo $i > small-$i || break; done 2>&1 | grep -q 'No space left on device'");
            Assert.Contains("Ready", await master.AskAsync("/health/ready"), StringComparison.Ordinal);
            ToolProcess.Run(HostUnderTest.Program, ["compare", setup.Mount, disk["m"]]);
            ToolProcess.Shell($"cd '{setup.Mount}'; truncate -s 1000 big; mv big moved; rm moved small-*");
            await Task.Delay(1_500, TestContext.Current.CancellationToken);
        }

        ToolProcess.Shell($"cd '{setup.Mount}'; head -c 10M /dev/zero > fits");
        Assert.DoesNotContain("cannot be applied", master.Log, StringComparison.Ordinal);
        Assert.Contains("full up to the reserve", master.Log, StringComparison.Ordinal);
        Assert.Equal(0, master.Stop());
    }
}
