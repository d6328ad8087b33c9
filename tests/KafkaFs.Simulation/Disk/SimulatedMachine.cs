namespace KafkaFs.Simulation.Disk;

/// <summary>
/// A machine that stops at a chosen call, before or after doing it; from then on every call throws until it is started again. For
/// one thread.
/// </summary>
internal sealed class SimulatedMachine
{
    private long _countdown = long.MaxValue;
    private bool _afterCall;

    /// <summary>It has stopped.</summary>
    public bool HasCrashed { get; private set; }

    /// <summary>Where it stopped last, for a person.</summary>
    public string CrashedAt { get; private set; } = "";

    /// <summary>Changing calls since the machine was made.</summary>
    public long Calls { get; private set; }

    /// <summary>Takes every step, in words; null when nobody listens.</summary>
    public Action<string>? Listener { get; set; }

    /// <summary>Stops at the <paramref name="calls"/>-th changing call from now, 1 is the next; after it was done, or before.</summary>
    public void Arm(long calls, bool afterCall) => (_countdown, _afterCall) = (calls, afterCall);

    /// <summary>Does not stop by itself any more.</summary>
    public void Disarm() => _countdown = long.MaxValue;

    /// <summary>Every call begins here.</summary>
    public void ThrowIfCrashed()
    {
        if (HasCrashed)
        {
            throw new SimulatedCrashException(CrashedAt);
        }
    }

    /// <summary>
    /// A changing call begins. True if the machine stops within it, for a call that has a half: then the caller does that, and
    /// <see cref="Crash"/>.
    /// </summary>
    public bool Begin(string call, bool hasHalf = false)
    {
        ThrowIfCrashed();
        Calls++;
        if (--_countdown == 0 && !_afterCall)
        {
            if (hasHalf)
            {
                return true;
            }

            Crash($"before {call}");
        }

        return false;
    }

    /// <summary>A changing call is done.</summary>
    public void End(string call)
    {
        if (_countdown <= 0)
        {
            Crash($"after {call}");
        }
    }

    /// <summary>Stops now. Throws.</summary>
    public void Crash(string at)
    {
        Stop(at);
        throw new SimulatedCrashException(at);
    }

    /// <summary>Stops now, between two calls.</summary>
    public void Stop(string at)
    {
        (HasCrashed, CrashedAt) = (true, $"{at} (call {Calls})");
        Listener?.Invoke($"CRASH {CrashedAt}");
    }

    /// <summary>Starts again; it does not stop until it is armed.</summary>
    public void Start()
    {
        HasCrashed = false;
        Disarm();
    }
}
