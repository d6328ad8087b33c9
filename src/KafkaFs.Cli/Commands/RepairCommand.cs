using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text;
using KafkaFs.Cli.Verify;
using KafkaFs.Hosting.Lifetime;
using KafkaFs.Journal.Contract;
using KafkaFs.Posix.Files;
using KafkaFs.Replica.Repair;
using KafkaFs.Replica.Verification;

namespace KafkaFs.Cli.Commands;

/// <summary>`kafkafs repair DATA-ROOT`.</summary>
internal sealed class RepairCommand
{
    private readonly JournalArguments _journal = new();
    private readonly Argument<string[]> _places = new Argument<string[]>("DATA-ROOT TOPIC PATH")
    {
        Description = "the data root of a replica that was stopped; with --broker the topic; with --from-log files below it whose contents are to be fetched",
        Arity = ArgumentArity.OneOrMore,
    }.RefusingOptions();

    private readonly Option<string?> _from = new("--from")
    {
        Description = "take lost contents from another replica that was stopped at the same position",
        HelpName = "OTHER-DATA-ROOT",
    };

    private readonly Option<bool> _fromLog = new("--from-log") { Description = "take them from the journal (--broker and TOPIC, or --journal)" };
    private readonly Option<bool> _content = new("--content") { Description = "with --from: compare the contents of all files, and take those that differ" };

    private RepairCommand()
    {
    }

    public static Command Create()
    {
        RepairCommand repair = new();
        Command command = new("repair", """
            Bring the tree of a stopped replica back to what its namespace says. Nothing that is not the filesystem's is deleted: it is
            kept in .kafkafs/foreign. If it is interrupted it is run again; no host starts before it has ended.
            Exit code 0: the tree is what the namespace says, 1: differences remain, 2: something cannot be read.

            Examples:
              kafkafs repair /srv/copy --from /srv/other --content
              kafkafs repair /srv/copy projects --from-log --broker localhost:9092
              kafkafs repair /tmp/copy docs/spoilt.txt --from-log --journal /tmp/j.db
            """)
        { repair._places, repair._from, repair._fromLog, repair._content };
        repair._journal.AddTo(command, isNeeded: result => result.GetValue(repair._fromLog));
        repair._journal.Accepted.AddGapTo(command);
        command.Validators.Add(repair.Validate);
        command.SetAction(parsed => CommandRun.ToEndAsync(stop => repair.Run(parsed, stop)));
        return command;
    }

    private void Validate(CommandResult result)
    {
        bool log = result.GetValue(_fromLog), replica = result.GetValue(_from) is not null;
        int given = result.GetValue(_places)?.Length ?? 0;
        if (log == replica)
        {
            result.AddError("repair: where lost contents come from is wanted: --from OTHER-DATA-ROOT, or --from-log with a journal");
        }
        else if (!log && given != 1)
        {
            result.AddError($"repair: DATA-ROOT is wanted with --from, {given} given");
        }
        else if (log && result.GetValue(_journal.Broker) is not null && given < 2)
        {
            result.AddError("repair: DATA-ROOT TOPIC is wanted with --broker");
        }

        if (log && result.GetValue(_content))
        {
            result.AddError("repair: --content compares with another replica (--from); with --from-log name the files");
        }
    }

    private int Run(ParseResult parsed, CancellationToken stop)
    {
        ProcessCalls.RaiseDescriptorLimit();
        string[] places = parsed.GetRequiredValue(_places);
        using CommandReporting reporting = new("repair", places[0]);
        using StoppedReplica replica = StoppedReplica.Open(places[0]);
        using StoppedReplica? other = parsed.GetValue(_from) is string from ? StoppedReplica.Open(from) : null;
        bool contents = parsed.GetValue(_content);
        VerificationRun verification = new(replica, contents ? other : null, Console.Out, reporting.Progress);
        ReplicaRepair repair = new(replica, verification.Print) { AcceptedGap = _journal.Accepted.Gap(parsed), Progress = reporting.Progress };
        RepairCounts counts = other is null ? FromLog(repair, parsed, places, stop) : repair.FromReplica(other, contents, stop);
        Console.Out.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"made anew {counts.Made}, put back {counts.PutBack}, attributes mended {counts.Mended}, contents fetched {counts.Contents}, kept in .kafkafs/foreign {counts.Foreign}"));
        return verification.Run(stop) ? ExitCode.Success : ExitCode.Different;
    }

    private RepairCounts FromLog(ReplicaRepair repair, ParseResult parsed, string[] places, CancellationToken stop)
    {
        bool hasTopic = parsed.GetValue(_journal.Broker) is not null;
        string prefix = Path.GetFullPath(places[0]).TrimEnd('/') + "/";
        byte[][] paths = [.. places.Skip(hasTopic ? 2 : 1)
            .Select(path => Encoding.UTF8.GetBytes(path.StartsWith(prefix, StringComparison.Ordinal) ? path[prefix.Length..] : path))];
        using IJournal journal = _journal.OpenReadOnlyAsync(parsed, hasTopic ? places[1] : "", stop).GetAwaiter().GetResult();
        return repair.FromLog(journal, paths, stop);
    }
}
