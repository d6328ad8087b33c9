using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using KafkaFs.Cli.Log;
using KafkaFs.Hosting.Lifetime;
using KafkaFs.Journal.Contract;

namespace KafkaFs.Cli.Commands;

/// <summary>`kafkafs log`: the records of a journal.</summary>
internal static class LogCommand
{
    private const string Start = "start";
    private const string End = "end";

    public static Command Create()
    {
        JournalArguments journal = new();
        Argument<string?> topic = new Argument<string?>("TOPIC") { Description = "the topic (not with --journal)", Arity = ArgumentArity.ZeroOrOne }.RefusingOptions();
        Option<string> from = new("--from") { Description = "first record: an offset, start, or end (default: start)", HelpName = "OFFSET|start|end" };
        Option<long?> count = new("--count") { Description = "at most so many records", HelpName = "N" };
        Option<bool> follow = new("--follow") { Description = "go on as records arrive, until Ctrl-C, with exit code 0" };
        Option<bool> json = new("--json") { Description = "a JSON object a line (proto/fuse.proto; bytes in base64)" };
        Option<bool> data = new("--data") { Description = "with --json: the content of writes too" };
        from.Validators.Add(RequirePosition);
        count.Validators.Add(RequirePositive);
        Command command = new("log", """
            Show the records of a journal.

            Examples:
              kafkafs log --broker localhost:9092 projects --follow
              kafkafs log --journal /tmp/j.db --from 100 --count 10 --json
            """)
        { topic, from, count, follow, json, data };
        journal.AddTo(command);
        journal.Accepted.AddGapTo(command);
        journal.ExpectTopic(command, topic);
        command.SetAction(parsed => CommandRun.ToEndAsync(
            async stop =>
            {
                using StreamWriter output = new(Console.OpenStandardOutput(), bufferSize: 64 * 1024);
                LogRange range = new(
                    parsed.GetValue(from) ?? Start, parsed.GetValue(count) ?? long.MaxValue, parsed.GetValue(follow), journal.Accepted.Gap(parsed));
                using IJournal opened = await journal.OpenReadOnlyAsync(parsed, parsed.GetValue(topic) ?? "", stop).ConfigureAwait(false);
                return await PrintAsync(opened, new RecordPrinter(output, parsed.GetValue(json), parsed.GetValue(data)), range, stop).ConfigureAwait(false);
            },
            // That is how following ends.
            ifInterrupted: parsed.GetValue(follow) ? ExitCode.Success : ExitCode.Interrupted));
        return command;
    }

    private static void RequirePosition(OptionResult result)
    {
        if (result.Tokens is [{ Value: string text }] && text is not (Start or End) && !long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _))
        {
            result.AddError($"--from '{text}': an offset, {Start} or {End} is wanted");
        }
    }

    private static void RequirePositive(OptionResult result)
    {
        if (result.Tokens is [{ Value: string text }] && !(long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long count) && count > 0))
        {
            result.AddError($"--count '{text}': a number from 1 is wanted");
        }
    }

    private static async Task<int> PrintAsync(IJournal journal, RecordPrinter printer, LogRange range, CancellationToken stop)
    {
        if (range.TryPlace(journal.QueryBounds(0, stop), out long start, out string? problem))
        {
            await range.PrintAsync(journal, start, printer, stop).ConfigureAwait(false);
            stop.ThrowIfCancellationRequested();
            return ExitCode.Success;
        }

        await Console.Error.WriteLineAsync($"kafkafs: {problem}").ConfigureAwait(false);
        return ExitCode.Usage;
    }
}
