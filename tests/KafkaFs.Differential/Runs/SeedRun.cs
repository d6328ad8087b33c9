using KafkaFs.Differential.Generation;

namespace KafkaFs.Differential.Runs;

/// <summary>All workers of one seed.</summary>
internal static class SeedRun
{
    private static readonly TimeSpan s_hangs = TimeSpan.FromSeconds(60);

    /// <summary>Waits for the workers' end; null if a call does not return, which was said.</summary>
    public static Worker[]? Run(Options options, SideProfile profile, long seed)
    {
        Worker[] workers = [.. Enumerable.Range(0, options.Threads).Select(index => new Worker(options, profile, seed, index))];
        foreach (Worker worker in workers)
        {
            while (!worker.Join(TimeSpan.FromSeconds(1)))
            {
                if (worker.Current is { } current && current.For > s_hangs)
                {
                    Console.WriteLine($"seed {seed}: a call does not return for {current.For.TotalSeconds:f0} s: {Calls.CallText.Format(current.Call)}");
                    return null;
                }
            }
        }

        return workers;
    }
}
