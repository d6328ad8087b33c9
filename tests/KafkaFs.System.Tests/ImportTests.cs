using System.Diagnostics;
using KafkaFs.TestKit;
using KafkaFs.TestKit.Kafka;
using KafkaFs.TestKit.Processes;
using Xunit;

namespace KafkaFs.System.Tests;

/// <summary>`kafkafs import`: a directory that holds files becomes a replica, and slaves of its journal have all of it.</summary>
public sealed class ImportTests
{
    private const string Work = """
        mkdir -p d/e empty; for i in $(seq 500); do echo $i > d/f$i; done; for i in $(seq 1 10 500); do ln d/f$i d/e/hard$i; done; ln d/f1 second
        ln -s ../f2 d/e/sym; ln -s "$(printf %0900d 0)" d/long; mkfifo -m 640 pipe; mknod zero c 1 5; mknod disk b 7 9
        python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("sock")'
        dd if=/dev/urandom of=big bs=1M count=3 status=none; dd if=/dev/urandom of=sparse bs=4096 seek=10 count=2 status=none
        dd if=/dev/urandom of=sparse bs=4096 seek=500 count=1 conv=notrunc status=none; truncate -s 5000001 sparse; truncate -s 70000 hole; : > nothing
        setfattr -n user.note -v hello d/f9; setfattr -n user.none d/f9; setfattr -n trusted.note -v hidden d/e; setfattr -n user.root -v here .
        cp /bin/true prog; setfattr -n security.capability -v 0x0100000200200000000000000000000000000000 prog
        cp /bin/true suid; chown 1234:4321 suid; chmod 6755 suid; chmod 1777 d; chown -h 77:88 d/e/sym; chmod 0 d/f8; chmod 2750 empty
        touch -d @1234567890.123456789 d/f6; touch -h -d @-86400.5 d/e/sym; touch -a -d @1300000000 d/f7; touch -d @1400000000 d/e d; touch -d @1500000000 .
        printf 'x' > "$(printf 'a\nb')"
        """;

    private readonly BrokerFixture _broker;

    public ImportTests(BrokerFixture broker)
    {
        _broker = broker;
        Environments.RequireFuse();
        Environments.RequireRoot();
        Environments.RequireTool("setfattr", "attr");
    }

    [Fact]
    public Task G1_ATreeWithEverythingInItIsImportedAndSlavesHaveItToo() => ImportsAsync(Setup.Embedded());

    [Fact]
    [Trait("Tier", "broker")]
    public async Task G1_ATreeWithEverythingInItIsImportedIntoATopic()
    {
        await ImportsAsync(Setup.Kafka(_broker.Cluster.Bootstrap, KafkaCluster.NewTopic()));
    }

    [Fact]
    public async Task G3_AnImportThatIsKilledAgainAndAgainGoesOnInItsJournalAndLosesNothing()
    {
        using Setup setup = Setup.Embedded();
        Fill(setup, "for i in $(seq 40); do head -c 3000000 /dev/urandom > f$i; mkdir d$i; echo $i > d$i/g; done");
        string before = Listing(setup["m"]);
        for (int round = 1; round <= 3; round++)
        {
            long target = round * 25_000_000;
            using Process import = Process.Start(HostUnderTest.Program, Arguments(setup));
            while (!import.HasExited && Written(setup) < target)
            {
                await Task.Delay(1, TestContext.Current.CancellationToken);
            }

            Assert.False(import.HasExited, "The import was over before it could be killed.");
            import.Kill();
            await import.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.Equal(before, Listing(setup["m"]));
        }

        (int code, string words) = Host(setup);
        Assert.Equal(73, code);
        Assert.Contains("`kafkafs import`", words, StringComparison.Ordinal);
        (code, words) = Import(setup);
        Assert.True(code == 0, words);
        Assert.Contains("going on behind record", words, StringComparison.Ordinal);
        Assert.True(Written(setup) < 200_000_000, "What was there was written again.");
        await EqualAsync(setup, before);
    }

