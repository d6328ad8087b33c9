using KafkaFs.Hosting.Configuration;
using KafkaFs.Hosting.Lifetime;
using KafkaFs.TestKit;
using Xunit;

namespace KafkaFs.Hosting.Tests.Configuration;

/// <summary>Changes the process's environment: tests that read these variables are of this collection, and not run meanwhile.</summary>
[Collection("the process's environment")]
public sealed class HostConfigurationTests : IDisposable
{
    private const string Variable = "KafkaFs__Test";

    private readonly TemporaryFolder _folder = new();

    public HostConfigurationTests() => Environment.SetEnvironmentVariable("CONFIGURATION_DIRECTORY", _folder.Path);

    [Fact]
    public void LaterSourcesWin()
    {
        Assert.Null(Test(HostRole.Slave));
        Write("appsettings.json", "shared");
        Assert.Equal("shared", Test(HostRole.Slave));
        Write("slave.json", "of the role");
        Assert.Equal("of the role", Test(HostRole.Slave));
        Assert.Equal("shared", Test(HostRole.Master));
        Environment.SetEnvironmentVariable(Variable, "environment");
        Assert.Equal("environment", Test(HostRole.Slave));
        Assert.Equal("argument", Test(HostRole.Slave, "--KafkaFs:Test=argument"));
    }

    [Fact]
    public void FilesThatAreNoJsonAreNamedWithTheirLinesAllAtOnce()
    {
        File.WriteAllText(_folder["appsettings.json"], "{\n  \"KafkaFs\": {\n    \"DataRoot\" \"/x\"\n  }\n}");
        File.WriteAllText(_folder["master.json"], "[]");
        SettingsException exception = Assert.Throws<SettingsException>(() => HostConfiguration.Load(new HostInstance(HostRole.Master), []));
        Assert.Equal(2, exception.Errors.Count);
        Assert.StartsWith($"'{_folder["appsettings.json"]}' line 3 is no JSON", exception.Errors[0], StringComparison.Ordinal);
        Assert.StartsWith($"'{_folder["master.json"]}' is no settings file", exception.Errors[1], StringComparison.Ordinal);
    }

