using KafkaFs.TestKit;
using KafkaFs.TestKit.Processes;
using Xunit;

namespace KafkaFs.System.Tests;

/// <summary>Bad input: one clear message, a named exit code, and nothing changed.</summary>
public sealed class BadInputTests : IDisposable
{
    private readonly TemporaryFolder _folder = new("/var/tmp");

    [Fact]
    public void AMissingMountpointIsRefusedAndNothingIsMade()
    {
        Refused(72, "does not exist", "master", "--journal", _folder["j"], _folder["m"], _folder["none"]);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void AMountpointThatIsAFileOrNotEmptyIsRefused()
    {
        File.WriteAllText(_folder["file"], "x");
        Refused(72, "not a directory", "master", "--journal", _folder["j"], _folder["m"], _folder["file"]);
        Directory.CreateDirectory(_folder["full/x"]);
        Refused(72, "not empty", "master", "--journal", _folder["j"], _folder["m"], _folder["full"]);
    }

    [Fact]
    public void DataRootAndMountpointInsideOneAnotherAreRefused() =>
        Refused(78, "inside one another", "master", "--journal", _folder["j"], _folder["m"], _folder["m/mnt"]);

    [Fact]
    public void NoBrokerIsSaid() => Refused(69, "127.0.0.1:1", "slave", "--broker", "127.0.0.1:1", _folder["s"], "topic");

    [Fact]
    public void AJournalThatIsNoneIsRefused()
    {
        File.WriteAllText(_folder["j"], new string('x', 5_000));
        Refused(76, "no journal file", "slave", "--journal", _folder["j"], _folder["s"]);
        Assert.False(Directory.Exists(_folder["s"]));
    }

    [Fact]
    public void AFolderWithFilesIsNoDataRoot()
    {
        Directory.CreateDirectory(_folder["s"]);
        File.WriteAllText(_folder["s/mine"], "x");
        Directory.CreateDirectory(_folder["mnt"]);
        Refused(73, "no KafkaFS replica", "master", "--journal", _folder["j"], _folder["s"], _folder["mnt"]);
        Assert.Equal("x", File.ReadAllText(_folder["s/mine"]));
    }

    [Fact]
    public void ContradictionsOfTheCommandLineAreOneMessage()
    {
        Refused(64, "give one of them", "slave", "--journal", _folder["j"], "--broker", "x:1", _folder["s"]);
        Refused(64, "no journal", "slave", _folder["s"], "topic");
        Refused(64, "DATA-ROOT TOPIC is wanted", "slave", "--broker", "x:1", _folder["s"]);
    }

    [Fact]
    public async Task ADataRootInUseIsRefusedAndAMountInUseToo()
    {
        Environments.RequireFuse();
        Environments.RequireRoot();
        using Setup setup = Setup.Embedded();
        await setup.Master().ReadyAsync();
        Directory.CreateDirectory(setup["other"]);
        Refused(73, "in use by another", ["master", .. setup.Journal, setup["m"], setup["other"]]);
        Refused(72, "mounted there already", ["master", .. setup.Journal, setup["m2"], setup.Mount]);
    }

    [Fact]
    public async Task ADataRootOfAnotherJournalIsRefused()
    {
        Environments.RequireFuse();
        Environments.RequireRoot();
        using Setup setup = Setup.Embedded();
        HostUnderTest master = await setup.Master().ReadyAsync();
        HostUnderTest slave = await setup.Slave().ReadyAsync();
        slave.Stop();
        master.Stop();
        File.Delete(setup["journal.db"]);
        File.Delete(setup["journal.db-wal"]);
        using HostUnderTest other = await setup.Master("m-new").ReadyAsync();
        Refused(76, "is another one: this replica follows", ["slave", .. setup.Journal, setup["s"]]);
        other.Stop();
    }

    [Fact]
    public async Task TheMountOfADeadMasterIsCleanedAndThatIsSaid()
    {
        Environments.RequireFuse();
        Environments.RequireRoot();
        using Setup setup = Setup.Embedded();
        HostUnderTest master = await setup.Master().ReadyAsync();
        ToolProcess.Shell($"echo x > {setup.Mount}/kept");
        master.KillWithCompanion();
        master = await setup.Master().ReadyAsync();
        Assert.Contains("was the mount of a dead master", master.Log, StringComparison.Ordinal);
        Assert.Equal("x\n", ToolProcess.Shell($"cat {setup.Mount}/kept"));
    }

    public void Dispose() => _folder.Dispose();

    private static void Refused(int exitCode, string words, params string[] arguments)
    {
        (int code, string output, string error) = ToolProcess.Try(HostUnderTest.Program, arguments);
        Assert.Equal(exitCode, code);
        Assert.Contains(words, error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output + error, StringComparison.Ordinal);
    }
}
