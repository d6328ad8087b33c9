namespace KafkaFs.Posix.Files;

/// <summary>Between nanoseconds since 1970 and the kernel's pair of seconds and nanoseconds.</summary>
public static class UnixTime
{
    private const long NsPerSecond = 1_000_000_000;

    /// <summary>Nanoseconds since 1970; what a long cannot hold (before 1677, after 2262) becomes its end.</summary>
    public static long ToNs(long seconds, uint nanoseconds)
    {
        Int128 wide = ((Int128)seconds * NsPerSecond) + nanoseconds;
        return wide > long.MaxValue ? long.MaxValue : wide < long.MinValue ? long.MinValue : (long)wide;
    }

    /// <summary>Seconds (rounded down) and nanoseconds, 0 to 999,999,999.</summary>
    public static (long Seconds, uint Nanoseconds) FromNs(long ns)
    {
        long seconds = Math.DivRem(ns, NsPerSecond, out long rest);
        return rest < 0 ? (seconds - 1, (uint)(rest + NsPerSecond)) : (seconds, (uint)rest);
    }
}
