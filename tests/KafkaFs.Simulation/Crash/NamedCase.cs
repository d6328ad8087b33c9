using KafkaFs.Simulation.Disk;

namespace KafkaFs.Simulation.Crash;

/// <summary>
/// A scripted log behind a checkpoint, tried with a crash at every call of the run, by a kill and by a power cut that leaves every
/// number of the calls on names; and with a second crash at every call of the recovery.
/// </summary>
internal sealed class NamedCase(string before, string after, DiskTraits traits, Action<string>? listener)
{
    private const int Kill = -1;

    /// <summary>Runs made.</summary>
    public int Runs { get; private set; }

    public void Try()
    {
        bool crashes = true;
        for (int call = 1; crashes; call++)
        {
            crashes = TryCrashAt(call, afterCall: false);
            crashes &= TryCrashAt(call, afterCall: true);
        }
    }

    // False if the run ends without that many calls.
    private bool TryCrashAt(int call, bool afterCall)
    {
        if (Run(call, afterCall, Kill, 0, secondCall: 0) is not int unsynced)
        {
            return false;
        }

        for (int kept = 0; kept <= unsynced; kept++)
        {
            Run(call, afterCall, kept, dataPercent: (call + kept) % 3 * 50, secondCall: 0);
        }

        if (!afterCall)
        {
            TrySecond(call, (call % 3) switch { 0 => Kill, 1 => unsynced / 2, _ => unsynced });
        }

        return true;
    }

    private void TrySecond(int call, int kept)
    {
        for (int secondCall = 1; Run(call, afterCall: false, kept, 100, secondCall) is not null; secondCall++)
        {
        }
    }

    // The calls on names that the last crash could take; null if a crash did not happen.
    private int? Run(int call, bool afterCall, int kept, int dataPercent, int secondCall)
    {
        Runs++;
        listener?.Invoke($"RUN crash at call {call} after it: {afterCall}, {(kept == Kill ? "kill" : $"power cut that keeps {kept} calls on names and {dataPercent} % of the data")}, in recovery at {secondCall}");
        Random random = new(call);
        using SimulatedReplica replica = new(traits, random, checkpointRecords: 100, listener);
        Begin(replica);
        if (!Crashes(replica, call, afterCall, () => replica.Apply(100)))
        {
            return null;
        }

        int unsynced = replica.Disk.UnsyncedCalls;
        Reboot(replica, kept, random, dataPercent);
        if (secondCall > 0)
        {
            if (!Crashes(replica, secondCall, afterCall: secondCall % 2 == 0, replica.Open))
            {
                return null;
            }

            unsynced = replica.Disk.UnsyncedCalls;
            Reboot(replica, kept == Kill ? Kill : (unsynced + (call % 2)) / 2, random, dataPercent: 50);
        }

        replica.Open();
        replica.CatchUp(100);
        replica.Verify();
        return unsynced;
    }

    private void Begin(SimulatedReplica replica)
    {
        ScriptedRecords records = new(replica.Model);
        foreach (byte[] record in records.Beginning())
        {
            replica.Land(record);
        }

        foreach (string command in Commands(before))
        {
            replica.Land(records.Of(command));
        }

        replica.Open();
        replica.CatchUp(100);
        replica.Checkpoint();
        foreach (string command in Commands(after))
        {
            replica.Land(records.Of(command));
        }
    }

    private static bool Crashes(SimulatedReplica replica, int call, bool afterCall, Action step) => Crashes(replica, call, afterCall, () => { step(); return true; });

    private static bool Crashes(SimulatedReplica replica, int call, bool afterCall, Func<bool> step)
    {
        replica.Machine.Arm(call, afterCall);
        try
        {
            step();
        }
        catch (Exception) when (replica.Machine.HasCrashed)
        {
            // Whatever the product makes of a machine that has stopped.
        }

        bool crashed = replica.Machine.HasCrashed;
        replica.Machine.Disarm();
        if (!crashed)
        {
            replica.Verify();
        }

        replica.Drop();
        return crashed;
    }

    private static void Reboot(SimulatedReplica replica, int kept, Random random, int dataPercent)
    {
        if (kept == Kill)
        {
            replica.Disk.Restart();
        }
        else
        {
            replica.Disk.CutPower(Math.Min(kept, replica.Disk.UnsyncedCalls), random, dataPercent);
        }
    }

    private static string[] Commands(string commands) => commands.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
