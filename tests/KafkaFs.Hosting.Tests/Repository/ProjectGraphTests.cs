using System.Xml.Linq;
using KafkaFs.TestKit;
using Xunit;

namespace KafkaFs.Hosting.Tests.Repository;

/// <summary>References only point down, as the design draws them.</summary>
public sealed class ProjectGraphTests
{
    private static readonly Dictionary<string, string[]> s_allowed = new()
    {
        ["KafkaFs.Posix"] = [],
        ["KafkaFs.Fuse"] = ["KafkaFs.Posix"],
        ["KafkaFs.Journal"] = [],
        ["KafkaFs.Journal.Kafka"] = ["KafkaFs.Journal"],
        ["KafkaFs.Journal.Embedded"] = ["KafkaFs.Journal"],
        ["KafkaFs.Replica"] = ["KafkaFs.Journal", "KafkaFs.Posix"],
        ["KafkaFs.Hosting"] = ["KafkaFs.Journal.Embedded", "KafkaFs.Journal.Kafka", "KafkaFs.Replica"],
        ["KafkaFs.MasterHost"] = ["KafkaFs.Fuse", "KafkaFs.Hosting"],
        ["KafkaFs.SlaveHost"] = ["KafkaFs.Hosting"],
        ["KafkaFs.Cli"] = ["KafkaFs.MasterHost", "KafkaFs.SlaveHost"],
    };

    [Fact]
    public void TheProjectsAndTheirReferencesAreThoseOfTheDesign()
    {
        string[] projects = Directory.GetFiles(Path.Combine(Environments.Repository, "src"), "*.csproj", SearchOption.AllDirectories);
        Assert.Equal(s_allowed.Keys.Order(), projects.Select(project => Path.GetFileNameWithoutExtension(project)).Order());
        foreach (string project in projects)
        {
            string[] references = [.. XDocument.Load(project).Descendants("ProjectReference")
                .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value)).Order(StringComparer.Ordinal)];
            Assert.Equal(s_allowed[Path.GetFileNameWithoutExtension(project)], references);
        }
    }

    [Theory]
    [InlineData("Confluent.Kafka", "KafkaFs.Journal.Kafka")]
    public void APackageHasOneUser(string package, string user)
    {
        string[] users = [.. Directory.GetFiles(Path.Combine(Environments.Repository, "src"), "*.csproj", SearchOption.AllDirectories)
            .Where(project => File.ReadAllText(project).Contains($"\"{package}\"", StringComparison.Ordinal))
            .Select(project => Path.GetFileNameWithoutExtension(project))];
        Assert.Equal([user], users);
    }
}
