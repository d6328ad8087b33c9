using System.CommandLine;

namespace KafkaFs.Cli.Commands;

/// <summary>All of `kafkafs`.</summary>
internal static class CommandTree
{
    public static RootCommand Create() => new("KafkaFS: a filesystem whose journal is a Kafka topic.")
    {
        HostCommands.Master(),
        HostCommands.Slave(),
        DemoCommand.Create(),
        CompareCommand.Create(),
        VerifyCommand.Create(),
        RepairCommand.Create(),
        LogCommand.Create(),
        StatusCommand.Status(),
        StatusCommand.Top(),
        ConfigCommand.Create(),
        SessionCommand.Create(),
        ImportCommand.Create(),
        RejoinCommand.Create(),
        CleanupCommand.Create(),
    };
}
