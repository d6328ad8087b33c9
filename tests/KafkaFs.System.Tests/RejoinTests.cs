using System.Text.RegularExpressions;
using KafkaFs.TestKit;
using KafkaFs.TestKit.Kafka;
using KafkaFs.TestKit.Processes;
using Xunit;

namespace KafkaFs.System.Tests;

/// <summary>The ways back when a journal is not what it was: `kafkafs rejoin`.</summary>
public abstract class RejoinTests
{
    // As root: owners, devices, privileged xattrs; a hole at the front, in the middle and at the end.
    private const string Work = """
        mkdir -p d/e; for i in $(seq 2000); do echo "file $i" > d/f$i; done
        for i in $(seq 1 10 1000); do ln d/f$i d/e/hard$i; done; ln d/f1 second; ln -s ../f2 d/e/sym; ln -s "$(printf %01000d 0)" d/long
        mkfifo -m 640 pipe; mknod zero c 1 5; mknod disk b 7 9
        dd if=/dev/urandom of=big bs=1M count=3 status=none; dd if=/dev/urandom of=sparse bs=4096 seek=10 count=2 status=none
        dd if=/dev/urandom of=sparse bs=4096 seek=500 count=1 conv=notrunc status=none; truncate -s 5000001 sparse; truncate -s 70000 hole; : > empty
        setfattr -n user.note -v hello d/f9; setfattr -n user.none d/f9; setfattr -n trusted.note -v hidden d/e; setfattr -n user.root -v here .
        cp /bin/true prog; setfattr -n security.capability -v 0x0100000200200000000000000000000000000000 prog; cp /bin/true suid; chown 1234:4321 suid; chmod 6755 suid; chmod 1777 d; chown -h 77:88 d/e/sym
        touch -d @1234567890.123456789 d/f6; touch -h -d @-86400.5 d/e/sym; touch -a -d @1300000000 d/f7; touch -d @1400000000 d/e d; touch -d @1500000000 .
        printf 'x' > "$(printf 'a\nb')"
        """;

    [Fact]
    public async Task AReplicaIsBuiltAnewFromTheJournalAndItsOldTreeIsKept()
    {
        using Setup setup = NewSetup();
        await MakeAsync(setup, "m", "echo old > old");
        HostUnderTest slave = await setup.Slave().ReadyAsync();
        Assert.Equal(0, slave.Stop());
        Delete(setup);
        (int code, string words) = Rejoin(setup, "s", "--from-log", named: true);
        Assert.Equal(76, code);
        Assert.Contains("does not exist", words, StringComparison.Ordinal);
        HostUnderTest master = await setup.Master("m2").ReadyAsync();
        ToolProcess.Shell($"cd {setup.Mount}; echo new > new");

        slave = setup.Slave();
        Assert.Equal(76, slave.WaitForExit());
        Assert.Contains("`kafkafs rejoin --from-log`", slave.Log, StringComparison.Ordinal);
        (code, words) = Rejoin(setup, "s", "--from-log", named: true);
        Assert.Equal(0, code);
        Assert.Equal("old\n", await File.ReadAllTextAsync(Aside(setup, "s") + "/old", TestContext.Current.CancellationToken));
        Assert.Contains($"rm -rf '{Aside(setup, "s")}'", words, StringComparison.Ordinal);

        slave = setup.Again(slave, () => setup.Slave());
        await slave.ReadyAsync();
        await setup.EqualAsync(master, slave, masterRoot: "m2");
        Assert.True(File.Exists(Aside(setup, "s") + "/old"));
    }

    [Fact]
    public async Task ATreeSeedsANewJournalAndGoesOnInIt()
    {
        using Setup setup = NewSetup();
        HostUnderTest master = await setup.Master().ReadyAsync();
        ToolProcess.Shell($"cd {setup.Mount}; {Work}");
        string root = RootOf(setup);
        Assert.Equal(0, master.Stop());
        string before = Listing(setup["m"]);
        Delete(setup);
        setup.NameAnotherJournal();
        (int code, string words) = Rejoin(setup, "m", "--adopt", named: true);
        Assert.True(code == 0, words);
        Assert.Equal(before, Listing(setup["m"]));
        Assert.True(File.Exists(Aside(setup, "m") + "/index.db"));
        Assert.True(File.Exists(Aside(setup, "m") + "/journal.json"));

        master = await setup.Master().ReadyAsync();
        HostUnderTest slave = await setup.Slave().ReadyAsync();
        Assert.Contains("Checkpoint at", master.LogOfThisRun, StringComparison.Ordinal);
        Assert.Equal(root, RootOf(setup));
        Assert.Equal("3 8 0\n", ToolProcess.Shell($"echo $(stat -c %h {setup["s"]}/second) $(($(stat -c %b {setup["s"]}/sparse) / 3)) $(stat -c %b {setup["s"]}/hole)"));
        await setup.EqualAsync(master, slave);
        ToolProcess.Shell($"cd {setup.Mount}; echo more >> d/f1; cmp d/f1 second; mv d/e moved; rm d/f2; echo x > d/new");
        await setup.EqualAsync(master, slave);
        Assert.Equal(0, master.Stop());
        Assert.Equal(0, slave.Stop());
    }

