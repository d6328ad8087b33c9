using KafkaFs.Hosting.Status;
using KafkaFs.Replica;
using Microsoft.Extensions.Logging.Abstractions;

namespace KafkaFs.Cli.Commands;

/// <summary>Tells `kafkafs status` how far this command is, until it is disposed.</summary>
internal sealed class CommandReporting : IDisposable
{
    private readonly CancellationTokenSource _end = new();
    private readonly Task _serving;

    public CommandReporting(string command, string dataRoot)
    {
        (string place, DateTimeOffset since) = (Path.GetFullPath(dataRoot), TimeProvider.System.GetUtcNow());
        _serving = ReportSocket.ServeAsync(
            _ => new CommandReport(command, Environment.ProcessId, HostReport.VersionOfThisProcess, place, since, Progress.Now).ToJson(), NullLogger.Instance, _end.Token);
    }

    /// <summary>Told by the command.</summary>
    public WorkProgress Progress { get; } = new(TimeProvider.System);

    /// <inheritdoc/>
    public void Dispose()
    {
        _end.Cancel();
        _serving.GetAwaiter().GetResult();
        _end.Dispose();
    }
}
