using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace KafkaFs.Hosting.Status;

/// <summary>
/// Gives the service manager signs of life for as long as this host is alive (<see cref="HostStatus.IsAlive"/>). Before the host is ready they also give its
/// start more time (EXTEND_TIMEOUT_USEC of sd_notify(3)): brokers are waited for, and history is caught up with, for as long as it takes.
/// </summary>
internal sealed partial class ServiceWatchdog(HostStatus status, ServiceNotices notices, TimeProvider clock, ILogger<ServiceWatchdog> logger) : IHostedService, IDisposable
{
    private ITimer? _timer;
    private bool _toldHang;

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (ServiceNotices.WatchdogLimit is TimeSpan limit)
        {
            _timer = clock.CreateTimer(_ => Look(), null, TimeSpan.Zero, limit / 3);
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public void Dispose() => _timer?.Dispose();

    /// <summary>One sign of life, if the host deserves it.</summary>
    internal void Look()
    {
        bool isAlive = status.IsAlive;
        if (isAlive)
        {
            notices.Pet();
        }
        else if (!_toldHang)
        {
            LogHang(logger, status.Hang ?? status.Words);
        }

        _toldHang = !isAlive;
    }

    [LoggerMessage(5050, LogLevel.Error, "This host hangs, and the service manager will end it and start it again: {Words}")]
    private static partial void LogHang(ILogger logger, string words);
}
