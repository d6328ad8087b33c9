using KafkaFs.MasterHost.FileSystem;
using Xunit;

namespace KafkaFs.MasterHost.Tests.FileSystem;

public sealed class DiskThreadsTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(10);

    /// <summary>A read that waits for a slow disk holds up no other one, whenever the thread that took it became busy.</summary>
    [Fact]
    public void WorkThatWaitsHoldsUpNoOther()
    {
        for (int round = 0; round < 2_000; round++)
        {
            using DiskThreads threads = new();
            ManualResetEventSlim isSlow = new(), isDone = new(), goOn = new();
            threads.Post(() =>
            {
                isSlow.Set();
                goOn.Wait(s_limit);
            });
            if (round % 2 == 0)
            {
                isSlow.Wait(s_limit);
            }

            threads.Post(isDone.Set);
            bool isHeldUp = !isDone.Wait(s_limit / 2);
            goOn.Set();
            Assert.True(isDone.Wait(s_limit) && isSlow.Wait(s_limit));
            Assert.False(isHeldUp, $"Round {round}: it waited for the one before.");
        }
    }

    [Fact]
    public void NothingIsDoneAfterTheEnd()
    {
        DiskThreads threads = new();
        threads.Dispose();
        bool isDone = false;
        threads.Post(() => isDone = true);
        Thread.Sleep(50);
        Assert.False(isDone);
    }
}