    [Fact]
    public void WhatCannotBeImportedIsNamedAndNothingIsChanged()
    {
        using Setup setup = Setup.Embedded();
        Environments.RequireTool("setfacl", "acl");
        Fill(setup, $"echo x > fine; echo y > acl; setfacl -m u:1234:r acl; mkdir d; echo z > d/big; setfattr -n user.v -v $(printf %03500d 0) d/big; ln fine {setup["outside"]}");
        string before = Listing(setup["m"]);
        (int code, string words) = Import(setup);
        Assert.Equal(73, code);
        Assert.Contains("'acl' has a POSIX ACL", words, StringComparison.Ordinal);
        Assert.Contains("'d/big' SetXattr is ", words, StringComparison.Ordinal);
        Assert.False(File.Exists(setup.Journal[1]));

        ToolProcess.Shell($"cd {setup["m"]}; setfacl -b acl; setfattr -x user.v d/big");
        (code, words) = Import(setup);
        Assert.Equal(73, code);
        Assert.Contains("'fine' link count: the namespace has 1, the tree 2", words, StringComparison.Ordinal);
        Assert.False(File.Exists(setup.Journal[1]));
        File.Delete(setup["outside"]);
        Assert.Equal(before.Split('\n').Length, Listing(setup["m"]).Split('\n').Length);
        (code, words) = Import(setup);
        Assert.True(code == 0, words);
        (code, words) = Import(setup);
        Assert.Equal((73, true), (code, words.Contains("is a KafkaFS replica already", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task AJournalThatHoldsSomethingIsNotImportedInto()
    {
        using Setup setup = Setup.Embedded();
        HostUnderTest master = await setup.Master("other").ReadyAsync();
        Assert.Equal(0, master.Stop());
        Fill(setup, "echo x > f");
        (int code, string words) = Import(setup);
        Assert.Equal((76, true), (code, words.Contains("is not empty", StringComparison.Ordinal)));
        (code, words) = Host(setup);
        Assert.Equal((73, true), (code, words.Contains("make it one with `kafkafs import`", StringComparison.Ordinal)));
        Assert.Equal("x\n", await File.ReadAllTextAsync(setup["m/f"], TestContext.Current.CancellationToken));
        ToolProcess.Shell($"rm -r {setup["m"]}/.kafkafs; mkdir {setup["m"]}/.kafkafs; echo mine > {setup["m"]}/.kafkafs/file");
        (code, words) = Import(setup);
        Assert.Equal((73, true), (code, words.Contains("a name that is KafkaFS's own", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task WhatIsWrittenToMeanwhileIsNoticed()
    {
        using Setup setup = Setup.Embedded();
        Fill(setup, "echo first > a; for i in $(seq 40); do head -c 3000000 /dev/urandom > f$i; done");
        using Process import = Process.Start(new ProcessStartInfo(HostUnderTest.Program, Arguments(setup)) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        while (!import.HasExited && Written(setup) < 5_000_000)
        {
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }

        await File.WriteAllTextAsync(setup["m/a"], "other\n", TestContext.Current.CancellationToken);
        string words = await import.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await import.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(73, import.ExitCode);
        Assert.Contains("'a' mtime", words, StringComparison.Ordinal);
        Assert.Equal("other\n", await File.ReadAllTextAsync(setup["m/a"], TestContext.Current.CancellationToken));
    }

    private static async Task ImportsAsync(Setup made)
    {
        using Setup setup = made;
        Fill(setup, Work);
        string before = Listing(setup["m"]), root = ToolProcess.Shell($"stat -c '%a %u %g %y' {setup["m"]}");
        (int code, string words) = Import(setup);
        Assert.True(code == 0, words);
        ToolProcess.Run(HostUnderTest.Program, ["verify", setup["m"]]);
        string mount = await EqualAsync(setup, before);
        Assert.Equal(root, mount);
        Assert.Equal("3 8 0\n", ToolProcess.Shell($"echo $(stat -c %h {setup["s"]}/second) $(($(stat -c %b {setup["s"]}/sparse) / 3)) $(stat -c %b {setup["s"]}/hole)"));
        ToolProcess.Run("cmp", [setup["m/big"], setup["s/big"]]);
    }

    // The tree is what it was; a slave, and the mount, are equal to it; the replica works on.
    private static async Task<string> EqualAsync(Setup setup, string before)
    {
        Assert.Equal(before, Listing(setup["m"]));
        HostUnderTest master = await setup.Master().ReadyAsync(), slave = await setup.Slave().ReadyAsync();
        Assert.Contains("Checkpoint at", master.LogOfThisRun, StringComparison.Ordinal);
        string mount = ToolProcess.Shell($"stat -c '%a %u %g %y' {setup.Mount}");
        await setup.EqualAsync(master, slave);
        ToolProcess.Shell($"cd {setup.Mount}; mkdir after; echo more >> f1; mv f1 after; ls > /dev/null");
        await setup.EqualAsync(master, slave);
        Assert.Equal((0, 0), (master.Stop(), slave.Stop()));
        ToolProcess.Run(HostUnderTest.Program, ["verify", setup["m"]]);
        return mount;
    }

    private static void Fill(Setup setup, string script) => ToolProcess.Shell($"mkdir -p {setup["m"]}; cd {setup["m"]}; {script}");

    private static long Written(Setup setup) =>
        new[] { setup.Journal[1], setup.Journal[1] + "-wal" }.Where(File.Exists).Sum(static file => new FileInfo(file).Length);

    private static string[] Arguments(Setup setup) => ["import", .. setup.Journal, setup["m"], .. setup.Topic];

    private static (int Code, string Words) Import(Setup setup)
    {
        (int code, string output, string error) = ToolProcess.Try(HostUnderTest.Program, Arguments(setup), TimeSpan.FromMinutes(3));
        return (code, output + error);
    }

    private static (int Code, string Words) Host(Setup setup)
    {
        (int code, string output, string error) = ToolProcess.Try(HostUnderTest.Program, ["slave", .. setup.Journal, setup["m"], "--http", "none"]);
        return (code, output + error);
    }

    // As `kafkafs rejoin` is looked at: with inode numbers and contents.
    private static string Listing(string root) => ToolProcess.Shell(
        $"cd {root}; find . -mindepth 1 -path ./.kafkafs -prune -o -mindepth 1 -printf '%p %i %y %m %U %G %s %n %l %T@ %C@\\n' | LC_ALL=C sort; find . -path ./.kafkafs -prune -o -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum");
}
