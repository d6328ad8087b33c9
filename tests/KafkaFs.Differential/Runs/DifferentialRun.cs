using System.Diagnostics;
using KafkaFs.Differential.Calls;
using KafkaFs.Differential.Comparison;
using KafkaFs.Differential.Generation;
using KafkaFs.Differential.Model;
using KafkaFs.Differential.Sides;

namespace KafkaFs.Differential.Runs;

/// <summary>The default mode: subject against reference. Each returns the exit code.</summary>
internal sealed class DifferentialRun(Options options)
{
    private const int DifferencesMax = 10;
    private readonly SideProfile _profile = ProfileProbe.Probe(options);

    /// <summary>Random calls by seed; what the last seed made stays, for --verify-only.</summary>
    public int Random()
    {
        long calls = 0, errors = 0, shortWrites = 0;
        int seeds = 0, differences = 0;
        Stopwatch watch = Stopwatch.StartNew();
        DifferenceReport report = new(new Replay(options, _profile));
        for (; seeds < options.Seeds && differences < DifferencesMax; seeds++)
        {
            long seed = options.Seed + seeds;
            if (SeedRun.Run(options, _profile, seed) is not { } workers)
            {
                return 2;
            }

            (calls, errors, shortWrites) = (calls + workers.Sum(static worker => worker.Calls), errors + workers.Sum(static worker => worker.Errors), shortWrites + workers.Sum(static worker => worker.ShortWrites));
            foreach (Difference difference in workers.Select(static worker => worker.Difference).OfType<Difference>())
            {
                differences++;
                report.Tell(difference);
            }

            if (options.Verbose)
            {
                Console.WriteLine($"seed {seed}: {calls} calls so far, {errors * 100 / Math.Max(calls, 1)} % errors, {shortWrites} short writes, {calls / watch.Elapsed.TotalSeconds:f0} calls/s");
            }
        }

        Console.WriteLine($"{calls} calls, {seeds} seeds, {differences} differences");
        return differences == 0 ? 0 : 1;
    }

    public int Replay(string file)
    {
        List<Call> calls = CallFile.Read(file);
        (string What, int Number)? found = new Replay(options, _profile).Run(calls);
        if (found is { } difference)
        {
            Console.WriteLine(difference.Number == calls.Count ? "the trees differ after all calls:" : CallText.Format(calls[difference.Number]));
            Console.WriteLine("  " + difference.What);
        }

        Console.WriteLine($"{calls.Count} calls, 0 seeds, {(found is null ? 0 : 1)} differences");
        return found is null ? 0 : 1;
    }

    public int Verify()
    {
        DataBlock data = new();
        using PairOfSides pair = new(new Side(options.Subject, data), new Side(options.Reference, data), new NameModel(), _profile);
        List<string> differences = new TreeWalk(pair).Compare();
        differences.ForEach(Console.WriteLine);
        Console.WriteLine($"0 calls, 0 seeds, {differences.Count} differences");
        return differences.Count == 0 ? 0 : 1;
    }
}
