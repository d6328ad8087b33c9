using KafkaFs.Hosting.Configuration;
using KafkaFs.Journal.Check;
using KafkaFs.Replica.Tree;
using KafkaFs.TestKit;
using KafkaFs.TestKit.Processes;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace KafkaFs.Hosting.Tests.Configuration;

[Collection("the process's environment")]
public sealed class SettingsTests
{
    private static readonly Dictionary<string, string?> s_valid = new()
    {
        ["KafkaFs:DataRoot"] = "/var/lib/kafkafs/m",
        ["KafkaFs:Mount:Mountpoint"] = "/mnt/x",
        ["KafkaFs:Journal:Provider"] = "kafka",
        ["KafkaFs:Journal:Kafka:BootstrapServers"] = "localhost:9092",
        ["KafkaFs:Journal:Kafka:Topic"] = "projects",
    };

    [Fact]
    public void ValidSettingsAreBound()
    {
        HostSettings settings = Bind(("Journal:Kafka:Properties:security.protocol", "SSL"), ("Ownership", "namespace"));
        Assert.Equal("projects", settings.Kafka!.Topic);
        Assert.Equal("SSL", settings.Kafka.Properties["security.protocol"]);
        Assert.Equal(TreeOwnership.Namespace, settings.Ownership);
        Assert.Equal("http://127.0.0.1:9464", settings.HttpUrls);
    }

    [Fact]
    public void EverythingThatIsWrongIsReportedAtOnce()
    {
        SettingsException exception = Assert.Throws<SettingsException>(() => Bind(
            ("DataRoot", ""), ("Mount:ReaderThreads", "many"), ("Journal:Kafka:Topic", "a b"), ("Mount:Mountpont", "/x"), ("Http:Urls", "here")));
        Assert.Equal(5, exception.Errors.Count);
        Assert.Contains(exception.Errors, error => error.Contains("KafkaFs:DataRoot is missing", StringComparison.Ordinal));
        Assert.Contains(exception.Errors, error => error.Contains("'many'", StringComparison.Ordinal));
        Assert.Contains(exception.Errors, error => error.Contains("'a b'", StringComparison.Ordinal));
        Assert.Contains(exception.Errors, error => error.Contains("did you mean KafkaFs:Mount:Mountpoint", StringComparison.Ordinal));
        Assert.Contains(exception.Errors, error => error.Contains("'here'", StringComparison.Ordinal));
    }

    [Fact]
    public void TheReserveIsANumberOfBytes()
    {
        Assert.Null(Bind().ReserveBytes);
        Assert.Equal(5_000_000_000, Bind(("ReserveBytes", "5000000000")).ReserveBytes);
        Refused("KafkaFs:ReserveBytes = '-1': a number of bytes is wanted", ("ReserveBytes", "-1"));
        Refused("'1G'", ("ReserveBytes", "1G"));
    }

