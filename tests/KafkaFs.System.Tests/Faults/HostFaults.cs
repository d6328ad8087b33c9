using KafkaFs.System.Tests.NothingLost;
using KafkaFs.TestKit.Kafka.Proxy;

namespace KafkaFs.System.Tests.Faults;

/// <summary>
/// Kills masters and a slave with -9 by chance, also while what they appended is held by the proxies and lands later. It starts again
/// whatever ended, and gives the workers the new mount. One thread.
/// </summary>
internal sealed class HostFaults(ProxiedCluster cluster, IFaultPlan usual, (KeptHost Master, Load Load, string Mount)[] masters, KeptHost slave, Random random)
{
    private int _ghosts;
    private int _blackHoles;

    /// <summary>What was done how often.</summary>
    public string Summary =>
        $"masters killed {masters.Sum(one => one.Master.Kills)} and ended {masters.Sum(one => one.Master.Ends)} times, slave killed {slave.Kills} times, {_ghosts} times with appends held, {_blackHoles} black holes, longest start {masters.Max(one => one.Master.Longest.TotalSeconds):0.0} s";

    /// <summary>Goes on until <paramref name="stop"/>, and leaves all hosts ready.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        try
        {
            await MakeAsync(stop);
        }
        finally
        {
            // Nothing stays held: what is to come must be able to come, also where this fails.
            Release();
        }
    }

    /// <summary>Waits until all are ready.</summary>
    public async Task ReadyAsync()
    {
        foreach ((KeptHost Master, Load, string) one in masters)
        {
            await one.Master.ReadyAsync();
        }

        await slave.ReadyAsync();
    }

    /// <summary>Looks after what ends by itself, for so long.</summary>
    public async Task TendAsync(TimeSpan time, CancellationToken stop)
    {
        for (long end = Environment.TickCount64 + (long)time.TotalMilliseconds; Environment.TickCount64 < end && !stop.IsCancellationRequested;)
        {
            foreach ((KeptHost master, Load load, string mount) in masters)
            {
                load.ThrowIfFailed();
                if (master.StartIfEnded())
                {
                    await master.ReadyAsync();
                    load.Mounted(mount);
                }
            }

            slave.StartIfEnded();
            await Task.Delay(100, CancellationToken.None);
        }
    }

    private async Task MakeAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await TendAsync(TimeSpan.FromSeconds(1 + random.Next(6)), stop);
            switch (stop.IsCancellationRequested ? -1 : random.Next(7))
            {
                case 0 or 1:
                    await KillAsync(masters[random.Next(masters.Length)]);
                    break;
                case 2:
                    await KillAsync(masters);
                    break;
                case 3 or 6:
                    await GhostAsync(masters[random.Next(masters.Length)], stop);
                    break;
                case 4:
                    await BlackHoleAsync(stop);
                    break;
                case 5:
                    slave.Kill();
                    break;
            }
        }
    }

    private void Release()
    {
        cluster.Faults = usual;
        Array.ForEach([.. cluster.Proxies.Values], static proxy => proxy.Release());
    }

    private static async Task KillAsync(params (KeptHost Master, Load Load, string Mount)[] victims)
    {
        Array.ForEach(victims, victim => victim.Master.Kill());
        foreach ((KeptHost master, Load load, string mount) in victims)
        {
            await master.ReadyAsync();
            load.Mounted(mount);
        }
    }

    // The dead master's last appends arrive while its next run starts, or after that.
    private async Task GhostAsync((KeptHost Master, Load Load, string Mount) victim, CancellationToken stop)
    {
        _ghosts++;
        cluster.Faults = new FaultScript().Each(FrameDirection.Request, KafkaApi.Produce, Fate.Hold);
        await TendAsync(TimeSpan.FromMilliseconds(random.Next(300, 2_000)), stop);
        victim.Master.Kill();
        cluster.Faults = usual;
        Task ready = victim.Master.ReadyAsync();
        await (random.Next(2) == 0 ? ready : Task.Delay(random.Next(8_000), CancellationToken.None));
        Release();
        await ready;
        victim.Load.Mounted(victim.Mount);
    }

    private async Task BlackHoleAsync(CancellationToken stop)
    {
        _blackHoles++;
        KafkaProxy proxy = cluster.Proxies[random.Next(1, cluster.Proxies.Count + 1)];
        proxy.Faults = FaultScript.HoldEverything;
        await TendAsync(TimeSpan.FromMilliseconds(random.Next(500, 12_000)), stop);
        proxy.Faults = usual;
        proxy.Release();
    }
}
