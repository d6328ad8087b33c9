using System.CommandLine;
using KafkaFs.Cli.Commands;
using KafkaFs.Hosting.Lifetime;
using Xunit;

namespace KafkaFs.Cli.Tests;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("log --journal j")]
    [InlineData("log --journal j --json --from 5 --count 1 --follow")]
    [InlineData("log --broker h:1 topic --from end --property security.protocol=SSL")]
    [InlineData("slave --journal j s")]
    [InlineData("master --broker h:1 --property a.b=c m topic mnt")]
    [InlineData("compare a b")]
    [InlineData("verify s --content t")]
    [InlineData("repair s --from t --content")]
    [InlineData("repair s topic a/file --from-log --broker h:1")]
    [InlineData("repair s a/file b/file --from-log --journal j")]
    [InlineData("cleanup /mnt")]
    [InlineData("import --broker h:1 /srv/files topic")]
    [InlineData("import --journal j /srv/files")]
    [InlineData("rejoin --from-log /srv/copy")]
    [InlineData("rejoin --from-log --broker h:1 /srv/copy topic")]
    [InlineData("rejoin --from-log --journal j /srv/copy")]
    [InlineData("rejoin --adopt --broker h:1 --property a.b=c /srv/copy topic")]
    [InlineData("demo --once")]
    [InlineData("demo --once --broker h:1 --kafka-config f --property a.b=c")]
    [InlineData("log --broker h:1 topic --kafka-config f")]
    [InlineData("session list --broker h:1 topic")]
    [InlineData("session close 7 --journal j")]
    [InlineData("log --journal j --accept-gap 3..4")]
    [InlineData("session list --accept-gap 3..4 --broker h:1 topic")]
    [InlineData("session close 7 --journal j --accept-gap 3..4")]
    [InlineData("repair s a/file --from-log --journal j --accept-gap 3..4")]
    [InlineData("status --json")]
    [InlineData("top /mnt --interval 5 --count 1")]
    [InlineData("config show master@mnt")]
    [InlineData("config schema")]
    public void WhatIsMeantIsAccepted(string line) => Assert.Empty(Errors(line));

    [Fact]
    public void EveryExampleOfTheHelpIsAccepted()
    {
        (string Command, string[] Examples)[] commands = [.. Commands(CommandTree.Create()).Select(static command => (command.Name, Examples(command)))];
        Assert.Empty(commands.Where(static command => command.Examples.Length == 0 && command.Command != "schema").Select(static command => command.Command));
        Assert.Empty(commands.SelectMany(static command => command.Examples).SelectMany(static line => Errors(line).Select(error => $"{line}: {error}")));
    }

    // There is none, which is said; not that it may not be there.
    [Fact]
    public async Task AJournalMayLieBelowTheFolderInWhichTheCommandIsCalled() => Assert.Equal(
        ExitCode.JournalRefused,
        await CommandTree.Create().Parse(["log", "--journal", Path.Combine(Environment.CurrentDirectory, "none.db")]).InvokeAsync(cancellationToken: TestContext.Current.CancellationToken));

    [Theory]
    [InlineData("log --journal j --from five", "--from 'five': an offset, start or end is wanted")]
    [InlineData("log --journal j --from -1", "--from '-1': an offset, start or end is wanted")]
    [InlineData("log --journal j --count 0", "--count '0': a number from 1 is wanted")]
    [InlineData("top --count 0", "--count: a number from 1 is wanted")]
    [InlineData("top --interval 0", "--interval: 1 second or more is wanted")]
    [InlineData("log --journal j --count -3", "--count '-3': a number from 1 is wanted")]
    [InlineData("log --broker h:1", "log: TOPIC is wanted with --broker")]
    [InlineData("log --journal j topic", "log: TOPIC is for --broker; --journal names the whole journal")]
    [InlineData("slave --journal j --verbose", "'--verbose' is no option here; a path that begins so is written './--verbose'")]
    [InlineData("master --journal j m --mnt", "'--mnt' is no option here; a path that begins so is written './--mnt'")]
    [InlineData("compare a -b", "'-b' is no option here; a path that begins so is written './-b'")]
    [InlineData("verify -s", "'-s' is no option here; a path that begins so is written './-s'")]
    [InlineData("repair s", "repair: where lost contents come from is wanted: --from OTHER-DATA-ROOT, or --from-log with a journal")]
    [InlineData("repair s --from t --from-log --journal j", "repair: where lost contents come from is wanted: --from OTHER-DATA-ROOT, or --from-log with a journal")]
    [InlineData("repair s file --from t", "repair: DATA-ROOT is wanted with --from, 2 given")]
    [InlineData("repair s --from t --journal j", "--broker and --journal are for what comes from the journal")]
    [InlineData("repair s --from-log", "no journal: give --broker HOST:PORT, or --journal FILE")]
    [InlineData("repair s --from-log --broker h:1", "repair: DATA-ROOT TOPIC is wanted with --broker")]
    [InlineData("repair s --from-log --content --journal j", "repair: --content compares with another replica (--from); with --from-log name the files")]
    [InlineData("cleanup --all", "'--all' is no option here; a path that begins so is written './--all'")]
    [InlineData("import s", "no journal: give --broker HOST:PORT, or --journal FILE")]
    [InlineData("import --broker h:1 s", "import: DATA-ROOT TOPIC is wanted with --broker, 1 given")]
    [InlineData("import --journal j s topic", "import: DATA-ROOT is wanted with --journal, 2 given")]
    [InlineData("rejoin s", "rejoin: either --from-log or --adopt is wanted")]
    [InlineData("rejoin --from-log --adopt --journal j s", "rejoin: either --from-log or --adopt is wanted")]
    [InlineData("rejoin --adopt s", "no journal: give --broker HOST:PORT, or --journal FILE")]
    [InlineData("rejoin --from-log --broker h:1 --journal j s", "--broker and --journal name two journals: give one of them")]
    [InlineData("rejoin --from-log s topic", "rejoin: DATA-ROOT is wanted without --broker, 2 given")]
    [InlineData("rejoin --adopt --broker h:1 s", "rejoin: DATA-ROOT TOPIC is wanted with --broker, 1 given")]
    [InlineData("demo --ones", "'--ones' is no option here; a path that begins so is written './--ones'")]
    [InlineData("demo /nowhere/at/all", "FOLDER '/nowhere/at/all' is no directory")]
    [InlineData("session list --broker h:1", "list: TOPIC is wanted with --broker")]
    [InlineData("session close 7 topic --journal j", "close: TOPIC is for --broker; --journal names the whole journal")]
    [InlineData("log --broker h:1 t --property linger.ms", "--property linger.ms: KEY=VALUE is wanted")]
    public void WhatIsWrongIsSaidBeforeAnythingStarts(string line, string expected) => Assert.Contains(expected, Errors(line));

    [Theory]
    [InlineData("log --broker h:1 t --property sasl.password=gR7")]
    [InlineData("master --broker h:1 m t mnt --property ssl.key.password=gR7")]
    [InlineData("demo --broker h:1 --property sasl.oauthbearer.client.secret=gR7")]
    public void ASecretOnTheCommandLineIsRefusedAndNotRepeated(string line)
    {
        string error = Assert.Single(Errors(line));
        Assert.Contains(": a secret on the command line is seen by every user", error, StringComparison.Ordinal);
        Assert.Contains("--kafka-config", error, StringComparison.Ordinal);
        Assert.DoesNotContain("gR7", error, StringComparison.Ordinal);
    }

    // Those that do something themselves.
    private static IEnumerable<Command> Commands(Command of) => of.Subcommands.Count == 0 ? [of] : of.Subcommands.SelectMany(Commands);

    private static string[] Examples(Command command) => [.. command.Description!.Split('\n')
        .Select(static line => line.Trim()).Where(static line => line.StartsWith("kafkafs ", StringComparison.Ordinal)).Select(static line => line["kafkafs ".Length..].Replace("~/projects", AppContext.BaseDirectory, StringComparison.Ordinal))];

    private static string[] Errors(string line) => [.. CommandTree.Create().Parse(line.Split(' ')).Errors.Select(error => error.Message)];
}