    [Fact]
    public void ChangesWaitForAStalledJournalUnlessTheyAreToFail()
    {
        Assert.Equal((TimeSpan.FromSeconds(10), null), (Bind().StallAfter, Bind().ChangeTimeout));
        Assert.Equal(TimeSpan.FromMinutes(1), Bind(("Mount:OnStall", "fail")).ChangeTimeout);
        HostSettings settings = Bind(("Mount:OnStall", "fail"), ("Mount:ChangeTimeout", "2.5"), ("Mount:StallAfter", "1"));
        Assert.Equal((TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2.5)), (settings.StallAfter, settings.ChangeTimeout));
        Refused("KafkaFs:Mount:OnStall = 'give-up': wait or fail is wanted", ("Mount:OnStall", "give-up"));
        Refused("KafkaFs:Mount:StallAfter = '0.5': seconds from 1 to 3600 are wanted", ("Mount:StallAfter", "0.5"));
        Refused("KafkaFs:Mount:ChangeTimeout = '1 h'", ("Mount:ChangeTimeout", "1 h"));
        Refused("KafkaFs:Mount:ChangeTimeout is 5 s, less than KafkaFs:Mount:StallAfter of 10 s", ("Mount:OnStall", "fail"), ("Mount:ChangeTimeout", "5"));
        Assert.Null(Bind(("Mount:ChangeTimeout", "5")).ChangeTimeout);
    }

    [Fact]
    public void OpensWaitForOtherMastersOnlyIfTheyAreTo()
    {
        Assert.Equal((false, true), (Bind().CloseToOpen, Bind(("Mount:CloseToOpen", "true")).CloseToOpen));
        Refused("KafkaFs:Mount:CloseToOpen = 'always'", ("Mount:CloseToOpen", "always"));
    }

    [Fact]
    public void AMasterMountsWithoutItsJournalUnlessItIsToWait()
    {
        Assert.Equal((true, false), (Bind().MountsWithoutJournal, Bind(("Mount:JournalAway", "wait")).MountsWithoutJournal));
        Refused("KafkaFs:Mount:JournalAway = 'fail': mount or wait is wanted", ("Mount:JournalAway", "fail"));
    }

    [Fact]
    public void WhatIsAcceptedIsNamed()
    {
        Assert.Equal(Acceptance.None, Bind().Accepted);
        HostSettings settings = Bind(("Accept:Topic", "t"), ("Accept:Cluster", "c"), ("Accept:Gap", "3..5"));
        Assert.Equal(new Acceptance("t", "c", new OffsetGap(3, 5)), settings.Accepted);
        Assert.Equal(new OffsetGap(3, 5), settings.Kafka!.AcceptedGap);
        Refused("KafkaFs:Accept:Gap = '5..3'", ("Accept:Gap", "5..3"));
    }

    [Fact]
    public void AServiceMustNameItsJournal() => Refused("Journal:Provider is missing", ("Journal:Provider", ""));

    [Fact]
    public void TwoJournalsContradictEachOther() => Refused("contradicts", ("Journal:Embedded:File", "/tmp/j.db"));

    [Theory]
    [InlineData("/mnt/x/data")]
    [InlineData("/mnt")]
    [InlineData("/mnt/x")]
    public void DataRootAndMountpointMustNotContainEachOther(string dataRoot) => Refused("inside one another", ("DataRoot", dataRoot));

    [Fact]
    public void PathsAreComparedAsTheyReallyAre()
    {
        using TemporaryFolder folder = new("/var/tmp");
        Directory.CreateDirectory(folder["mnt"]);
        Directory.CreateSymbolicLink(folder["link"], folder["mnt"]);
        Refused("inside one another", ("Mount:Mountpoint", folder["mnt"]), ("DataRoot", folder["link/not/yet"]));
        Refused("inside one another", ("Mount:Mountpoint", folder["link"]), ("DataRoot", folder["mnt"]));
    }

    [Theory]
    [InlineData("/mnt/x/j.db", "Mount:Mountpoint")]
    [InlineData("/var/lib/kafkafs/m/j.db", "DataRoot")]
    public void TheJournalFileLiesNeitherInTheMountNorInTheDataRoot(string file, string key) =>
        Refused(key, ("Journal:Provider", "embedded"), ("Journal:Embedded:File", file));

    [Theory]
    [InlineData("https://127.0.0.1:9464")]
    [InlineData("http://127.0.0.1:9464/metrics")]
    [InlineData("http://storage.example:9464")]
    [InlineData("http://127.0.0.1:99999")]
    [InlineData("127.0.0.1:9464")]
    public void OnlyPlainHttpAtAnAddressIsServed(string url) => Refused($"'{url}'", ("Http:Urls", "http://127.0.0.1:1;" + url));

    [Theory]
    [InlineData("http://localhost:9464")]
    [InlineData("http://[::1]:9464/")]
    [InlineData("http://0.0.0.0:9464;http://[::]:9465")]
    [InlineData("NONE")]
    public void AddressesAreTaken(string urls) => Bind(("Http:Urls", urls));

    [Theory]
    [InlineData("acks")]
    [InlineData("Enable.Idempotence")]
    [InlineData("allow.auto.create.topics")]
    [InlineData("auto.offset.reset")]
    [InlineData("isolation.level")]
    [InlineData("enable.auto.commit")]
    public void PropertiesThatHoldUpTheGuaranteesAreNobodys(string property) =>
        Refused($"Properties:{property} may not be set", ($"Journal:Kafka:Properties:{property}", "x"));

    [Fact]
    public void ASecretComesFromAFileWithoutItsLastNewline()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["password"], "gR7 qZx\n\n");
        HostSettings settings = Bind(("Journal:Kafka:PropertyFiles:sasl.password", folder["password"]));
        Assert.Equal("gR7 qZx\n", settings.Kafka!.Properties["sasl.password"]);
    }

    [Fact]
    public void NamesOfTheEnvironmentHaveUnderscoresForDots()
    {
        HostSettings settings = Bind(("Journal:Kafka:Properties:sasl_password", "p"), ("Journal:Kafka:Properties:log_level", "3"));
        Assert.Equal("p", settings.Kafka!.Properties["sasl.password"]);
        Assert.Equal("3", settings.Kafka.Properties["log_level"]);
    }

    [Fact]
    public void AFileOfKafkasToolsIsReadAndSingleSettingsWinOverIt()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["client.properties"], "# for all\nsasl.username=u\nsasl.password=p\nlinger.ms=7\n");
        HostSettings settings = Bind(("Journal:Kafka:ConfigFile", folder["client.properties"]), ("Journal:Kafka:Properties:linger.ms", "9"));
        Assert.Equal(("u", "p", "9"), (settings.Kafka!.Properties["sasl.username"], settings.Kafka.Properties["sasl.password"], settings.Kafka.Properties["linger.ms"]));
    }

    [Fact]
    public void WhatIsWrongWithAFileOfSecretsNamesFileAndKeyAndNeverTheContent()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["empty"], "\n");
        File.WriteAllText(folder["client.properties"], "sasl.pasword=gR7\ngR7\n");
        Refused($"KafkaFs:Journal:Kafka:PropertyFiles:sasl.password: '{folder["none"]}' cannot be read", ("Journal:Kafka:PropertyFiles:sasl.password", folder["none"]));
        Refused($"'{folder["empty"]}' is empty", ("Journal:Kafka:PropertyFiles:sasl.password", folder["empty"]));
        Refused("an absolute path is wanted, or the name of a credential", ("Journal:Kafka:PropertyFiles:sasl.password", "kafka-password"));
        SettingsException exception = Assert.Throws<SettingsException>(() => Bind(("Journal:Kafka:ConfigFile", folder["client.properties"])));
        Assert.Contains("line 2: KEY=VALUE is wanted", exception.Message, StringComparison.Ordinal);
        Assert.Contains("sasl.pasword", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("gR7", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void OnePropertyFromTwoPlacesIsAContradiction()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["password"], "p");
        Refused("sasl.password is given twice", ("Journal:Kafka:Properties:sasl.password", "p"), ("Journal:Kafka:PropertyFiles:sasl_password", folder["password"]));
    }

    [Fact]
    public void AFileOfSecretsThatOthersMayReadIsWarnedOfByName()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["password"], "p");
        File.WriteAllText(folder["client.properties"], "ssl.key.password=p");
        (string, string)[] files = [("Journal:Kafka:PropertyFiles:sasl.password", folder["password"]), ("Journal:Kafka:ConfigFile", folder["client.properties"])];
        ToolProcess.Run("chmod", ["400", folder["password"]]);
        ToolProcess.Run("chmod", ["440", folder["client.properties"]]);
        Assert.Empty(Bind(files).Warnings);
        ToolProcess.Run("chmod", ["404", folder["client.properties"]]);
        Assert.StartsWith($"'{folder["client.properties"]}' holds a secret", Assert.Single(Bind(files).Warnings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("4")]
    [InlineData("many")]
    public void SeveralPartitionsAreRefusedUntilTheyAreBuilt(string partitions) =>
        Refused($"KafkaFs:Journal:Kafka:Partitions = '{partitions}': 1 is wanted until several partitions are built", ("Journal:Kafka:Partitions", partitions));

    [Fact]
    public void AReplicaHasANameAmongConsumerGroups()
    {
        Bind(("Journal:Kafka:Partitions", "1"));
        string first = Bind().Kafka!.GroupId;
        Assert.Matches($"^kafkafs-{Environment.MachineName}-[0-9a-f]{{8}}$", first);
        Assert.Equal(first, Bind().Kafka!.GroupId);
        Assert.NotEqual(first, Bind(("DataRoot", "/var/lib/kafkafs/other")).Kafka!.GroupId);
        Assert.Equal("mine", Bind(("Journal:Kafka:GroupId", "mine")).Kafka!.GroupId);
    }

    [Fact]
    public void ASlavePassesOverTheMastersKeysSoThatBothMayShareAFile()
    {
        HostSettings settings = Bind(HostRole.Slave, ("Mount:ReaderThreads", "many"), ("Mount:AllowOther", "true"), ("Mount:OnStall", "x"), ("Mount:StallAfter", "x"), ("Mount:ChangeTimeout", "x"), ("Mount:JournalAway", "x"), ("Mount:CloseToOpen", "x"), ("ReserveBytes", "lots"), ("DataRoot", "/mnt/x/below"));
        Assert.Equal(("", "http://127.0.0.1:9465"), (settings.Mountpoint, settings.HttpUrls));
        Assert.Throws<SettingsException>(() => Bind(HostRole.Slave, ("Mount:Mountpont", "/x")));
    }

    [Fact]
    public void ALogLevelThatIsNoneIsASettingToo()
    {
        Dictionary<string, string?> settings = new(s_valid) { ["Logging:LogLevel:KafkaFs"] = "Loud", ["KafkaFs:Ownership"] = "mine" };
        SettingsException exception = Assert.Throws<SettingsException>(
            () => HostSettingsBinder.Bind(new ConfigurationBuilder().AddInMemoryCollection(settings).Build(), HostRole.Master));
        Assert.Equal(2, exception.Errors.Count);
        Assert.Contains(exception.Errors, error => error.StartsWith("Logging:LogLevel:KafkaFs = 'Loud'", StringComparison.Ordinal));
    }

    private static void Refused(string words, params (string Key, string Value)[] changes)
    {
        SettingsException exception = Assert.Throws<SettingsException>(() => Bind(changes));
        Assert.Contains(words, exception.Message, StringComparison.Ordinal);
    }

    private static HostSettings Bind(params (string Key, string Value)[] changes) => Bind(HostRole.Master, changes);

    private static HostSettings Bind(HostRole role, params (string Key, string Value)[] changes)
    {
        Dictionary<string, string?> settings = new(s_valid);
        foreach ((string key, string value) in changes)
        {
            settings["KafkaFs:" + key] = value;
        }

        return HostSettingsBinder.Bind(new ConfigurationBuilder().AddInMemoryCollection(settings).Build(), role);
    }
}