    private static string RootOf(Setup setup) => ToolProcess.Shell($"stat -c '%a %u %g %y' {setup.Mount}; getfattr -d -m- --absolute-names {setup.Mount} | tail -n +2");

    private protected abstract Setup NewSetup();

    /// <summary>The journal is gone, as if it had been deleted.</summary>
    private protected abstract void Delete(Setup setup);

    /// <summary>A filesystem with some work done in it, left by a clean stop.</summary>
    private protected static async Task MakeAsync(Setup setup, string root, string work)
    {
        HostUnderTest master = await setup.Master(root).ReadyAsync();
        ToolProcess.Shell($"cd {setup.Mount}; {work}");
        Assert.Equal(0, master.Stop());
    }

    private protected static (int Code, string Words) Rejoin(Setup setup, string root, string how, bool named)
    {
        (int code, string output, string error) = ToolProcess.Try(HostUnderTest.Program, Arguments(setup, root, how, named));
        return (code, output + error);
    }

    private protected static string[] Arguments(Setup setup, string root, string how, bool named) =>
        named ? ["rejoin", how, .. setup.Journal, setup[root], .. setup.Topic] : ["rejoin", how, setup[root]];

    private protected static string Aside(Setup setup, string root) => Directory.GetDirectories(setup[root] + "/.kafkafs", "aside-*").Single();

    /// <summary>The tree without KafkaFS's own directory, with inode numbers, all times and the digests of contents.</summary>
    private protected static string Listing(string root) => ToolProcess.Shell(
        $"cd {root}; find . -path ./.kafkafs -prune -o -printf '%p %i %y %m %U %G %s %n %l %T@ %C@\\n' | LC_ALL=C sort; find . -path ./.kafkafs -prune -o -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum");
}

