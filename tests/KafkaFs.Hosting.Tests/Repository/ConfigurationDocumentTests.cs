using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using KafkaFs.Hosting.Configuration;
using KafkaFs.TestKit;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace KafkaFs.Hosting.Tests.Repository;

/// <summary>The code, docs/configuration.md and the schema have the same settings.</summary>
public sealed partial class ConfigurationDocumentTests
{
    [Fact]
    public void TheManualHasEverySettingWithItsDefaultAndNoOther()
    {
        Dictionary<string, string> document = [];
        foreach (Match row in Row().Matches(File.ReadAllText(Path.Combine(Environments.Repository, "docs/configuration.md"))))
        {
            foreach (Match key in Key().Matches(row.Groups[1].Value))
            {
                document[key.Groups[1].Value] = row.Groups[2].Value.Replace("`", "", StringComparison.Ordinal).Trim();
            }
        }

        Assert.Equal(
            SettingKeys.All.Select(static key => $"{Name(key)} = {Default(key)}").Order(StringComparer.Ordinal),
            document.Select(static pair => $"{pair.Key} = {pair.Value}").Order(StringComparer.Ordinal));
    }

    // What the binder does not ask for is unknown to it.
    [Theory]
    [InlineData(HostRole.Master)]
    [InlineData(HostRole.Slave)]
    public void TheBinderKnowsEverySetting(HostRole role)
    {
        Dictionary<string, string?> all = SettingKeys.All.ToDictionary(key => key.Kind == SettingKind.Map ? $"{key.FullName}:x" : key.FullName, _ => (string?)"?");
        SettingsException exception = Assert.Throws<SettingsException>(() => HostSettingsBinder.Bind(new ConfigurationBuilder().AddInMemoryCollection(all).Build(), role));
        Assert.DoesNotContain(exception.Errors, error => error.Contains("is no setting", StringComparison.Ordinal));
    }

    [Fact]
    public void TheSchemaOfThePackageIsThatOfTheCode() =>
        Assert.Equal(SettingsSchema.Text(), File.ReadAllText(Path.Combine(Environments.Repository, "deploy/appsettings.schema.json")));

    [Fact]
    public void TheSchemaTellsTypesRangesAndWords()
    {
        JsonNode mount = JsonNode.Parse(SettingsSchema.Text())!["properties"]!["KafkaFs"]!["properties"]!["Mount"]!;
        Assert.False(mount["additionalProperties"]!.GetValue<bool>());
        Assert.Equal(64, mount["properties"]!["ReaderThreads"]!["maximum"]!.GetValue<int>());
        Assert.Equal(["wait", "fail"], mount["properties"]!["OnStall"]!["enum"]!.AsArray().Select(static word => word!.GetValue<string>()));
    }

    private static string Name(SettingKey key) => key.Kind == SettingKind.Map ? key.Name + ":*" : key.Name;

    private static string Default(SettingKey key) => key switch
    {
        { IsRequired: true, Role: HostRole.Master } => "required (master)",
        { IsRequired: true } => "required",
        { DefaultWords: string words } => words,
        _ => key.Default,
    };

    [GeneratedRegex(@"^\| (`[^|]*`) \|([^|]*)\|", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Key();
}
