using System.CommandLine;

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
        command.Options.Add(_gap);
    }

    /// <summary>The settings for what is given.</summary>
    public IEnumerable<string> ToSettings(ParseResult parsed) =>
        from pair in ((string Key, Option<string> Option)[])[("Topic", _topic), ("Cluster", _cluster), ("Gap", _gap)]
        where parsed.GetValue(pair.Option) is not null
        select $"--KafkaFs:Accept:{pair.Key}={parsed.GetValue(pair.Option)}";
}
