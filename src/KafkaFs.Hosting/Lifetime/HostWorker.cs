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
        if (!await StartedAsync(stoppingToken).ConfigureAwait(false))
        {
            return;
        }

        // At the first sign of a stop, long before the worker has taken everything down: nobody is to send work here any more.
        using CancellationTokenRegistration stopping = lifetime.ApplicationStopping.Register(() => status.Set(HostState.Stopping, "stopping"));
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

    // Only once everything else of the host has started: a port that is taken must end the process before anything is changed.
    private async Task<bool> StartedAsync(CancellationToken stop)
    {
        TaskCompletionSource<bool> started = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using CancellationTokenRegistration running = lifetime.ApplicationStarted.Register(() => started.TrySetResult(true));
        using CancellationTokenRegistration stopped = stop.Register(() => started.TrySetResult(false));
        return await started.Task.ConfigureAwait(false);
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
