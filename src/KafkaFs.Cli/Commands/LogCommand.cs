using System.CommandLine;
using System.Globalization;
using KafkaFs.Cli.Log;
using KafkaFs.Hosting.Configuration;
using KafkaFs.Hosting.Lifetime;
using KafkaFs.Journal.Contract;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;

namespace KafkaFs.Cli.Commands;

/// <summary>`kafkafs log`: the records of a journal.</summary>
internal static class LogCommand
{
    private static readonly TimeSpan s_wait = TimeSpan.FromSeconds(1);

    public static Command Create()
    {
        JournalArguments journal = new();
        Argument<string?> topic = new("TOPIC") { Description = "the topic (not with --journal)", Arity = ArgumentArity.ZeroOrOne };
        Option<string> from = new("--from") { Description = "first record: an offset, start, or end", DefaultValueFactory = _ => "start", HelpName = "OFFSET|start|end" };
        Option<long> count = new("--count") { Description = "at most so many records", DefaultValueFactory = _ => long.MaxValue, HelpName = "N" };
        Option<bool> follow = new("--follow") { Description = "go on as records arrive, until Ctrl-C" };
        Option<bool> json = new("--json") { Description = "a JSON object a line (proto/fuse.proto; bytes in base64)" };
        Option<bool> data = new("--data") { Description = "with --json: the content of writes too" };
        Command command = new("log", """
            Show the records of a journal.

            Examples:
              kafkafs log --broker localhost:9092 projects --follow
              kafkafs log --journal /tmp/j.db --from 100 --count 10 --json
            """)
        { topic, from, count, follow, json, data };
        journal.AddTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetValue(journal.Broker) is not null && result.GetValue(topic) is null)
            {
                result.AddError("log: TOPIC is wanted with --broker");
            }

            if (result.GetValue(from) is not ("start" or "end") && !long.TryParse(result.GetValue(from), NumberStyles.None, CultureInfo.InvariantCulture, out _))
            {
                result.AddError("--from: an offset, start or end is wanted");
            }
        });
        command.SetAction((parsed, stop) => RunAsync(
            journal.ToSettings(parsed, parsed.GetValue(topic) ?? "").ToArray(),
            new RecordPrinter(Console.Out, parsed.GetValue(json), parsed.GetValue(data)),
            parsed.GetRequiredValue(from), parsed.GetValue(count), parsed.GetValue(follow), stop));
        return command;
    }

    private static async Task<int> RunAsync(string[] settings, RecordPrinter printer, string from, long count, bool follow, CancellationToken stop)
    {
        try
        {
            IConfiguration configuration = new ConfigurationBuilder().AddCommandLine([.. settings, "--KafkaFs:DataRoot=."]).Build();
            IJournalProvider provider = JournalProviders.Create(HostSettingsBinder.Bind(configuration, HostRole.Slave), NullLoggerFactory.Instance);
            using IJournal journal = await provider.OpenAsync(createIfMissing: false, stop).ConfigureAwait(false);
            Print(journal, printer, from, count, follow, stop);
            return ExitCode.Success;
        }
        catch (Exception exception) when (FailureReport.Describe(exception).Words is not null)
        {
            (int exitCode, string? words) = FailureReport.Describe(exception);
            await Console.Error.WriteLineAsync($"kafkafs: {words}").ConfigureAwait(false);
            return exitCode;
        }
    }

    private static void Print(IJournal journal, RecordPrinter printer, string from, long count, bool follow, CancellationToken stop)
    {
        JournalBounds bounds = journal.QueryBounds(0, stop);
        long start = from switch
        {
            "start" => bounds.First,
            "end" => bounds.Next,
            _ => long.Parse(from, CultureInfo.InvariantCulture),
        };
        using IJournalReader reader = journal.OpenReader(0, start);
        JournalBatch batch = new();
        while (!stop.IsCancellationRequested && count > 0 && (follow || reader.NextOffset < bounds.Next))
        {
            reader.Read(batch, s_wait);
            for (int index = 0; index < batch.Count && count > 0 && (follow || batch[index].Offset < bounds.Next); index++, count--)
            {
                printer.Print(batch[index]);
            }

            Console.Out.Flush();
        }
    }
}
