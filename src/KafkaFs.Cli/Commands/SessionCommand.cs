using System.CommandLine;
using System.Globalization;
using KafkaFs.Hosting.Lifetime;
using KafkaFs.Journal;
using KafkaFs.Journal.Contract;
using KafkaFs.Replica.Sessions;

namespace KafkaFs.Cli.Commands;

/// <summary>`kafkafs session list` and `session close N`.</summary>
internal static class SessionCommand
{
    public static Command Create() => new("session", """
        The sessions of a journal: each run of a master is one, open from its start to its clean stop, or to the master's next start. A
        journal has room for 1,024; what masters left that never come back is closed here.
        """)
    {
        List(),
        Close(),
    };

    private static Command List()
    {
        JournalArguments journal = new();
        Argument<string?> topic = Topic();
        Command command = new("list", """
            Show the open sessions: number, master, run, records, start and last record (the journal's clock). Reads the journal from its start.

            Example:
              kafkafs session list --broker localhost:9092 projects
            """)
        { topic };
        journal.AddTo(command);
        journal.Accepted.AddGapTo(command);
        journal.ExpectTopic(command, topic);
        command.SetAction(parsed => CommandRun.ToEndAsync(stop => Show(journal, parsed, parsed.GetValue(topic) ?? "", stop)));
        return command;
    }

    private static Command Close()
    {
        JournalArguments journal = new();
        Argument<uint> session = new Argument<uint>("N") { Description = "number of the session" }.RefusingOptions();
        Argument<string?> topic = Topic();
        Command command = new("close", """
            Close a session: nothing of it that lands later has any effect. A master that still runs in it stops with exit code 75, and what its
            calls had not been answered is lost; its next start makes a new session.

            Example:
              kafkafs session close 7 --broker localhost:9092 projects
            """)
        { session, topic };
        journal.AddTo(command);
        journal.Accepted.AddGapTo(command);
        journal.ExpectTopic(command, topic);
        command.SetAction(parsed => CommandRun.ToEndAsync(
            stop => Close(journal, parsed, parsed.GetValue(topic) ?? "", new SessionId(parsed.GetRequiredValue(session)), stop)));
        return command;
    }

    private static Argument<string?> Topic() =>
        new Argument<string?>("TOPIC") { Description = "the topic (not with --journal)", Arity = ArgumentArity.ZeroOrOne }.RefusingOptions();

    private static int Show(JournalArguments arguments, ParseResult parsed, string topic, CancellationToken stop)
    {
        using IJournal journal = arguments.OpenReadOnlyAsync(parsed, topic, stop).GetAwaiter().GetResult();
        OpenSession[] open = [.. SessionReplay.Read(journal, "the journal", arguments.Accepted.Gap(parsed), stop).Open];
        Console.Out.WriteLine(Line("session", "master", "run", "records", "started", "last record"));
        foreach (OpenSession session in open)
        {
            Console.Out.WriteLine(Line(session.Id, session.Master, session.Run, session.Records, Time(session.StartedMs), Time(session.LastMs)));
        }

        return ExitCode.Success;
    }

    private static int Close(JournalArguments arguments, ParseResult parsed, string topic, SessionId id, CancellationToken stop)
    {
        using IJournal journal = arguments.OpenReadOnlyAsync(parsed, topic, stop).GetAwaiter().GetResult();
        SessionReplay sessions = SessionReplay.Read(journal, "the journal", arguments.Accepted.Gap(parsed), stop);
        if (sessions.Find(id) is not OpenSession session)
        {
            Console.Error.WriteLine($"kafkafs: session {id} is not open; `kafkafs session list` shows those that are");
            return ExitCode.Usage;
        }

        using SessionCloser closer = new(journal, sessions, TimeProvider.System);
        closer.Close(session, stop);
        Console.Out.WriteLine($"kafkafs: session {id} of master {session.Master}, run {session.Run}, is closed");
        return ExitCode.Success;
    }

    private static string Line(object session, object master, object run, object records, object started, object last) =>
        string.Create(CultureInfo.InvariantCulture, $"{session,10} {master,-36} {run,6} {records,12} {started,-24} {last}");

    private static string Time(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms).ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
}
