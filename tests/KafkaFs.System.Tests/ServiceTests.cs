using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using KafkaFs.TestKit;
using KafkaFs.TestKit.Processes;
using Xunit;

namespace KafkaFs.System.Tests;

/// <summary>What the units rely on: the host programs, their arguments and files, cleanup, and what systemd is told.</summary>
public sealed class ServiceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new("/var/tmp");

    [Fact]
    public void SystemdUnderstandsTheUnits()
    {
        Environments.Require(File.Exists("/usr/bin/systemd-analyze"), "there is no systemd-analyze");
        string deploy = Path.Combine(Environments.Repository, "deploy");
        (_, _, string error) = ToolProcess.Try("systemd-analyze", ["verify", .. Directory.GetFiles(deploy, "*.service")]);
        Assert.DoesNotContain(
            error.Split('\n', StringSplitOptions.RemoveEmptyEntries),
            line => line.Contains("kafkafs", StringComparison.Ordinal) && !line.Contains("is not executable", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("kafkafs-master@.service")]
    [InlineData("kafkafs-slave.service")]
    [InlineData("kafkafs-slave@.service")]
    public void SystemdUnderstandsTheDropInWithThePassword(string unit)
    {
        Environments.Require(File.Exists("/usr/bin/systemd-analyze"), "there is no systemd-analyze");
        string deploy = Path.Combine(Environments.Repository, "deploy");
        File.Copy(Path.Combine(deploy, unit), _folder[unit]);
        string dropIn = Path.Combine(Directory.CreateDirectory(_folder[unit + ".d"]).FullName, "kafka-password.conf");
        File.Copy(Path.Combine(deploy, "kafka-password.conf"), dropIn);
        Assert.Empty(Complaints());

        // It is read: a word that systemd does not know is complained of. A name with a dot would be passed over.
        File.AppendAllText(dropIn, "LoadCredentials=x\nEnvironment=a.b=c\n");
        Assert.Equal(2, Complaints().Length);

        string[] Complaints() => [.. ToolProcess.Try("systemd-analyze", ["verify", _folder[unit]]).Error
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => line.Contains("kafka-password.conf", StringComparison.Ordinal))];
    }

    [Fact]
    public void TheHostProgramsHelpAndRefuseArgumentsThatAreNoSettings()
    {
        foreach (string program in (string[])[HostProgram.Master, HostProgram.Slave])
        {
            (int code, string output, _) = ToolProcess.Try(program, ["--help"]);
            Assert.Equal(0, code);
            Assert.Contains("docs/operations.md", output, StringComparison.Ordinal);
            Refused(64, "'-x=1', '--DataRoot=/x'", program, "-x=1", "--DataRoot=/x");
        }

        Refused(64, "cleanup MOUNTPOINT is wanted", HostProgram.Master, "cleanup");
    }

    [Fact]
    public void EverythingThatIsWrongWithTheSettingsIsOneMessage()
    {
        // Nothing names a journal by itself: one mistyped key must not mean unreplicated data.
        Refused(78, "Journal:Provider is missing", HostProgram.Slave, $"--KafkaFs:DataRoot={_folder["s"]}");
        string words = Refused(78, "3 invalid settings", "env", "KafkaFs__Ownership=mine", $"CONFIGURATION_DIRECTORY={_folder.Path}", HostProgram.Slave, "--KafkaFs:Journal:Provider=disk", "--KafkaFs:Http:Urls=here");
        Assert.Contains("'mine'", words, StringComparison.Ordinal);
        File.WriteAllText(_folder["slave.json"], "{\n oops }");
        Refused(78, $"'{_folder["slave.json"]}' line 2", "env", $"CONFIGURATION_DIRECTORY={_folder.Path}", HostProgram.Slave);
    }

    [Fact]
    public void ASettingsFileWithASecretThatEverybodyMayReadIsWarnedOfByName()
    {
        File.WriteAllText(_folder["appsettings.json"], """{ "KafkaFs": { "Journal": { "Kafka": { "Properties": { "sasl.password": "gR7-qZx" } } } } }""");
        ToolProcess.Run("chmod", ["644", _folder["appsettings.json"]]);
        string[] settings = [$"--KafkaFs:DataRoot={_folder["s"]}", "--KafkaFs:Journal:Provider=kafka", "--KafkaFs:Journal:Kafka:BootstrapServers=127.0.0.1:1", "--KafkaFs:Journal:Kafka:Topic=t", "--KafkaFs:Http:Urls=none"];
        string words = Refused(69, $"'{_folder["appsettings.json"]}' holds a secret and every user of this machine may read it", "env", [$"CONFIGURATION_DIRECTORY={_folder.Path}", HostProgram.Slave, .. settings]);
        Assert.DoesNotContain("gR7-qZx", words, StringComparison.Ordinal);
    }

    [Fact]
    public void AnAddressThatCannotBeServedEndsAHostBeforeAnythingIsChanged()
    {
        using TcpListener busy = new(IPAddress.Loopback, 0);
        busy.Start();
        Directory.CreateDirectory(_folder["mnt"]);
        string before = HostProgram.Listing(_folder.Path);
        foreach (string address in (string[])[$"{busy.LocalEndpoint}", "192.0.2.1:9464"])
        {
            string[] settings = ["--journal", _folder["j"], "--http", $"http://{address}"];
            string words = Refused(78, $"http://{address} cannot be served", HostUnderTest.Program, ["master", .. settings, _folder["m"], _folder["mnt"]]);
            Assert.Single(words.Split('\n', StringSplitOptions.RemoveEmptyEntries));
            Refused(78, $"http://{address} cannot be served", HostUnderTest.Program, ["slave", .. settings, _folder["s"]]);
        }

        Assert.Equal(before, HostProgram.Listing(_folder.Path));
    }

    [Theory]
    [InlineData("mount -t tmpfs none /dev; mknod -m 666 /dev/null c 1 3; mknod -m 666 /dev/urandom c 1 9; exec", "/dev/fuse cannot be opened (ENOENT)")]
    [InlineData("exec setpriv --bounding-set -sys_admin", "CAP_SYS_ADMIN")]
    [InlineData("exec setpriv --reuid=65534 --regid=65534 --clear-groups env HOME=/tmp PATH=/none", "there is no fusermount3")]
    public void AMasterThatCannotMountChangesNothing(string without, string words)
    {
        Environments.RequireRoot();
        Directory.CreateDirectory(_folder["mnt"]);
        ToolProcess.Run("chmod", ["-R", "777", _folder.Path]);
        string before = HostProgram.Listing(_folder.Path);
        string command = $"{without} {HostUnderTest.Program} master --journal {_folder["j"]} {_folder["m"]} {_folder["mnt"]}";
        Refused(71, words, "unshare", "--mount", "bash", "-ceu", command);
        Assert.Equal(before, HostProgram.Listing(_folder.Path));
    }

    [Fact]
    public void AFullDiskIsNoMistakeOfOurs() =>
        Refused(73, "No space left on device", "unshare", "--mount", "bash", "-ceu", $"{OnDiskOf(inodes: 3)} {SlaveOfAJournal()}");

    // What comes before the first change: the binding, the first checkpoint.
    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    public void AFullDiskIsWaitedForFromTheFirstRecordOn(int inodes)
    {
        const string stopped = """
            "$@" > "$0" 2>&1 &
            for ((i = 0; i < 600; i++)); do grep -q "record 0 cannot be applied" "$0" && break; sleep 0.1; done
            kill -TERM $!; wait $!; code=$?; cat "$0"; exit $code
            """;
        string command = $"{OnDiskOf(inodes)} bash -cu '{stopped}' {_folder["log"]} {SlaveOfAJournal()}";
        (int code, string output, string error) = ToolProcess.Try("unshare", ["--mount", "bash", "-ceu", command]);
        Assert.Contains("record 0 cannot be applied", output + error, StringComparison.Ordinal);
        Assert.Contains("ENOSPC", output + error, StringComparison.Ordinal);
        Assert.Equal(0, code);
    }

    private string OnDiskOf(int inodes)
    {
        Environments.RequireRoot();
        return $"mkdir {_folder["s"]}; mount -t tmpfs -o nr_inodes={inodes} none {_folder["s"]}; exec";
    }

    private string SlaveOfAJournal()
    {
        string journal = _folder["j"];
        string mount = Directory.CreateDirectory(_folder["mnt"]).FullName;
        ToolProcess.Run("unshare", ["--mount", "bash", "-ceu", $$"""
            {{HostUnderTest.Program}} master --journal {{journal}} {{_folder["m"]}} {{mount}} & master=$!
            for i in $(seq 600); do mountpoint -q {{mount}} && break; sleep 0.1; done
            mountpoint -q {{mount}}; kill -TERM $master; wait $master
            """]);
        return $"{HostUnderTest.Program} slave --journal {journal} {_folder["s"]}";
    }

    [Fact]
    public async Task CleanupTakesAwayTheMountOfADeadMasterAndNothingElse()
    {
        Environments.RequireFuse();
        Environments.RequireRoot();
        using Setup setup = Setup.Embedded();
        HostUnderTest master = await setup.Master().ReadyAsync();
        Refused(72, "its master lives", HostProgram.Master, "cleanup", setup.Mount);
        // The kernel has the root's attributes, for an hour: they say nothing of a master.
        ToolProcess.Run("stat", [setup.Mount]);
        master.KillWithCompanion();
        (int code, _, string error) = ToolProcess.Try(HostProgram.Master, ["cleanup", setup.Mount]);
        Assert.Equal(0, code);
        Assert.Contains("was the mount of a dead master: it is unmounted", error, StringComparison.Ordinal);
        ToolProcess.Shell($"mount -t tmpfs theirs {setup.Mount}");
        try
        {
            Refused(72, "type tmpfs", HostProgram.Master, "cleanup", setup.Mount);
            Assert.Contains($"theirs {setup.Mount} tmpfs", await File.ReadAllTextAsync("/proc/mounts", TestContext.Current.CancellationToken), StringComparison.Ordinal);
        }
        finally
        {
            ToolProcess.Shell($"umount {setup.Mount}");
        }

        Assert.Equal(0, ToolProcess.Try(HostProgram.Master, ["cleanup", setup.Mount]).Code);
    }

    [Fact]
    public async Task AMasterStartsOnAJournalWhereAnotherHasStopped()
    {
        Environments.RequireFuse();
        Environments.RequireRoot();
        using Setup setup = Setup.Embedded();
        HostUnderTest first = await setup.Master().ReadyAsync();
        Assert.Equal(0, first.Stop());
        HostUnderTest second = await setup.Master("m2").ReadyAsync();
        ToolProcess.Shell($"echo x > {setup.Mount}/f");
        Assert.Equal(0, second.Stop());
    }

    [Fact]
    public async Task SystemdHearsReadyStatusSignsOfLifeAndStopping()
    {
        Environments.RequireFuse();
        Environments.RequireRoot();
        using Setup setup = Setup.Embedded();
        using Socket systemd = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { ReceiveTimeout = 30_000 };
        systemd.Bind(new UnixDomainSocketEndPoint(setup["notify"]));
        ProcessStartInfo start = new(
            HostProgram.Slave, [$"--KafkaFs:DataRoot={setup["s"]}", "--KafkaFs:Journal:Provider=embedded", $"--KafkaFs:Journal:Embedded:File={setup["journal.db"]}", "--KafkaFs:Http:Urls=none"])
        {
            RedirectStandardError = true,
        };
        (start.Environment["NOTIFY_SOCKET"], start.Environment["WATCHDOG_USEC"]) = (setup["notify"], "300000");
        using Process slave = Process.Start(start)!;
        Assert.DoesNotContain("READY=1", ReceiveUntil(systemd, notice => notice.Contains("does not exist", StringComparison.Ordinal)));
        // The socket takes ten notices that nobody has read.
        Task<HostUnderTest> master = setup.Master().ReadyAsync();
        Assert.DoesNotContain("STOPPING=1", ReceiveUntil(systemd, notice => notice == "READY=1"));
        ReceiveUntil(systemd, notice => notice.StartsWith("STATUS=following", StringComparison.Ordinal));
        ReceiveUntil(systemd, notice => notice == "WATCHDOG=1");
        await master;
        ToolProcess.Run("kill", ["-TERM", $"{slave.Id}"]);
        ReceiveUntil(systemd, notice => notice == "STOPPING=1");
        Assert.True(slave.WaitForExit(10_000));
        Assert.Equal(0, slave.ExitCode);
    }

    public void Dispose() => _folder.Dispose();

    private static List<string> ReceiveUntil(Socket socket, Predicate<string> last)
    {
        List<string> notices = [];
        byte[] buffer = new byte[4_096];
        while (notices.Count == 0 || !last(notices[^1]))
        {
            notices.Add(Encoding.UTF8.GetString(buffer, 0, socket.Receive(buffer)));
        }

        return notices;
    }

    private static string Refused(int exitCode, string words, string program, params string[] arguments)
    {
        (int code, string output, string error) = ToolProcess.Try(program, arguments);
        Assert.Contains(words, error, StringComparison.Ordinal);
        Assert.Equal(exitCode, code);
        Assert.DoesNotContain("   at ", output + error, StringComparison.Ordinal);
        return error;
    }
}
