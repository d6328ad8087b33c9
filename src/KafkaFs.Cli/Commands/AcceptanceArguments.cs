using System.CommandLine;
using KafkaFs.Journal.Check;

namespace KafkaFs.Cli.Commands;

/// <summary>What an operator accepts of a journal that is not what it was, each by the name that the refusal gives.</summary>
internal sealed class AcceptanceArguments
{
    private readonly Option<string> _topic = new("--accept-topic")
    {
        Description = "go on with the topic (or journal file) of this id, if it is the same filesystem and has the same last record",
        HelpName = "ID",
    };

    private readonly Option<string> _cluster = new("--accept-cluster")
    {
        Description = "go on in the cluster of this id, likewise: a mirror that keeps offsets",
        HelpName = "ID",
    };

    private readonly Option<string> _gap = new("--accept-gap")
    {
        Description = "go on after these offsets, which the journal lacks",
        HelpName = "A..B",
    };

    public void AddTo(Command command)
    {
        command.Options.Add(_topic);
        command.Options.Add(_cluster);
        AddGapTo(command);
    }

    /// <summary>For a command that reads the journal and follows none.</summary>
    public void AddGapTo(Command command) => command.Options.Add(_gap);

    /// <summary>The gap that is accepted; null if none is, or if it is none (<see cref="ToSettings"/> is refused then).</summary>
    public OffsetGap? Gap(ParseResult parsed) => parsed.GetValue(_gap) is string gap ? OffsetGap.Parse(gap) : null;

    /// <summary>The settings for what is given.</summary>
    public IEnumerable<string> ToSettings(ParseResult parsed) =>
        from pair in ((string Key, Option<string> Option)[])[("Topic", _topic), ("Cluster", _cluster), ("Gap", _gap)]
        where parsed.GetValue(pair.Option) is not null
        select $"--KafkaFs:Accept:{pair.Key}={parsed.GetValue(pair.Option)}";
}
