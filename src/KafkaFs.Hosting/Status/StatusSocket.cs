using System.Net.Sockets;
using System.Text;
using KafkaFs.Hosting.Configuration;
using KafkaFs.Hosting.Metrics;
using KafkaFs.Journal.Contract;
using KafkaFs.Posix.Files;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace KafkaFs.Hosting.Status;

/// <summary>
/// A Unix socket per host, named by its process: whoever connects is told the <see cref="HostReport"/>. No two hosts collide, and only the host's own user,
/// and root, get in. A host goes on without it.
/// </summary>
internal sealed partial class StatusSocket(
    HostInstance instance,
    HostSettings settings,
    IJournalProvider journal,
    HostStatus status,
    KafkaFsMetrics metrics,
    LastError lastError,
    ILogger<StatusSocket> logger) : BackgroundService
{
    private const uint OnlyOwn = 0x1c0;

    private static readonly TimeSpan s_tellLimit = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (HostReport.Folder is not string folder)
        {
            return;
        }

        string path = Path.Combine(folder, $"{Environment.ProcessId}.socket");
        try
        {
            MakeOwn(Path.GetDirectoryName(folder)!);
            MakeOwn(folder);
            // Of a process that had this number before.
            File.Delete(path);
            using Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            listener.Bind(new UnixDomainSocketEndPoint(path));
            listener.Listen();
            using CancellationTokenRegistration gone = stoppingToken.Register(() => File.Delete(path));
            while (!stoppingToken.IsCancellationRequested)
            {
                using Socket asking = await listener.AcceptAsync(stoppingToken).ConfigureAwait(false);
                await TellAsync(asking).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (exception is SocketException or IOException or UnauthorizedAccessException)
        {
            LogNoSocket(logger, path, exception.Message);
        }
    }

    // What is wrong with it, bind(2) says.
    private static void MakeOwn(string folder) => FileCalls.MakeDirectory(null, Encoding.UTF8.GetBytes(folder), OnlyOwn);

    // Who does not listen is left.
    private async Task TellAsync(Socket asking)
    {
        using CancellationTokenSource limit = new(s_tellLimit);
        try
        {
            await using NetworkStream stream = new(asking);
            await stream.WriteAsync(Report().ToJson(), limit.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            LogNotTold(logger, exception.Message);
        }
    }

    private HostReport Report()
    {
        (CallCount[] operations, CallCount[] callers) = metrics.Calls.Read();
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
            AppliedOffset = status.AppliedOffset,
            EndOffset = status.EndOffset,
            LagSeconds = Math.Round(status.LagSeconds, 3),
            CheckpointPosition = status.Checkpoint?.Position,
            LastError = lastError.Value?.Words,
            LastErrorAt = lastError.Value?.At,
            Calls = operations,
            Callers = callers,
        };
    }

    [LoggerMessage(5030, LogLevel.Warning, "`kafkafs status` does not see this host: '{Path}' cannot be served ({Reason})")]
    private static partial void LogNoSocket(ILogger logger, string path, string reason);

    [LoggerMessage(5031, LogLevel.Debug, "Who asked for the status did not take it: {Reason}")]
    private static partial void LogNotTold(ILogger logger, string reason);
}
