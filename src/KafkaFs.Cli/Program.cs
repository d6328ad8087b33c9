using System.CommandLine;
using KafkaFs.Cli.Commands;
using KafkaFs.Hosting.Lifetime;

RootCommand root = new("KafkaFS: a filesystem whose journal is a Kafka topic.")
{
    HostCommands.Master(),
    HostCommands.Slave(),
    DemoCommand.Create(),
    CompareCommand.Create(),
    LogCommand.Create(),
};
ParseResult parsed = root.Parse(args);
if (parsed.Errors.Count > 0)
{
    foreach (string message in parsed.Errors.Select(error => error.Message).Distinct())
    {
        await Console.Error.WriteLineAsync($"kafkafs: {message}");
    }

    await Console.Error.WriteLineAsync("Try 'kafkafs --help'.");
    return ExitCode.Usage;
}

return await parsed.InvokeAsync();
