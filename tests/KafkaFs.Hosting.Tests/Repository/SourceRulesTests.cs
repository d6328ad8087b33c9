using System.Globalization;
using System.Text.RegularExpressions;
using KafkaFs.TestKit;
using Xunit;

namespace KafkaFs.Hosting.Tests.Repository;

/// <summary>Rules of the house that no compiler checks.</summary>
public sealed partial class SourceRulesTests
{
    private const int MaxLines = 600;

    // Where an exception of any kind is handled on purpose: each turns it into a named state, and none swallows it.
    private static readonly string[] s_mayCatchAll =
    [
        "src/KafkaFs.Fuse/Session/FuseConnection.cs",          // a handler that throws is answered EIO and logged
        "src/KafkaFs.Hosting/Lifetime/HostWorker.cs",          // what ends a host becomes its exit code
        "src/KafkaFs.Hosting/Replication/JournalFollower.cs",  // what ends following is handed to the host
        "src/KafkaFs.Hosting/KafkaFsHost.cs",                  // filtered: what has words for a person, and what a web server throws
        "src/KafkaFs.Cli/Status/Reports.cs", // filtered: a host that does not answer
        "src/KafkaFs.Hosting/Status/ReportSocket.cs", // filtered: no socket, or nobody at it
        "src/KafkaFs.Hosting/Configuration/HostConfiguration.cs", // filtered: a file that cannot be read
        "src/KafkaFs.Hosting/Configuration/SecretFile.cs",     // filtered: the same
        "src/KafkaFs.Replica/LocalReplica.cs",                 // filtered: what a machine refuses at the end of a host that fails already
        "src/KafkaFs.Replica/Recovery/ReplicaStart.cs",        // filtered: what a machine refuses a recovery
        "src/KafkaFs.Replica/Checkpoint/Checkpointer.cs",      // what ends a checkpoint is handed to whoever applies
        "src/KafkaFs.Replica/Apply/Applier.cs",                // a broken invariant stops the replica, on whatever thread
        "src/KafkaFs.Cli/Commands/CommandRun.cs",              // filtered: only what has words for a person
        "src/KafkaFs.Cli/Demo/DemoRun.cs",                     // filtered
        "src/KafkaFs.Cli/Demo/DemoWork.cs",                    // filtered
        "src/KafkaFs.Cli/Demo/SourceTree.cs",                  // filtered
    ];

    [Fact]
    public void NoFileIsLongerThan600Lines() => Assert.Empty(Sources().Where(source => source.Text.Count(character => character == '\n') > MaxLines).Select(source => source.Path));

    [Fact]
    public void NothingIsNamedUtilsHelpersManagerOrCommon() =>
        Assert.DoesNotContain(Sources(), source => BadName().IsMatch(source.Text));

    [Fact]
    public void EverythingIsCaughtOnlyWhereItIsMeant() =>
        Assert.Empty(Sources().Where(source => CatchAll().IsMatch(source.Text) && source.Path.StartsWith("src/", StringComparison.Ordinal) && !s_mayCatchAll.Contains(source.Path)).Select(source => source.Path));

    // What each hunk takes for the product's text is there: else tests/mutations/run, which is long, shows nothing.
    [Fact]
    public void EveryMutationCanBeApplied()
    {
        string[] patches = Directory.GetFiles(Path.Combine(Environments.Repository, "tests/mutations"), "*.patch");
        Assert.NotEmpty(patches);
        foreach ((string patch, string file) in patches.SelectMany(patch => File.ReadAllText(patch).Split("\n--- a/").Skip(1).Select(file => (patch, file))))
        {
            string source = File.ReadAllText(Path.Combine(Environments.Repository, file.Split('\n')[0]));
            foreach (string hunk in HunkHead().Split(file).Skip(1))
            {
                string before = string.Concat(hunk.Split('\n').Where(line => line is [' ' or '-', ..]).Select(line => line[1..] + "\n"));
                Assert.True(source.Contains(before, StringComparison.Ordinal), $"{Path.GetFileName(patch)} cannot be applied: there is no\n{before}");
            }
        }
    }

    // docs/operations.md has the ranges.
    [Fact]
    public void EveryEventHasANumberOfItsOwnInTheRangeOfItsProject()
    {
        (string Project, int Event)[] events = [.. Sources().Where(source => source.Path.StartsWith("src/", StringComparison.Ordinal))
            .SelectMany(source => LoggedEvent().Matches(source.Text).Select(match => (source.Path.Split('/')[1], int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture))))];
        Assert.True(events.Length > 50);
        Assert.Empty(events.GroupBy(logged => logged.Event).Where(group => group.Count() > 1).Select(group => group.Key));
        string document = File.ReadAllText(Path.Combine(Environments.Repository, "docs/operations.md"));
        Dictionary<string, (int First, int Last)> ranges = EventRange().Matches(document).ToDictionary(
            match => match.Groups[3].Value, match => (int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture), int.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture)));
        Assert.All(events, logged => Assert.InRange(logged.Event, ranges[logged.Project].First, ranges[logged.Project].Last));
    }

    [Fact]
    public void EveryTestProjectIsInTheTestScript()
    {
        string script = File.ReadAllText(Path.Combine(Environments.Repository, "test"));
        string[] projects = [.. Directory.GetFiles(Path.Combine(Environments.Repository, "tests"), "*.csproj", SearchOption.AllDirectories)
            .Where(project => File.ReadAllText(project).Contains("\"xunit.v3\"", StringComparison.Ordinal)).Select(project => Path.GetFileNameWithoutExtension(project))];
        Assert.Contains("KafkaFs.Simulation", projects);
        Assert.All(projects, project => Assert.Contains(project, script, StringComparison.Ordinal));
    }

    private static IEnumerable<(string Path, string Text)> Sources() =>
        Directory.GetFiles(Environments.Repository, "*.cs", SearchOption.AllDirectories)
            .Select(path => (Path: Path.GetRelativePath(Environments.Repository, path), Full: path))
            .Where(file => !file.Path.StartsWith("artifacts", StringComparison.Ordinal))
            .Select(file => (file.Path, File.ReadAllText(file.Full)));

    [GeneratedRegex(@"\b(class|struct|interface|namespace)\s+[\w.]*(Utils|Helpers|Manager|Common)\b")]
    private static partial Regex BadName();

    [GeneratedRegex(@"\[LoggerMessage\((\d+),")]
    private static partial Regex LoggedEvent();

    [GeneratedRegex(@"^\| (\d+)-(\d+) \| `(KafkaFs[\w.]+)`", RegexOptions.Multiline)]
    private static partial Regex EventRange();

    [GeneratedRegex(@"^@@.*\n", RegexOptions.Multiline)]
    private static partial Regex HunkHead();

    [GeneratedRegex(@"catch\s*(\(\s*Exception\b[^)]*\)|\r?\n\s*\{)")]
    private static partial Regex CatchAll();
}
