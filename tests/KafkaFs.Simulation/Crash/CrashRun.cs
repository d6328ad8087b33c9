using KafkaFs.Simulation.Disk;
using KafkaFs.Simulation.Records;

namespace KafkaFs.Simulation.Crash;

/// <summary>
/// One seed: a replica follows a random log that grows, and its machine crashes four times at random calls, by a kill or a power
/// cut, while it applies, makes checkpoints, stops, starts or recovers. In the end it must be what the log says.
/// </summary>
internal sealed class CrashRun : IDisposable
{
    private const int Crashes = 4;
    private const int MaxRecords = 120;

    private readonly Random _random;
    private readonly SimulatedReplica _replica;
    private readonly CollidingRecords _records;
    private int _checkpointStep;

    public CrashRun(int seed, Action<string>? listener)
    {
        _random = new Random(seed);
        DiskTraits traits = DiskTraits.Of(_random);
        int interval = _random.Next(5, 31);
        listener?.Invoke($"{traits}, a checkpoint every {interval} records");
        _replica = new SimulatedReplica(traits, _random, interval, listener);
        _records = new CollidingRecords(_random, _replica.Model);
    }

    public void Run()
    {
        Append(_random.Next(10, 60));
        for (int crash = 0; crash < Crashes; crash++)
        {
            _replica.Machine.Arm(_random.Next(1, _random.Next(3) switch { 0 => 30, 1 => 120, _ => 500 }), afterCall: _random.Next(2) == 0);
            try
            {
                Live();
            }
            catch (Exception) when (_replica.Machine.HasCrashed)
            {
                // Whatever the product makes of a machine that has stopped.
            }

            Reboot();
            TryShorterLog();
            Append(_random.Next(3) == 0 ? 0 : _random.Next(1, 20));
        }

        LiveToTheEnd();
    }

    /// <inheritdoc/>
    public void Dispose() => _replica.Dispose();

    // One life of the process, or several with clean stops, until the machine stops.
    private void Live()
    {
        RefuseSomething();
        _replica.Open();
        _checkpointStep = 0;
        for (int step = 0; ; step++)
        {
            switch (_random.Next(12))
            {
                case < 6:
                    ApplySome();
                    break;
                case < 9:
                    StepCheckpoint();
                    break;
                case 9:
                    Append(_random.Next(1, 6));
                    break;
                case 10 when step > 3 && _random.Next(3) == 0:
                    StopCleanly();
                    break;
                case 11 when step > 12 || _replica.Behind == 0:
                    _replica.Machine.Crash("between two calls");
                    break;
            }
        }
    }

    private void ApplySome()
    {
        if (!_replica.Apply(_random.Next(1, 13)))
        {
            StepCheckpoint();
        }
    }

    private void StepCheckpoint()
    {
        switch (_checkpointStep)
        {
            case 0:
                _checkpointStep = _replica.BeginCheckpoint() ? 1 : 0;
                break;
            case 1:
                _replica.SyncCheckpoint();
                _checkpointStep = 2;
                break;
            default:
                _replica.CommitCheckpoint();
                _checkpointStep = 0;
                break;
        }
    }

    private void StopCleanly()
    {
        _replica.Close();
        _checkpointStep = 0;
        if (_random.Next(3) == 0)
        {
            _replica.Machine.Crash("after a clean stop");
        }

        _replica.Open();
    }

    private void Reboot()
    {
        _replica.Drop();
        if (_random.Next(2) == 0)
        {
            _replica.Disk.Restart();
        }
        else
        {
            _replica.Disk.CutPower(_random);
        }
    }

    private void TryShorterLog()
    {
        if (_random.Next(4) == 0 && _replica.KnownNeed() is long need)
        {
            _replica.OpenRefused(need - _random.Next(1, 4));
        }
    }

    private void LiveToTheEnd()
    {
        RefuseSomething();
        _replica.Open();
        _replica.CatchUp(_random.Next(1, 40));
        _replica.Verify();
        if (_random.Next(2) == 0)
        {
            _replica.Close();
            _replica.Open();
            _replica.Verify();
        }
    }

    // A recovery that is refused a call is begun again in the same process, with what that has open.
    private void RefuseSomething()
    {
        if (_random.Next(3) == 0)
        {
            _replica.RefuseInRecovery(_random.Next(1, 80));
        }
    }

    private void Append(int count)
    {
        for (; count > 0 && _replica.Journal.Count < MaxRecords; count--)
        {
            _replica.Land(_records.Next());
        }
    }
}
