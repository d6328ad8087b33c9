using System.CommandLine;
using KafkaFs.Cli.Demo;

namespace KafkaFs.Cli.Commands;

/// <summary>`kafkafs demo`.</summary>
internal static class DemoCommand
{
    public static Command Create()
    {
        Option<string> broker = new("--broker") { Description = "use Kafka instead of the embedded journal, with a topic of its own", HelpName = "HOST:PORT" };
        Option<bool> once = new("--once") { Description = "end after the table" };
        Argument<string?> folder = new("FOLDER") { Description = "the tree to copy in (default: one that every machine has)", Arity = ArgumentArity.ZeroOrOne };
        Command command = new("demo", """
            Start a master and a slave in a temporary folder, work on the mount, and compare. Exit code 0 only if they are equal.

            Examples:
              kafkafs demo
              kafkafs demo --once --broker localhost:9092 ~/projects
            """)
        { folder, broker, once };
        command.SetAction((parsed, stop) => new DemoRun(parsed.GetValue(broker), parsed.GetValue(folder), parsed.GetValue(once)).RunAsync(stop));
        return command;
    }
}
