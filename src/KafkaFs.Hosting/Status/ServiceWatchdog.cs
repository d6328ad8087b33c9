using Microsoft.Extensions.Hosting;

namespace KafkaFs.Hosting.Status;

/// <summary>
/// Gives the service manager signs of life for as long as this host works: while it follows the journal only if the thread that looks
/// at the replica has done so lately: a host that opens its journal may wait for brokers as long as it takes. It goes on while the host stops or takes
/// down what has failed, which has a limit.
/// </summary>
internal sealed class ServiceWatchdog(HostStatus status, ServiceNotices notices, TimeProvider clock) : IHostedService, IDisposable
{
    /// <summary>Longest time without a look at the replica.</summary>
    public static readonly TimeSpan LookLimit = TimeSpan.FromSeconds(10);

    /// <summary>A host that has failed may need so long to leave mount and checkpoint in order.</summary>
    public static readonly TimeSpan TakeDownLimit = TimeSpan.FromMinutes(5);

    private ITimer? _timer;

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
        bool alive = status.State switch
        {
            HostState.Refused => clock.GetUtcNow() - status.Since < TakeDownLimit,
            HostState.Starting or HostState.Stopping => true,
            _ => status.SinceLook is not TimeSpan since || since < LookLimit,
        };
        if (alive)
        {
            notices.Pet();
        }
    }
}
