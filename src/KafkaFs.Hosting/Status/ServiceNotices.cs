using System.Globalization;
using Microsoft.Extensions.Hosting.Systemd;

namespace KafkaFs.Hosting.Status;

/// <summary>
/// What a unit of Type=notify hears (sd_notify(3)): READY and STOPPING once, words and position when they change and at most once a second.
/// Used under the lock of its owner, but for the signs of life.
/// </summary>
public sealed class ServiceNotices(ISystemdNotifier notifier, TimeProvider clock)
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);

    // Until the next sign of life; the units' TimeoutStartSec= is as long.
    private static readonly TimeSpan s_startExtension = TimeSpan.FromMinutes(2);

    private string _told = "";
    private long? _toldAt;
    private volatile bool _ready;
    private volatile bool _leaving;

    /// <summary>The notices of this process; null unless a service manager wants them (NOTIFY_SOCKET).</summary>
    public static ServiceNotices? OfThisProcess(TimeProvider clock) =>
        string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NOTIFY_SOCKET")) ? null : new ServiceNotices(new SystemdNotifier(), clock);

    /// <summary>How often the service manager wants a sign of life (WatchdogSec=), or null.</summary>
    public static TimeSpan? WatchdogLimit =>
        long.TryParse(Environment.GetEnvironmentVariable("WATCHDOG_USEC"), CultureInfo.InvariantCulture, out long microseconds) && microseconds > 0
            ? TimeSpan.FromMicroseconds(microseconds)
            : null;

    /// <summary>The state, and where the replica stands, which goes behind its words.</summary>
    internal void Tell(HostCondition now, string progress)
    {
        bool enters = false;
        if (now.State == HostState.Ready && !_ready)
        {
            enters = _ready = true;
            notifier.Notify(ServiceState.Ready);
        }
        else if (now.State is HostState.Stopping or HostState.Refused && !_leaving)
        {
            enters = _leaving = true;
            notifier.Notify(ServiceState.Stopping);
        }

        string words = now.Words.ReplaceLineEndings(" ") + progress;
        if (words != _told && (enters || _toldAt is not long at || clock.GetElapsedTime(at) >= s_interval))
        {
            (_told, _toldAt) = (words, clock.GetTimestamp());
            notifier.Notify(new ServiceState($"STATUS={words}"));
        }
    }

    /// <summary>A sign of life, on any thread.</summary>
    public void Pet() => notifier.Notify(new ServiceState(_ready || _leaving ? "WATCHDOG=1" : FormattableString.Invariant($"WATCHDOG=1\nEXTEND_TIMEOUT_USEC={s_startExtension.TotalMicroseconds:F0}")));
}