    [Fact]
    public void ArgumentsThatAreNoSettingsAreRefusedTogether()
    {
        HostFailedException exception = Assert.Throws<HostFailedException>(
            () => HostConfiguration.Load(new HostInstance(HostRole.Slave), ["-x=1", "--DataRoot=/x", "--KafkaFs:DataRoot", "--KafkaFs:Ownership=auto", "--Logging:LogLevel:Default=Debug"]));
        Assert.Equal(ExitCode.Usage, exception.ExitCode);
        Assert.StartsWith("'-x=1', '--DataRoot=/x', '--KafkaFs:DataRoot': ", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--KafkaFs:Journal:Kafka:Properties:sasl.password")]
    [InlineData("--kafkafs:journal:kafka:properties:SSL.Key.Pem")]
    [InlineData("--sasl.password")]
    public void ASecretOnTheCommandLineIsRefusedAndNotRepeated(string key)
    {
        HostFailedException exception = Assert.Throws<HostFailedException>(() => HostConfiguration.Load(new HostInstance(HostRole.Slave), [$"{key}=gR7"]));
        Assert.Equal(ExitCode.Usage, exception.ExitCode);
        Assert.StartsWith($"{key}: a secret on the command line", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("gR7", exception.Message, StringComparison.Ordinal);
        HostConfiguration.Load(new HostInstance(HostRole.Slave), ["--KafkaFs:Journal:Kafka:PropertyFiles:sasl.password=/run/x"]);
    }

    [Fact]
    public void TheFilesThatHoldASecretAreKnown()
    {
        File.WriteAllText(_folder["appsettings.json"], """{ "KafkaFs": { "Journal": { "Kafka": { "Properties": { "sasl.password": "p" } } } } }""");
        File.WriteAllText(_folder["slave.json"], """{ "KafkaFs": { "Journal": { "Kafka": { "Properties": { "sasl.username": "u" } } } } }""");
        Assert.Equal([_folder["appsettings.json"]], HostConfiguration.FilesWithSecrets(new HostInstance(HostRole.Slave)));
    }

    [Fact]
    public void ACredentialOfSystemdIsNamedByItsNameAlone()
    {
        File.WriteAllText(_folder["kafka-password"], "gR7\n");
        Environment.SetEnvironmentVariable("CREDENTIALS_DIRECTORY", _folder.Path);
        try
        {
            string[] arguments =
            [
                "--KafkaFs:DataRoot=/srv/s", "--KafkaFs:Journal:Provider=kafka", "--KafkaFs:Journal:Kafka:BootstrapServers=b:1", "--KafkaFs:Journal:Kafka:Topic=t",
                "--KafkaFs:Journal:Kafka:PropertyFiles:sasl.password=kafka-password",
            ];
            HostSettings settings = HostSettingsBinder.Bind(HostConfiguration.Load(new HostInstance(HostRole.Slave), arguments), HostRole.Slave);
            Assert.Equal("gR7", settings.Kafka!.Properties["sasl.password"]);
        }
        finally
        {
            Environment.SetEnvironmentVariable("CREDENTIALS_DIRECTORY", null);
        }
    }

    // The service has the variable, whoever looks at its settings has not.
    [Theory]
    [InlineData("PropertyFiles:sasl.password")]
    [InlineData("PropertyFiles:ssl.key.password")]
    [InlineData("ConfigFile")]
    public void ACredentialThatOnlyTheServiceSeesIsNoErrorOfACheck(string key)
    {
        string[] arguments =
        [
            "--KafkaFs:DataRoot=/srv/s", "--KafkaFs:Journal:Provider=kafka", "--KafkaFs:Journal:Kafka:BootstrapServers=b:1", "--KafkaFs:Journal:Kafka:Topic=t",
            "--KafkaFs:Journal:Kafka:Properties:security.protocol=SASL_PLAINTEXT", "--KafkaFs:Journal:Kafka:Properties:sasl.mechanism=SCRAM-SHA-256",
            "--KafkaFs:Journal:Kafka:Properties:sasl.username=u", $"--KafkaFs:Journal:Kafka:{key}=kafka-secret",
            .. key.Contains("ssl.", StringComparison.Ordinal) ? ["--KafkaFs:Journal:Kafka:PropertyFiles:sasl.password=kafka-password"] : Array.Empty<string>(),
        ];
        IReadOnlyList<SettingsLayer> layers = HostConfiguration.Layers(new HostInstance(HostRole.Slave), arguments);
        HostSettings settings = HostSettingsBinder.Bind(layers, HostRole.Slave, isRehearsal: true);
        Assert.Contains(settings.Warnings, warning => warning.StartsWith($"KafkaFs:Journal:Kafka:{key} = 'kafka-secret' is a credential of systemd", StringComparison.Ordinal));
        SettingsException exception = Assert.Throws<SettingsException>(() => HostSettingsBinder.Bind(layers, HostRole.Slave));
        Assert.Contains(exception.Errors, error => error.StartsWith($"KafkaFs:Journal:Kafka:{key} = 'kafka-secret': an absolute path is wanted", StringComparison.Ordinal));
        layers = HostConfiguration.Layers(new HostInstance(HostRole.Slave), [.. arguments[..^1], $"--KafkaFs:Journal:Kafka:{key}=some/secret"]);
        Assert.Throws<SettingsException>(() => HostSettingsBinder.Bind(layers, HostRole.Slave, isRehearsal: true));
    }

    [Theory]
    [InlineData("""{ "Mount": { "Mountpoint": "/x" } }""", "Mount is no setting: did you mean KafkaFs:Mount?")]
    [InlineData("""{ "Moutn": {} }""", "Moutn is no setting: did you mean KafkaFs:Mount?")]
    [InlineData("""{ "KafkFs": { "DataRoot": "/x" } }""", "KafkFs is no setting: did you mean KafkaFs?")]
    [InlineData("""{ "AllowedHosts": "*" }""", "AllowedHosts is no setting: did you mean ")]
    [InlineData("""{ "LogLevel": { "Default": "Debug" } }""", "LogLevel is no setting: did you mean Logging:LogLevel?")]
    [InlineData("""{ "Logging": { "LogLevl": { "Default": "Debug" } } }""", "Logging:LogLevl is no setting: did you mean Logging:LogLevel?")]
    public void WhatStandsInNoSectionOfAFileIsRefusedWithTheNearestName(string json, string words)
    {
        File.WriteAllText(_folder["appsettings.json"], json);
        // With all that is wrong besides: nothing names a journal here.
        SettingsException exception = Assert.Throws<SettingsException>(() => HostSettingsBinder.Bind(HostConfiguration.Layers(new HostInstance(HostRole.Slave), []), HostRole.Slave));
        Assert.Contains(exception.Errors, error => error.StartsWith($"'{_folder["appsettings.json"]}': {words}", StringComparison.Ordinal));
        Assert.Contains(exception.Errors, error => error.StartsWith("KafkaFs:Journal:Provider is missing", StringComparison.Ordinal));
    }

    [Fact]
    public void SchemaLevelsAndConsoleAreTaken()
    {
        File.WriteAllText(_folder["appsettings.json"], """
            { "$schema": "x.json", "logging": { "LogLevel": { "Default": "Debug" }, "Console": { "LogLevel": { "Default": "Debug" } } },
              "kafkafs": { "DataRoot": "/d", "Journal": { "Provider": "embedded", "Embedded": { "File": "/j" } } } }
            """);
        Assert.Equal("/d", HostSettingsBinder.Bind(HostConfiguration.Layers(new HostInstance(HostRole.Slave), []), HostRole.Slave).DataRoot);
    }

    public void Dispose()
    {
        Environment.SetEnvironmentVariable("CONFIGURATION_DIRECTORY", null);
        Environment.SetEnvironmentVariable(Variable, null);
        _folder.Dispose();
    }

    private static string? Test(HostRole role, params string[] arguments) => HostConfiguration.Load(new HostInstance(role), arguments)["KafkaFs:Test"];

    private void Write(string file, string value) => File.WriteAllText(_folder[file], $$"""{ "KafkaFs": { "Test": "{{value}}" } }""");
}
