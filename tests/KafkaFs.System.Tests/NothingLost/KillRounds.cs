using System.Diagnostics;
using KafkaFs.TestKit.Processes;

namespace KafkaFs.System.Tests.NothingLost;

/// <summary>A master and a slave that are killed with -9, by chance, and started again.</summary>
internal sealed class KillRounds(Setup setup, Random random)
{
    private static readonly TimeSpan s_readyLimit = TimeSpan.FromMinutes(5);

    private readonly Dictionary<string, int> _kills = [];
    private TimeSpan _longest;

    public HostUnderTest Master { get; private set; } = setup.Master();

    public HostUnderTest Slave { get; private set; } = setup.Slave();

    public string Summary => $"{_kills.Values.Sum()} kills ({string.Join(", ", _kills.OrderBy(kind => kind.Key, StringComparer.Ordinal).Select(kind => $"{kind.Key} {kind.Value}"))}), longest restart to ready {_longest.TotalSeconds:0.0} s";

    public async Task ReadyAsync()
    {
        Stopwatch watch = Stopwatch.StartNew();
        await Task.WhenAll(Master.ReadyAsync(s_readyLimit), Slave.ReadyAsync(s_readyLimit));
        _longest = watch.Elapsed > _longest ? watch.Elapsed : _longest;
    }

    /// <summary>Kills one or both, sometimes again before they are ready; returns whether the mount is a new one, when both are ready.</summary>
    public async Task<bool> RoundAsync()
    {
        bool master = random.Next(3) > 0, slave = !master || random.Next(2) == 0;
        Kill(master, slave, master && slave ? "both" : master ? "master" : "slave");
        for (int again = random.Next(2) == 0 ? random.Next(1, 3) : 0; again > 0; again--)
        {
            await Task.Delay(random.Next(10, 500));
            bool masterToo = master && random.Next(3) > 0, slaveToo = !masterToo || random.Next(2) == 0;
            string when = masterToo && await Master.IsReadyAsync() || slaveToo && await Slave.IsReadyAsync() ? "just ready" : "before ready";
            Kill(masterToo, slaveToo, when);
        }

        await ReadyAsync();
        return master;
    }

    private void Kill(bool master, bool slave, string kind)
    {
        if (master)
        {
            Master.Kill();
        }

        if (slave)
        {
            Slave.Kill();
        }

        _kills[kind] = _kills.GetValueOrDefault(kind) + (master ? 1 : 0) + (slave ? 1 : 0);
        Master = master ? setup.Again(Master, () => setup.Master()) : Master;
        Slave = slave ? setup.Again(Slave, () => setup.Slave()) : Slave;
    }
}
