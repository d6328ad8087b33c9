using System.Diagnostics;
using KafkaFs.Posix.Processes;
using KafkaFs.TestKit.Kafka;
using KafkaFs.TestKit.Processes;
using Xunit;

namespace KafkaFs.System.Tests.Faults;

/// <summary>A master whose only broker goes away while calls wait, and what becomes of the callers, the process and the path. One thread.</summary>
internal sealed class HangRounds(KafkaCluster cluster, Setup setup)
{
    private const int Broker = 1;

    private static readonly string[] s_options = ["--stall-after", "1"];
    private static readonly TimeSpan s_shortLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_endLimit = TimeSpan.FromSeconds(15);

    private int _names;
    private bool _isAway;

    /// <summary>How the broker goes away.</summary>
    internal enum Away
    {
        Paused,
        Stopped,
        Killed,
    }

    /// <summary>How the master ends.</summary>
    internal enum End
    {
        Terminate,
        Kill,
        ForcedUnmount,
        LazyUnmount,
        NotAtAll,
    }

    /// <summary>One round; <paramref name="startsBefore"/>: the next master starts before the broker is back.</summary>
    public async Task RunAsync(Away away, End end, bool startsBefore)
    {
        HostUnderTest master = await setup.Master(options: s_options).ReadyAsync();
        string folder = Path.Combine(setup.Mount, $"d{++_names}"), file = Path.Combine(setup.Mount, "file");
        ToolProcess.Shell($"mkdir {folder}; echo content >{file}; ls {folder} {file}; cat {file}");
        Take(away);
        try
        {
            using WaitingCallers first = await WaitingCallers.StartAsync(folder, "killed");
            await StalledAsync(master);
            ReadsGoOn(file);
            first.Kill();
            ReadsGoOn(folder);
            using WaitingCallers second = await WaitingCallers.StartAsync(folder, "waits");
            if (end != End.NotAtAll)
            {
                await EndAsync(master, second, end);
            }
            else
            {
                Give(away);
                second.EndedByJournal();
                ToolProcess.Shell($"stat {folder}/killed {folder}/waits", s_shortLimit);
            }

            if (startsBefore)
            {
                await StartsBeforeAsync();
            }
        }
        finally
        {
            Give(away);
        }

        master = end == End.NotAtAll ? master : await setup.Master(options: s_options).ReadyAsync();
        ToolProcess.Shell($"mkdir {folder}/after; rmdir {folder}/after; [ $(cat {file}) = content ]", s_shortLimit);
        Assert.Equal(0, master.Stop());
    }

    private async Task EndAsync(HostUnderTest master, WaitingCallers callers, End end)
    {
        int[] processes = [master.Id, master.Companion ?? throw new InvalidOperationException("There is no companion."), .. callers.Ids];
        Stopwatch watch = Stopwatch.StartNew();
        switch (end)
        {
            case End.Terminate:
                master.Signal("TERM");
                break;
            case End.Kill:
                master.Signal("KILL");
                break;
            case End.ForcedUnmount:
                ToolProcess.Try("umount", ["-f", setup.Mount], s_shortLimit);
                break;
            case End.LazyUnmount:
                ToolProcess.Run("umount", ["-l", setup.Mount], s_shortLimit);
                callers.Kill();
                break;
        }

        await GoneAsync(watch, processes, master);
        callers.Ended();
    }

    /// <summary>
    /// Within 5 s nothing is mounted, and none of the processes is unkillable or dead and not gone for so long; within 15 s none is there: a master that
    /// still runs gives the connections to an absent broker up.
    /// </summary>
    public async Task GoneAsync(Stopwatch watch, IEnumerable<int> processes, HostUnderTest master)
    {
        string left;
        TimeSpan lastFree = TimeSpan.Zero;
        do
        {
            await Task.Delay(20);
            (int Id, ProcessStat Stat)[] there = [.. processes.Select(static id => (id, ProcessStat.Read(id) ?? default)).Where(static one => one.Item2 != default && !IsForInit(one.Item2))];
            bool isMounted = File.ReadAllText("/proc/mounts").Contains(setup.Mount + " ", StringComparison.Ordinal);
            left = string.Join(", ", there.Select(static one => $"{one.Id} {one.Stat}")) + (isMounted ? " and the mount" : "");
            lastFree = there.Any(static one => one.Stat.State is 'D' or 'Z') ? lastFree : watch.Elapsed;
            bool isLate = watch.Elapsed > s_endLimit || watch.Elapsed - lastFree > s_shortLimit || (isMounted && watch.Elapsed > s_shortLimit);
            Assert.False(isLate, $"After {watch.Elapsed.TotalSeconds:0.0} s there are still {left}:\n{master.LogOfThisRun}");
        }
        while (left.Length > 0);
    }

    // A companion that has outlived its master is a child of process 1, which may reap it later.
    private static bool IsForInit(ProcessStat stat) => stat is { State: 'Z', Parent: 1 };

    private async Task StartsBeforeAsync()
    {
        HostUnderTest early = setup.Master(options: s_options);
        await Task.Delay(1_500);
        Stopwatch watch = Stopwatch.StartNew();
        early.Signal("TERM");
        await GoneAsync(watch, [early.Id], early);
    }

    private static void ReadsGoOn(string path) => ToolProcess.Shell($"stat {path}; [ ! -f {path} ] || [ $(cat {path}) = content ]; ls {path}", TimeSpan.FromSeconds(10));

    private static async Task StalledAsync(HostUnderTest master)
    {
        for (int attempt = 0; !(await master.AskAsync("/health/ready")).Contains("reported none since", StringComparison.Ordinal); attempt++)
        {
            Assert.True(attempt < 150, $"The master is not stalled:\n{master.LogOfThisRun}");
            await Task.Delay(50);
        }

        // The table of waits is looked through once a second.
        await Task.Delay(1_000);
    }

    private void Take(Away away)
    {
        Action<int> take = away switch
        {
            Away.Paused => cluster.PauseBroker,
            Away.Stopped => cluster.StopBroker,
            _ => cluster.KillBroker,
        };
        take(Broker);
        _isAway = true;
    }

    private void Give(Away away)
    {
        if (!_isAway)
        {
            return;
        }

        _isAway = false;
        if (away == Away.Paused)
        {
            cluster.ResumeBroker(Broker);
        }
        else
        {
            cluster.StartBroker(Broker);
        }
    }
}
