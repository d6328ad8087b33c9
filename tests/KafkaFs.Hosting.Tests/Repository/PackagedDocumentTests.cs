using System.Text.RegularExpressions;
using KafkaFs.TestKit;
using KafkaFs.TestKit.Processes;
using Xunit;

namespace KafkaFs.Hosting.Tests.Repository;

/// <summary>The documents as a package has them: what they point at is there.</summary>
public sealed partial class PackagedDocumentTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public PackagedDocumentTests() => ToolProcess.Run(Path.Combine(Environments.Repository, "deploy/install-documents"), [_folder.Path, _folder.Path]);

    [Fact]
    public void EveryLinkLeadsToAFileOfThePackage()
    {
        string[] links = [.. Directory.GetFiles(_folder.Path, "*.md").SelectMany(static file => Link().Matches(File.ReadAllText(file)).Select(static match => match.Groups[1].Value)).Distinct()];
        Assert.Contains("operations.md", links);
        Assert.All(links, link => Assert.True(File.Exists(_folder[link]), link));
    }

    [Fact]
    public void TheCommandsOfTheChangeFeedNameItsFiles()
    {
        string[] named = [.. Named().Matches(File.ReadAllText(_folder["change-feed.md"])).Select(static match => match.Value).Where(path => path.StartsWith(_folder.Path, StringComparison.Ordinal)).Distinct()];
        Assert.Equal([_folder["examples/change-feed.py"], _folder["proto"]], named.Order(StringComparer.Ordinal));
        Assert.All(named, static path => Assert.True(Path.Exists(path), path));
        Assert.DoesNotContain("docs/", File.ReadAllText(_folder["change-feed.md"]), StringComparison.Ordinal);
    }

    [Fact]
    public void TheManPagesNameCommandsThatAreOnThePath()
    {
        foreach (string page in Directory.GetFiles(Path.Combine(Environments.Repository, "deploy/man")))
        {
            string synopsis = File.ReadAllText(page).Split(".SH SYNOPSIS")[1].Split(".SH")[0];
            string[] commands = [.. Command().Matches(synopsis).Select(static match => match.Groups[1].Value).Distinct()];
            Assert.NotEmpty(commands);
            Assert.All(commands, static command => Assert.Contains(command, (string[])["kafkafs", "systemctl"]));
        }
    }

    public void Dispose() => _folder.Dispose();

    [GeneratedRegex(@"\]\((?!https?:|#)([^)#]+)")]
    private static partial Regex Link();

    [GeneratedRegex(@"/[\w./-]+")]
    private static partial Regex Named();

    [GeneratedRegex("""^\.BI? "?([\w-]+)""", RegexOptions.Multiline)]
    private static partial Regex Command();
}
