using System.Globalization;
using KafkaFs.TestKit;
using KafkaFs.TestKit.Processes;

namespace KafkaFs.System.Tests;

/// <summary>
/// Two slaves, `s` and `t`, of one embedded journal, stopped at one position, with KAFKAFS_TEST_FILES files (2,000) of all kinds. A test
/// damages `s` and repairs it, so the next finds it as it was.
/// </summary>
public sealed class StoppedSlaves : IDisposable
{
    private readonly Lazy<Setup> _setup = new(() => MakeAsync().GetAwaiter().GetResult());

    internal static int Files => int.Parse(Environment.GetEnvironmentVariable("KAFKAFS_TEST_FILES") ?? "2000", CultureInfo.InvariantCulture);

    /// <summary>Made by the first test that needs it.</summary>
    internal Setup Setup => _setup.Value;

    public void Dispose()
    {
        if (_setup.IsValueCreated)
        {
            _setup.Value.Dispose();
        }
    }

    private static async Task<Setup> MakeAsync()
    {
        Environments.RequireFuse();
        Environments.RequireRoot();
        Setup setup = Setup.Embedded();
        HostUnderTest master = await setup.Master().ReadyAsync();
        HostUnderTest[] slaves = [await setup.Slave().ReadyAsync(), await setup.Slave("t", "t").ReadyAsync()];
        Fill(setup.Mount);
        await Setup.CaughtUpAsync(master, slaves[0]);
        Xunit.Assert.Equal(0, master.Stop());
        long end;
        do
        {
            // The master's last record is the end of its session.
            end = await slaves[0].PositionAsync();
            await Task.Delay(1_500);
        }
        while (end != await slaves[0].PositionAsync() || end != await slaves[1].PositionAsync());
        Xunit.Assert.All(slaves, slave => Xunit.Assert.Equal(0, slave.Stop()));
        return setup;
    }

    private static void Fill(string mount)
    {
        for (int directory = 0; directory < 20; directory++)
        {
            Directory.CreateDirectory($"{mount}/d{directory}");
        }

        Parallel.For(0, Files, new ParallelOptions { MaxDegreeOfParallelism = 4 }, index =>
            File.WriteAllText($"{mount}/d{index % 20}/f{index}", string.Create(CultureInfo.InvariantCulture, $"content {index} {new string('x', index % 500)}")));
        ToolProcess.Shell($"""
            cd {mount}
            mkdir -p deep/a/b/c links
            echo deep > deep/a/b/c/file
            echo linked > links/one; ln links/one links/two; ln links/one d1/three
            setfattr -n user.colour -v blue d0/f0; setfattr -n trusted.kind -v x d0
            ln -s deep/a sl; mkfifo fifo; mknod null c 1 3
            echo x > setuid; chown 1234:2345 setuid; chmod 4711 setuid
            truncate -s 3M sparse; echo middle | dd of=sparse bs=1 seek=1000000 conv=notrunc status=none
            dd if=/dev/urandom of=big bs=1M count=9 status=none
            touch -d @1000000000 deep/a d3 d3/f3
            """);
    }
}
