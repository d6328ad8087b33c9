using System.CommandLine;
using KafkaFs.Cli.Verify;
using KafkaFs.Hosting.Lifetime;
using KafkaFs.Posix.Files;
using KafkaFs.Replica.Verification;

namespace KafkaFs.Cli.Commands;

/// <summary>`kafkafs verify DATA-ROOT`.</summary>
internal static class VerifyCommand
{
    public static Command Create()
    {
        Argument<string> root = new Argument<string>("DATA-ROOT") { Description = "the data root of a replica that was stopped" }.RefusingOptions();
        Option<string?> content = new("--content")
        {
            Description = "compare contents too, with those of another replica that was stopped at the same position",
            HelpName = "OTHER-DATA-ROOT",
        };
        Command command = new("verify", """
            Compare a stopped replica's tree with what its namespace says: names, identities, types, attributes, xattrs; a line for each
            difference. Changes nothing. Exit code 0: equal, 1: different, 2: something cannot be read.

            Example:
              kafkafs verify /srv/copy --content /srv/other
            """)
        { root, content };
        command.SetAction(parsed => CommandRun.ToEndAsync(stop => Run(parsed.GetRequiredValue(root), parsed.GetValue(content), stop)));
        return command;
    }

    private static int Run(string path, string? content, CancellationToken stop)
    {
        ProcessCalls.RaiseDescriptorLimit();
        using CommandReporting reporting = new("verify", path);
        using StoppedReplica replica = StoppedReplica.Open(path);
        replica.RequireClean();
        using StoppedReplica? other = content is null ? null : StoppedReplica.Open(content);
        if (other is not null)
        {
            replica.RequireSame(other);
        }

        return new VerificationRun(replica, other, Console.Out, reporting.Progress).Run(stop) ? ExitCode.Success : ExitCode.Different;
    }
}
