using System.Diagnostics;
using KafkaFs.TestKit.Processes;
using Xunit;

namespace KafkaFs.System.Tests;

/// <summary>`kafkafs verify` finds what somebody did to a stopped replica's tree, and `kafkafs repair` mends it.</summary>
public sealed class RepairTests(StoppedSlaves slaves) : IClassFixture<StoppedSlaves>
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(10);

    private Setup Setup => slaves.Setup;

    private string Root => Setup["s"];

    [Fact]
    public void G4_AByteAModeAnXattrAStrayFileAndARenamedDirectoryAreEachFoundAndMended()
    {
        Damage("""
            touch -r d5/f5 ../reference; printf X | dd of=d5/f5 bs=1 seek=3 conv=notrunc status=none; touch -r ../reference d5/f5
            chmod 0600 d6/f6
            setfattr -x user.colour d0/f0
            echo mine > d7/stray
            mv d8 d8-renamed
            """);
        (int code, string found, _) = Verify("--content", Setup["t"]);
        Assert.Equal(1, code);
        Assert.Contains("d5/f5: content differs from byte 3 on", found, StringComparison.Ordinal);
        Assert.Contains("d6/f6: mode: the namespace has 644, the tree 600", found, StringComparison.Ordinal);
        Assert.Contains("d0/f0: xattr user.colour is missing or another", found, StringComparison.Ordinal);
        Assert.Contains("d7/stray: is in the tree, not in the namespace", found, StringComparison.Ordinal);
        Assert.Contains("d8: is missing in the tree", found, StringComparison.Ordinal);
        Assert.Contains("d8-renamed: is in the tree", found, StringComparison.Ordinal);
        string mended = Repair("--from", Setup["t"], "--content");
        Assert.Contains("d8: is at 'd8-renamed': it is put back", mended, StringComparison.Ordinal);
        Assert.Contains("made anew 0, put back 1, ", mended, StringComparison.Ordinal);
        Assert.Contains("contents fetched 1, kept in .kafkafs/foreign 1", mended, StringComparison.Ordinal);
        ToolProcess.Shell($"grep -qx mine {Root}/.kafkafs/foreign/*");
        RequireEqual();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void EveryOtherDamageIsMendedFromAReplicaAndFromTheLog(bool fromLog)
    {
        Damage("""
            rm d1/f1 sparse fifo null
            rm -r deep d2
            rm sl; mkdir sl; echo x > sl/inside
            rm setuid; ln -s nowhere setuid
            mv d3/f3 .kafkafs/foreign/moved
            mkdir heap; mv d4 heap/d4; mv d9/f9 heap/f9
            rm links/two; ln d18/f18 d18/extra
            : > big; echo longer >> d10/f10
            mv d11 swap; mv d12 d11; mv swap d12
            mv d13 d14/inside
            cp d15/f15 d15/copy; mv d15/copy d15/f15
            chown 7:8 d16/f16; setfattr -n user.new -v y d16; touch d17 d17/f17
            """);
        Assert.Equal(1, Verify().Code);
        string mended = Repair(fromLog ? ["--from-log", .. Setup.Journal] : ["--from", Setup["t"]]);
        Assert.Contains("deep/a/b/c/file: is nowhere in the tree: it is made anew", mended, StringComparison.Ordinal);
        Assert.Contains("d3/f3: is at '.kafkafs/foreign/moved': it is put back", mended, StringComparison.Ordinal);
        Assert.Contains(": has lost a name: it gets it back", mended, StringComparison.Ordinal);
        Assert.Contains("d18/f18: has a further name 'd18/extra': it is taken away", mended, StringComparison.Ordinal);
        Assert.Contains("big: its content is fetched", mended, StringComparison.Ordinal);
        ToolProcess.Shell($"grep -rq 'content 15 ' {Root}/.kafkafs/foreign");
        RequireEqual();
    }

    [Fact]
    public void AFileThatIsNamedGetsItsContentFromTheLog()
    {
        Damage("touch -r big ../reference; printf X | dd of=big bs=1 seek=5000000 conv=notrunc status=none; touch -r ../reference big");
        Assert.Equal(0, Verify().Code);
        Assert.Contains("big: content differs from byte 5000000 on", Verify("--content", Setup["t"]).Output, StringComparison.Ordinal);
        Repair(["--from-log", .. Setup.Journal, "big"]);
        RequireEqual();
        Repair(["--from-log", .. Setup.Journal, $"{Root}/setuid"]);
        RequireEqual();
        (int code, _, string error) = ToolProcess.Try(HostUnderTest.Program, ["repair", Root, "--from-log", .. Setup.Journal, "d5"]);
        Assert.Equal(73, code);
        Assert.Contains("'d5' is no regular file", error, StringComparison.Ordinal);
        RequireEqual();
    }

    [Fact]
    public void ARepairThatIsKilledAnywhereEndsEqualWhenItIsRunAgain()
    {
        Random random = new(7);
        int killed = 0, refused = 0;
        for (int round = 0; round < 8; round++)
        {
            Damage($"""
                rm -r d{round + 1} deep; mv d{round + 2} .kafkafs/foreign/d{round}; mv d{round + 3} d{round + 4}/x
                rm -f big; echo x > sparse; mkdir -p d{round + 5}/s; mv d{round + 6} d{round + 5}/s/t; rm links/one
                find d{round + 7} -name 'f*' | head -50 | xargs -d '\n' chmod 0
                """);
            string[] source = round % 2 == 0 ? ["--from", Setup["t"], "--content"] : ["--from-log", .. Setup.Journal];
            for (int attempt = 0; attempt < 3; attempt++)
            {
                KillInTheMiddle(Root, TimeSpan.FromMilliseconds(random.Next(200)), source);
                if (File.Exists($"{Root}/.kafkafs/repairing"))
                {
                    killed++;
                    (int code, _, string error) = ToolProcess.Try(HostUnderTest.Program, ["verify", Root]);
                    Assert.Equal(73, code);
                    Assert.Contains("unfinished repair: run `kafkafs repair` again", error, StringComparison.Ordinal);
                    refused += attempt == 0 && round < 2 ? RequireHostRefuses() : 0;
                }
            }

            Repair(source);
            RequireEqual();
        }

        TestContext.Current.SendDiagnosticMessage($"killed in the middle: {killed} of 24; a host refused {refused} times");
        Assert.True(killed >= 3, $"only {killed} repairs were killed in the middle");
    }

    [Fact]
    public async Task ATreeThatNoRecoveryCanCompleteIsRepairedFromTheLogAndAHostGoesOnFromThere()
    {
        using Setup setup = Setup.Embedded();
        HostUnderTest master = await setup.Master().ReadyAsync();
        HostUnderTest slave = await setup.Slave().ReadyAsync();
        ToolProcess.Shell($"cd {setup.Mount}; mkdir -p a/b gone; echo old > a/b/file; echo kept > gone/file; echo flat > flat");
        await Setup.CaughtUpAsync(master, slave);
        Assert.Equal(0, slave.Stop());
        slave = await setup.Slave().ReadyAsync();
        ToolProcess.Shell($"cd {setup.Mount}; echo more >> a/b/file; mv a a2; mkdir a; echo new > a/new; rm flat; echo x > gone/second; for i in $(seq 50); do echo $i > a/n$i; done");
        await Setup.CaughtUpAsync(master, slave);
        slave.Kill();
        ToolProcess.Shell($"cd {setup["s"]}; rm -r gone a2/b; echo mine > a/mine; mv a/n7 a/n8");
        slave = setup.Slave();
        Assert.Equal(73, slave.WaitForExit());
        Assert.Contains("kafkafs repair", slave.LogOfThisRun, StringComparison.Ordinal);
        (int code, _, string error) = ToolProcess.Try(HostUnderTest.Program, ["verify", setup["s"]]);
        Assert.Equal(73, code);
        Assert.Contains("not left by a clean stop", error, StringComparison.Ordinal);
        Assert.Equal(73, ToolProcess.Try(HostUnderTest.Program, ["repair", setup["s"], "--from", setup["s"]]).Code);
        KillInTheMiddle(setup["s"], TimeSpan.Zero, ["--from-log", .. setup.Journal]);
        ToolProcess.Run(HostUnderTest.Program, ["repair", setup["s"], "--from-log", .. setup.Journal]);
        ToolProcess.Shell($"grep -qr mine {setup["s"]}/.kafkafs/foreign/*");
        slave = await setup.Slave().ReadyAsync();
        ToolProcess.Shell($"echo after > {setup.Mount}/gone/third");
        await setup.EqualAsync(master, slave);
        (code, _, error) = ToolProcess.Try(HostUnderTest.Program, ["verify", setup["s"]]);
        Assert.Equal(73, code);
        Assert.Contains("in use by another kafkafs process", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhereObjectsCannotBeOpenedByTheirHandlesTheyAreFoundByTheirPaths()
    {
        using Setup setup = Setup.Embedded();
        HostUnderTest master = await setup.Master().ReadyAsync();
        ToolProcess.Shell($"cd {setup.Mount}; mkdir -p a/b/c d; for i in $(seq 30); do echo $i > a/b/f$i; done; echo x > d/x; ln d/x d/y; mknod dev c 1 3; chown 5:6 d/x");
        using HostUnderTest slave = HostUnderTest.Start(setup["s.log"], ["slave", .. setup.Journal, setup["s"], "--ownership", "namespace"]);
        await Setup.CaughtUpAsync(master, await slave.ReadyAsync());
        Assert.Equal((0, 0), (master.Stop(), slave.Stop()));
        ToolProcess.Shell($"cd {setup["s"]}; mkdir p; mv a/b p/q; mv d/x .kafkafs/foreign/x; rm p/q/f3 d/y; rmdir p/q/c; mv a d/aa; echo n > d/n; chmod 0 p/q/f4; : > p/q/f5");
        string[] weak = ["--bounding-set", "-dac_read_search", "--inh-caps", "-dac_read_search", HostUnderTest.Program];
        Assert.Equal(1, ToolProcess.Try("setpriv", [.. weak, "verify", setup["s"]]).Code);
        string output = ToolProcess.Run("setpriv", [.. weak, "repair", setup["s"], "--from-log", .. setup.Journal]);
        Assert.Contains("equal", output, StringComparison.Ordinal);
        Assert.Contains("Ownership=namespace", output, StringComparison.Ordinal);
        ToolProcess.Run(HostUnderTest.Program, ["compare", setup["m"], setup["s"]]);
        ToolProcess.Shell($"cd {setup["s"]}; grep -qx 3 a/b/f3; grep -qx 5 a/b/f5; [ d/x -ef d/y ]; grep -qx n .kafkafs/foreign/*");
    }

    private void Damage(string script) => ToolProcess.Shell($"rm -rf {Root}/.kafkafs/foreign/*\ncd {Root}\n{script}", s_limit);

    private (int Code, string Output, string Error) Verify(params string[] options) => Timed("verify", options);

    private string Repair(params string[] source)
    {
        (int code, string output, string error) = Timed("repair", source);
        Assert.True(code == 0, output + error);
        return output;
    }

    private (int Code, string Output, string Error) Timed(string command, string[] options)
    {
        Stopwatch watch = Stopwatch.StartNew();
        (int, string, string) result = ToolProcess.Try(HostUnderTest.Program, [command, Root, .. options], s_limit);
        TestContext.Current.SendDiagnosticMessage($"{command} {options.FirstOrDefault()} of {StoppedSlaves.Files} files: {watch.Elapsed.TotalSeconds:F1} s");
        return result;
    }

    // By verify, and by what knows nothing of it.
    private void RequireEqual()
    {
        (int code, string output, string error) = Verify("--content", Setup["t"]);
        Assert.True(code == 0, output + error);
        Assert.Empty(Directory.GetFileSystemEntries($"{Root}/.kafkafs/limbo"));
        Assert.True(File.Exists($"{Root}/.kafkafs/clean"));
        Assert.False(File.Exists($"{Root}/.kafkafs/repairing"));
        ToolProcess.Run(HostUnderTest.Program, ["compare", Root, Setup["t"]], s_limit);
        string differences = ToolProcess.Run("rsync", ["-aHXn", "--checksum", "--devices", "--specials", "--itemize-changes", "--delete", "--exclude=/.kafkafs", Setup["t"] + "/", Root + "/"], s_limit);
        Assert.DoesNotContain(differences.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => !line.EndsWith(" ./", StringComparison.Ordinal));
    }

    // After the first change of the first one; a repetition's own beginning cannot be told.
    private static void KillInTheMiddle(string root, TimeSpan later, string[] source)
    {
        string mark = $"{root}/.kafkafs/repairing";
        bool wasMarked = File.Exists(mark);
        using Process repair = Process.Start(new ProcessStartInfo(HostUnderTest.Program, ["repair", root, .. source]) { RedirectStandardOutput = true })!;
        Task<string> output = repair.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        SpinWait.SpinUntil(() => repair.HasExited || (!wasMarked && File.Exists(mark)), wasMarked ? TimeSpan.FromMilliseconds(400) : s_limit);
        Thread.Sleep(later);
        repair.Kill();
        repair.WaitForExit();
    }

    private int RequireHostRefuses()
    {
        HostUnderTest host = Setup.Slave();
        Assert.Equal(73, host.WaitForExit());
        Assert.Contains("unfinished repair", host.LogOfThisRun, StringComparison.Ordinal);
        return 1;
    }
}
