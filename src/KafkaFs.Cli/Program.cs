using System.CommandLine;
using KafkaFs.Cli.Commands;
using KafkaFs.Hosting.Lifetime;
using KafkaFs.MasterHost;

if (MasterProgram.TryRunCompanion(args, out int code))
{
    return code;
}

ParseResult parsed = CommandTree.Create().Parse(args);
if (parsed.Errors.Count > 0)
{
    foreach (string message in parsed.Errors.Select(error => error.Message).Distinct())
    {
        await Console.Error.WriteLineAsync($"kafkafs: {message}");
    }

    await Console.Error.WriteLineAsync("Try 'kafkafs --help'.");
    return ExitCode.Usage;
}

// No limit on the end: hosts and the demo handle signals themselves, and a clean stop may take longer than any default.
return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
