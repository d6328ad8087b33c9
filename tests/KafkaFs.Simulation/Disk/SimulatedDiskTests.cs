using KafkaFs.Posix;
using KafkaFs.Posix.Files;
using KafkaFs.TestKit;
using Xunit;

namespace KafkaFs.Simulation.Disk;

/// <summary>Whether the simulated disk is one.</summary>
public sealed class SimulatedDiskTests
{
    private const int Calls = 600;

    [Fact]
    public void ItAnswersAsTheKernelDoes()
    {
        Environments.RequireRoot();
        Environments.Require(Directory.Exists("/dev/shm"), "there is no /dev/shm");
        using TemporaryFolder folder = new("/dev/shm");
        ProcessCalls.ClearUmask();
        Seeds.Run(Seeds.Count("disk", 200), (seed, trace) =>
        {
            string path = Directory.CreateDirectory(folder[$"{seed}"]).FullName;
            Assert.Equal(Errno.None, FileCalls.Open(null, System.Text.Encoding.UTF8.GetBytes(path), OpenFlags.ReadOnly | OpenFlags.Directory, 0, out SafeFd root));
            using (root)
            {
                new KernelComparison(seed, root, trace).Run(Calls);
            }
        });
    }
}
