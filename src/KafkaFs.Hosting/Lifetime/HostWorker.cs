using KafkaFs.Hosting.Status;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace KafkaFs.Hosting.Lifetime;

/// <summary>
/// The one worker of a host. When it ends, the process ends, with the exit code that says why: left to itself a crashed
/// BackgroundService can end with 0, and systemd would not start it again.
/// </summary>
public abstract partial class HostWorker(HostStatus status, IHostApplicationLifetime lifetime, ILogger logger) : BackgroundService
{
    /// <summary>What the process ends with.</summary>
    public int Result { get; private set; }

    /// <summary>The host's life as a recipe; returns after a clean stop.</summary>
    protected abstract Task RunAsync(CancellationToken stop);

    /// <inheritdoc/>
    protected sealed override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await RunAsync(stoppingToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            LogInterrupted(logger);
        }
        catch (Exception exception) when (Report(exception))
        {
            status.Set(HostState.Refused, exception.Message);
        }

        lifetime.StopApplication();
    }

    private bool Report(Exception exception)
    {
        (Result, string? words) = FailureReport.Describe(exception);
        if (words is null)
        {
            LogCrashed(logger, exception);
        }
        else
        {
            LogFailed(logger, words, Result);
        }

        return true;
    }

    [LoggerMessage(5000, LogLevel.Critical, "{Words} (exit code {ExitCode})")]
    private static partial void LogFailed(ILogger logger, string words, int exitCode);

    [LoggerMessage(5001, LogLevel.Critical, "This is a mistake of KafkaFS, please report it")]
    private static partial void LogCrashed(ILogger logger, Exception exception);

    [LoggerMessage(5002, LogLevel.Information, "Stopped before it was ready")]
    private static partial void LogInterrupted(ILogger logger);
}
