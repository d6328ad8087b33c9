using System.CommandLine;

namespace KafkaFs.Cli.Commands;

/// <summary>What becomes of changes while the journal is away, as options of `kafkafs master`.</summary>
internal sealed class StallArguments
{
    private readonly Option<string> _onStall = new("--on-stall")
    {
        Description = "while the journal is away changes wait (default), or fail after --change-timeout",
        HelpName = "wait|fail",
    };

    private readonly Option<string> _changeTimeout = new("--change-timeout")
    {
        Description = "with --on-stall fail: how long a change waits for a journal that is away (default: 60)",
        HelpName = "SECONDS",
    };

    private readonly Option<string> _stallAfter = new("--stall-after")
    {
        Description = "a journal that is silent for so long is away: calls that wait for it can be killed (default: 10)",
        HelpName = "SECONDS",
    };

    private readonly Option<string> _journalAway = new("--journal-away")
    {
        Description = "a start after a clean stop, while the journal is away: mount, and let changes wait (default), or wait for it",
        HelpName = "mount|wait",
    };

    public void AddTo(Command command)
    {
        command.Options.Add(_journalAway);
        command.Options.Add(_onStall);
        command.Options.Add(_changeTimeout);
        command.Options.Add(_stallAfter);
    }

    /// <summary>As settings; what was not given is not among them.</summary>
    public IEnumerable<string> ToSettings(ParseResult parsed) =>
        new[] { (_journalAway, "JournalAway"), (_onStall, "OnStall"), (_changeTimeout, "ChangeTimeout"), (_stallAfter, "StallAfter") }
            .Where(one => parsed.GetValue(one.Item1) is not null)
            .Select(one => $"--KafkaFs:Mount:{one.Item2}={parsed.GetValue(one.Item1)}");
}