public sealed partial class EmbeddedRejoinTests : RejoinTests
{
    [Fact]
    public async Task AnAdoptionThatIsKilledLeavesWordsAndCanBeDoneAgain()
    {
        using Setup setup = NewSetup();
        await MakeAsync(setup, "m", "for i in $(seq 30); do head -c 3000000 /dev/urandom > f$i; done");
        string before = Listing(setup["m"]), former = setup.Journal[1];
        setup.NameAnotherJournal();
        using (global::System.Diagnostics.Process adoption = global::System.Diagnostics.Process.Start(HostUnderTest.Program, Arguments(setup, "m", "--adopt", named: true)))
        {
            while (!File.Exists(setup["m/.kafkafs/adopting"]) || !File.Exists(setup.Journal[1]) || new FileInfo(setup.Journal[1]).Length < 1_000_000)
            {
                Assert.False(adoption.HasExited, "The adoption was over before it could be killed.");
                await Task.Delay(1, TestContext.Current.CancellationToken);
            }

            adoption.Kill();
            await adoption.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        string[] half = setup.Journal;
        (int code, _, string words) = ToolProcess.Try(HostUnderTest.Program, ["slave", "--journal", former, setup["m"], "--http", "none"]);
        Assert.Equal(73, code);
        Assert.Contains($"adopted by journal file '{half[1]}' when that was interrupted: delete that", words, StringComparison.Ordinal);
        (code, words) = Rejoin(setup, "m", "--adopt", named: true);
        Assert.Equal(76, code);
        Assert.Contains("is not empty", words, StringComparison.Ordinal);
        Assert.Equal(before, Listing(setup["m"]));

        File.Delete(half[1]);
        setup.NameAnotherJournal();
        (code, words) = Rejoin(setup, "m", "--adopt", named: true);
        Assert.True(code == 0, words);
        HostUnderTest master = await setup.Master().ReadyAsync(), slave = await setup.Slave().ReadyAsync();
        await setup.EqualAsync(master, slave);
        Assert.Equal(before, Listing(setup["m"]));
    }

    [Fact]
    public async Task WhatCannotBeRejoinedIsSaidAndNothingIsChanged()
    {
        using Setup setup = NewSetup();
        await MakeAsync(setup, "m", "echo x > f");
        (int code, string words) = Rejoin(setup, "nowhere", "--from-log", named: false);
        Assert.Equal((73, true), (code, words.Contains("does not exist", StringComparison.Ordinal)));
        Assert.False(Directory.Exists(setup["nowhere"]));
        (code, words) = Rejoin(setup, "m", "--adopt", named: true);
        Assert.Equal((76, true), (code, words.Contains("is not empty", StringComparison.Ordinal)));

        HostUnderTest master = await setup.Master().ReadyAsync();
        (code, words) = Rejoin(setup, "m", "--from-log", named: false);
        Assert.Equal((73, true), (code, words.Contains("is in use", StringComparison.Ordinal)));
        master.Kill();
        setup.NameAnotherJournal();
        (code, words) = Rejoin(setup, "m", "--adopt", named: true);
        Assert.Equal((73, true), (code, words.Contains("was not left by a clean stop", StringComparison.Ordinal)));
        Assert.False(File.Exists(setup.Journal[1]));
        Assert.Equal("x\n", await File.ReadAllTextAsync(setup["m/f"], TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task ATreeThatIsNotWhatItsIndexSaysSeedsNoJournal()
    {
        using Setup setup = NewSetup();
        await MakeAsync(setup, "m", "echo x > f; echo y > g");
        ToolProcess.Shell($"rm {setup["m"]}/f; echo stray > {setup["m"]}/stray");
        setup.NameAnotherJournal();
        (int code, string words) = Rejoin(setup, "m", "--adopt", named: true);
        Assert.Equal(73, code);
        Assert.Contains("'f' is missing in the tree", words, StringComparison.Ordinal);
        Assert.Contains("'stray' is in the tree", words, StringComparison.Ordinal);
        Assert.False(File.Exists(setup.Journal[1]));
    }

    [Fact]
    public async Task ReplicasAtOnePositionShowOneStateHash()
    {
        using Setup setup = NewSetup();
        HostUnderTest master = await setup.Master().ReadyAsync(), one = await setup.Slave("s1", "s1").ReadyAsync(), two = await setup.Slave("s2", "s2").ReadyAsync();
        ToolProcess.Shell($"cd {setup.Mount}; mkdir d; echo x > d/f; ln d/f g; setfattr -n user.a -v b g; rm d/f");
        Assert.Equal(0, master.Stop());
        string state = CleanState().Match(master.Log).Value;
        long position = long.Parse(CleanState().Match(master.Log).Groups[1].Value, global::System.Globalization.CultureInfo.InvariantCulture);
        foreach ((string root, HostUnderTest slave) in new[] { ("s1", one), ("s2", two) })
        {
            await HealthAndMetricsTests.UntilAsync(async () => await slave.PositionAsync() >= position, slave);
            Assert.Equal(0, slave.Stop());
            Assert.Equal(state, CleanState().Match(slave.Log).Value);
            HostUnderTest again = await setup.Slave(root, root).ReadyAsync();
            string hash = CleanState().Match(master.Log).Groups[2].Value;
            await HealthAndMetricsTests.UntilAsync(
                async () => (await again.AskAsync("/health/ready")).Contains($"\"checkpointPosition\":{position},\"checkpointHash\":\"{hash}\"", StringComparison.Ordinal), again);
            string metrics = await again.AskAsync("/metrics");
            Assert.Matches($"kafkafs_checkpoint_state\\{{.*part=\"position\"\\}} {position}", metrics);
            ulong low = ulong.Parse(hash[20..], global::System.Globalization.NumberStyles.HexNumber, global::System.Globalization.CultureInfo.InvariantCulture);
            string sample = Regex.Match(metrics, "kafkafs_checkpoint_state\\{.*part=\"hash\"\\} (\\S+)").Groups[1].Value;
            Assert.Equal(low, (ulong)double.Parse(sample, global::System.Globalization.CultureInfo.InvariantCulture));
        }
    }

    private protected override Setup NewSetup()
    {
        Environments.RequireTool("setfattr", "attr");
        Environments.RequireFuse();
        Environments.RequireRoot();
        return Setup.Embedded();
    }

    private protected override void Delete(Setup setup) => ToolProcess.Shell($"rm {setup.Journal[1]}*");

    [GeneratedRegex("Clean checkpoint at (\\d+), \\d+ inodes, state ([0-9a-f]{32})")]
    private static partial Regex CleanState();
}

[Trait("Tier", "broker")]
public sealed class KafkaRejoinTests(BrokerFixture fixture) : RejoinTests
{
    private protected override Setup NewSetup()
    {
        Environments.RequireTool("setfattr", "attr");
        Environments.RequireFuse();
        Environments.RequireRoot();
        return Setup.Kafka(fixture.Cluster.Bootstrap, KafkaCluster.NewTopic());
    }

    private protected override void Delete(Setup setup) => fixture.Cluster.Control("topics", "--delete", "--topic", setup.Topic[0]);
}
