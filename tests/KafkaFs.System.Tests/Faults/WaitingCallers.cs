using System.Diagnostics;
using KafkaFs.Posix.Processes;
using Xunit;

namespace KafkaFs.System.Tests.Faults;

/// <summary>Processes that wait in a mount: one whose call waits for the journal, and one for the lock that this call holds in the kernel.</summary>
internal sealed class WaitingCallers : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(5);

    // A broker that was paused for longer than broker.session.timeout.ms registers anew first.
    private static readonly TimeSpan s_journalLimit = TimeSpan.FromSeconds(30);

    private readonly Process _caller;
    private readonly Process _behind;

    private WaitingCallers(Process caller, Process behind) => (_caller, _behind) = (caller, behind);

    public IEnumerable<int> Ids => [_caller.Id, _behind.Id];

    /// <summary>`mkdir FOLDER/NAME` and `ls FOLDER`, once both wait; the folder is known to the kernel.</summary>
    public static async Task<WaitingCallers> StartAsync(string folder, string name)
    {
        Process caller = Start("mkdir", Path.Combine(folder, name));
        await Task.Delay(300);
        Process behind = Start("ls", folder);
        for (int attempt = 0; ProcessStat.Read(behind.Id) is not { State: 'D' }; attempt++)
        {
            Assert.False(caller.HasExited, "The caller does not wait.");
            Assert.True(attempt < 400, $"The callers do not wait: {ProcessStat.Read(caller.Id)}, {ProcessStat.Read(behind.Id)}");
            await Task.Delay(25);
            if (behind.HasExited)
            {
                // It came before the other.
                behind.Dispose();
                behind = Start("ls", folder);
            }
        }

        return new WaitingCallers(caller, behind);
    }

    /// <summary>kill -9 of the one that waits for the journal: both end, soon.</summary>
    public void Kill()
    {
        _caller.Kill();
        Ended();
        Assert.Equal(0, _behind.ExitCode);
    }

    /// <summary>Both have ended, or do so soon.</summary>
    public void Ended() => Ended(s_limit);

    /// <summary>The journal is back, and both end.</summary>
    public void EndedByJournal() => Ended(s_journalLimit);

    private void Ended(TimeSpan limit)
    {
        Assert.True(_caller.WaitForExit(limit), $"The caller still waits: {ProcessStat.Read(_caller.Id)}");
        Assert.True(_behind.WaitForExit(limit), $"Who waits behind the caller still does: {ProcessStat.Read(_behind.Id)}");
    }

    public void Dispose()
    {
        _caller.Dispose();
        _behind.Dispose();
    }

    private static Process Start(string program, string path) =>
        Process.Start(new ProcessStartInfo(program, [path]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
}
