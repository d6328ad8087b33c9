using KafkaFs.Hosting.Configuration;
using KafkaFs.Hosting.Metrics;
using KafkaFs.Journal.Contract;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace KafkaFs.Hosting.Status;

/// <summary>Tells `kafkafs status` and `kafkafs top` what this host does.</summary>
internal sealed class HostReporting(
    HostInstance instance,
    HostSettings settings,
    IJournalProvider journal,
    HostStatus status,
    KafkaFsMetrics metrics,
    LastError lastError,
    ILogger<HostReporting> logger) : BackgroundService
{
    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => ReportSocket.ServeAsync(withCallers => Report(withCallers).ToJson(), logger, stoppingToken);

    private HostReport Report(bool withCallers)
    {
        return new HostReport
        {
            Host = instance.FullName,
            Process = Environment.ProcessId,
            Version = HostReport.VersionOfThisProcess,
            Mountpoint = settings.Mountpoint.Length > 0 ? settings.Mountpoint : null,
            DataRoot = settings.DataRoot,
            Journal = journal.Description,
            State = status.State,
            IsReady = status.IsReady,
            Words = status.Words,
            Since = status.Since,
            Progress = status.Work.Now,
            AppliedOffset = status.AppliedOffset,
            EndOffset = status.EndOffset,
            LagSeconds = Math.Round(status.LagSeconds, 3),
            CheckpointPosition = status.Checkpoint?.Position,
            LastError = lastError.Value?.Words,
            LastErrorAt = lastError.Value?.At,
            Calls = metrics.Calls.Read(),
            Callers = withCallers ? metrics.Calls.ReadCallers() : [],
        };
    }
}
