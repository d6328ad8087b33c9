using KafkaFs.System.Tests.NothingLost;
using KafkaFs.TestKit;
using KafkaFs.TestKit.Files;
using KafkaFs.TestKit.Kafka;
using KafkaFs.TestKit.Processes;
using Xunit;

namespace KafkaFs.System.Tests;

/// <summary>
/// Random calls on a mount and on a local directory have the same answers and leave the same tree (tests/KafkaFs.Differential), also after
/// another mount, and slaves have it too.
/// </summary>
public sealed class DifferentialTests(BrokerFixture broker)
{
    private const int FixedSeed = 1;

    private static string Program => Path.Combine(Environments.Repository, "artifacts/bin/KafkaFs.Differential/release/KafkaFs.Differential");

    [Fact]
    public async Task AMountAnswersRandomCallsAsALocalDirectory()
    {
        RequireMounts();
        using Setup setup = Setup.Embedded();
        LoopFileSystem reference = setup.Use(new LoopFileSystem("tmpfs", 2_048));
        HostUnderTest master = await setup.Master().ReadyAsync();
        Same(setup.Mount, reference.Path, FixedSeed, 20_000);
        Same(setup.Mount, reference.Path, TestSetting.Seed, 20_000);
        Shared(setup.Mount, TestSetting.Seed, 20_000);
        Assert.Equal(0, master.Stop());
        master = await setup.Again(master, () => setup.Master()).ReadyAsync();
        // What all threads did together has no reference.
        ToolProcess.Run("rm", ["-r", $"{setup.Mount}/shared"]);
        Assert.Equal((0, ""), Differential(setup.Mount, reference.Path, "--verify-only"));
        HostUnderTest slave = await setup.Slave().ReadyAsync();
        await setup.EqualAsync(master, slave);
    }

    [Fact]
    [Trait("Tier", "broker")]
    public async Task AMountOnKafkaAnswersRandomCallsAsALocalDirectoryAndSlavesHaveTheSame()
    {
        RequireMounts();
        using Setup setup = Setup.Kafka(broker.Cluster.Bootstrap, KafkaCluster.NewTopic());
        LoopFileSystem reference = setup.Use(new LoopFileSystem("tmpfs", 2_048));
        HostUnderTest master = await setup.Master().ReadyAsync();
        HostUnderTest slave = await setup.Slave().ReadyAsync(), other = await setup.Slave("s2", "s2").ReadyAsync();
        for (int seed = 0; seed < TestSetting.Seeds; seed++)
        {
            Same(setup.Mount, reference.Path, TestSetting.Seed + seed, TestSetting.Calls / TestSetting.Seeds);
            Shared(setup.Mount, TestSetting.Seed + seed, TestSetting.Calls / TestSetting.Seeds / 2);
        }

        await setup.EqualAsync(master, slave);
        await setup.EqualAsync(master, other, "s2");
    }

    [Theory]
    [InlineData("printf x | dd of=$f bs=1 seek=0 conv=notrunc status=none")]
    [InlineData("truncate -s +1 $f")]
    [InlineData("chmod 0421 $f")]
    [InlineData("chown 77 $f")]
    [InlineData("touch -d @1234567890 $f")]
    [InlineData("setfattr -n user.other -v x $f")]
    [InlineData("ln $f $f-other")]
    [InlineData("rm $f; mkfifo $f")]
    [InlineData("cp --preserve=all $f $f.copy; mv $f.copy $f-linked")]
    public void AnyChangeOfOneTreeIsFound(string change)
    {
        RequireMounts();
        using LoopFileSystem subject = new("tmpfs", 64), reference = new("tmpfs", 64);
        foreach (string path in (string[])[subject.Path, reference.Path])
        {
            ToolProcess.Shell($"mkdir {path}/d; f={path}/d/f; echo content > $f; ln $f $f-linked; touch -d @1000000000 $f");
        }

        Assert.Equal((0, ""), Differential(subject.Path, reference.Path, "--verify-only"));
        ToolProcess.Shell($"f={subject.Path}/d/f; {change}");
        Assert.Equal(1, Differential(subject.Path, reference.Path, "--verify-only").Code);
    }

    // A call that the subject answers otherwise: it has no room for what the reference takes.
    [Fact]
    public void AnotherAnswerIsFoundAndReducedToItsCall()
    {
        RequireMounts();
        using LoopFileSystem subject = new("tmpfs", 1), reference = new("tmpfs", 64);
        (int code, string output) = Differential(subject.Path, reference.Path, "--seed", "2", "--calls", "20000", "--threads", "1");
        Assert.Equal(1, code);
        Assert.Contains("DIFFERENCE seed 2, thread 0", output, StringComparison.Ordinal);
        Assert.Contains("calls still show it", output, StringComparison.Ordinal);
        File.Delete("/tmp/kafkafs-differential-2-0.calls");
    }

    // Somebody else brings and takes names, and appends.
    [Fact]
    public void AnswersThatAreNotWhatIsThereAreFound()
    {
        RequireMounts();
        using LoopFileSystem subject = new("tmpfs", 64);
        string output = ToolProcess.Shell($"""
            ( set +e; for i in $(seq 400); do rm -rf {subject.Path}/shared/d1/n*; echo x >> {subject.Path}/shared/appended-0; sleep 0.005; done ) 2>/dev/null &
            {Program} {subject.Path} --shared --seed 1 --calls 100000 || test $? = 1; wait
            """);
        Assert.Contains(": by the answers it was brought ", output, StringComparison.Ordinal);
        Assert.Contains("appended-0: at ", output, StringComparison.Ordinal);
    }

    private static void Shared(string subject, int seed, int calls)
    {
        (int code, string output) = Differential(subject, "--shared", "--seed", $"{seed}", "--calls", $"{calls}");
        Assert.True(code == 0, $"seed {seed}:\n{output}");
        TestSetting.Say(output.TrimEnd().Split('\n')[^1]);
    }

    private static void Same(string subject, string reference, int seed, int calls)
    {
        TestSetting.Say($"seed {seed}, {calls} calls");
        (int code, string output) = Differential(subject, reference, "--seed", $"{seed}", "--calls", $"{calls}");
        Assert.True(code == 0, $"seed {seed}:\n{output}");
        TestSetting.Say(output.TrimEnd().Split('\n')[^1]);
    }

    // With --verify-only and nothing to say, no output.
    private static (int Code, string Output) Differential(params string[] arguments)
    {
        (int code, string output, string error) = ToolProcess.Try(Program, arguments, TimeSpan.FromMinutes(30));
        return (code, code == 0 && arguments[^1] == "--verify-only" ? error : output + error);
    }

    private static void RequireMounts()
    {
        Environments.RequireFuse();
        Environments.RequireRoot();
    }
}
