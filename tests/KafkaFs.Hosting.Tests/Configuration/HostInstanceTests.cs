using KafkaFs.Hosting.Configuration;
using KafkaFs.TestKit;
using KafkaFs.TestKit.Processes;
using Xunit;

namespace KafkaFs.Hosting.Tests.Configuration;

[Collection("the process's environment")]
public sealed class HostInstanceTests
{
    [Theory]
    [InlineData("mnt", "/mnt")]
    [InlineData("srv-data", "/srv/data")]
    [InlineData(@"srv-two\x20words\x2dhere", "/srv/two words-here")]
    [InlineData("-", "/")]
    public void AMasterIsMountedWhereItsNameSays(string name, string mountpoint)
    {
        Dictionary<string, string?> places = HostInstance.Of(HostRole.Master, name).Places;
        Assert.Equal(mountpoint, places["KafkaFs:Mount:Mountpoint"]);
        Assert.Equal($"/var/lib/kafkafs/master/{name}", places["KafkaFs:DataRoot"]);
        if (File.Exists("/usr/bin/systemd-escape"))
        {
            Assert.Equal(name, ToolProcess.Run("systemd-escape", ["--path", mountpoint]).Trim());
        }
    }

    [Fact]
    public void ASlaveHasItsDataRootByItsName()
    {
        Assert.Equal([new("KafkaFs:DataRoot", "/var/lib/kafkafs/slave@copy")], HostInstance.Of(HostRole.Slave, "copy").Places);
        Assert.Equal([new("KafkaFs:DataRoot", "/var/lib/kafkafs/slave")], HostInstance.Of(HostRole.Slave, "").Places);
        Assert.Empty(HostInstance.Of(HostRole.Master, "").Places);
    }

    [Theory]
    [InlineData("/mnt")]
    [InlineData("..")]
    public void ANameThatLeavesTheFolderIsRefused(string name) =>
        Assert.Contains("systemd-escape", Assert.Single(Assert.Throws<SettingsException>(() => HostInstance.Of(HostRole.Master, name)).Errors), StringComparison.Ordinal);

    [Fact]
    public void TheFileOfAnInstanceWinsOverTheRolesAndBothOverItsName()
    {
        using TemporaryFolder folder = new();
        Environment.SetEnvironmentVariable("CONFIGURATION_DIRECTORY", folder.Path);
        try
        {
            HostInstance copy = HostInstance.Of(HostRole.Slave, "copy"), other = HostInstance.Of(HostRole.Slave, "other");
            File.WriteAllText(folder["slave.json"], """{ "KafkaFs": { "CheckpointRecords": 1000, "Ownership": "full" } }""");
            File.WriteAllText(folder["slave@copy.json"], """{ "KafkaFs": { "CheckpointRecords": 2000, "DataRoot": "/srv/copy" } }""");
            Assert.Equal(("2000", "full", "/srv/copy"), Values(copy));
            Assert.Equal(("1000", "full", "/var/lib/kafkafs/slave@other"), Values(other));
        }
        finally
        {
            Environment.SetEnvironmentVariable("CONFIGURATION_DIRECTORY", null);
        }
    }

    private static (string?, string?, string?) Values(HostInstance instance)
    {
        Microsoft.Extensions.Configuration.IConfigurationRoot all = HostConfiguration.Load(instance, []);
        return (all["KafkaFs:CheckpointRecords"], all["KafkaFs:Ownership"], all["KafkaFs:DataRoot"]);
    }
}
