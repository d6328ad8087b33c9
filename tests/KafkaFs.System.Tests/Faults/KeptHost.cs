using System.Diagnostics;
using KafkaFs.Hosting.Lifetime;
using KafkaFs.System.Tests.NothingLost;
using KafkaFs.TestKit.Processes;

namespace KafkaFs.System.Tests.Faults;

/// <summary>A host that is started again when it was killed, or ended where starting again is right, as systemd does. One thread at a time.</summary>
internal sealed class KeptHost(Setup setup, string name, Func<HostUnderTest> start)
{
    private static readonly TimeSpan s_readyLimit = TimeSpan.FromMinutes(4);

    public string Name => name;

    public HostUnderTest Host { get; private set; } = start();

    /// <summary>How often it was killed.</summary>
    public int Kills { get; private set; }

    /// <summary>How often it ended by itself, and was started again.</summary>
    public int Ends { get; private set; }

    /// <summary>The longest time from a start until it was ready.</summary>
    public TimeSpan Longest { get; private set; }

    /// <summary>kill -9, and a new start.</summary>
    public void Kill()
    {
        Host.Kill();
        Kills++;
        Host = setup.Again(Host, start);
    }

    /// <summary>Starts it again if it has ended; true if so. Throws where only an operator could help.</summary>
    public bool StartIfEnded()
    {
        if (!Host.HasExited)
        {
            return false;
        }

        int code = Host.WaitForExit();
        if (code is not (ExitCode.JournalUnavailable or ExitCode.MountAborted))
        {
            throw new InvalidOperationException($"{name} has ended with {code}:\n{string.Join('\n', Host.LogOfThisRun.Split('\n').TakeLast(25))}");
        }

        Ends++;
        TestSetting.Say($"{name} has ended with {code}: {Host.LogOfThisRun.Split('\n').LastOrDefault(line => line.Contains(" crit: ", StringComparison.Ordinal))}");
        Host = setup.Again(Host, start);
        return true;
    }

    /// <summary>Waits until it is ready, however often it has to be started for that.</summary>
    public async Task ReadyAsync()
    {
        Stopwatch watch = Stopwatch.StartNew();
        while (!await Host.IsReadyAsync())
        {
            if (watch.Elapsed > s_readyLimit)
            {
                throw new TimeoutException($"{name} is not ready after {watch.Elapsed.TotalSeconds:0} s: {await Host.AskAsync("/health/ready")}");
            }

            StartIfEnded();
            await Task.Delay(100);
        }

        Longest = watch.Elapsed > Longest ? watch.Elapsed : Longest;
    }
}
