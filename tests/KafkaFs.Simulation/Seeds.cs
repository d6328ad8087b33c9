using System.Globalization;
using Xunit;

namespace KafkaFs.Simulation;

/// <summary>What a run did, for the one that fails.</summary>
internal sealed class Trace(int lines = 60)
{
    private readonly Queue<string> _lines = new();
    private byte[] _record = [];

    public void Add(string line)
    {
        _lines.Enqueue(line);
        if (_lines.Count > lines)
        {
            _lines.Dequeue();
        }
    }

    /// <summary>The record under way, for the one that throws.</summary>
    public void Note(byte[] record) => _record = record;

    public override string ToString() => string.Join('\n', _lines) + (_record.Length > 0 ? $"\nthe last record: {Convert.ToHexString(_record)}" : "");
}

/// <summary>
/// Runs a simulation for many seeds, several at once. A failure names its seed: KAFKAFS_TEST_SEED=N runs that one alone and prints
/// its trace; KAFKAFS_TEST_SEEDS=N runs so many of each.
/// </summary>
internal static class Seeds
{
    /// <summary>One seed is to run alone.</summary>
    public static bool IsOne => Only is not null;

    private static int? Only => Number("KAFKAFS_TEST_SEED");

    public static int Count(string simulation, int usual)
    {
        int count = Only is null ? Number("KAFKAFS_TEST_SEEDS") ?? usual : 1;
        TestContext.Current.TestOutputHelper?.WriteLine($"{simulation}: {count} seeds");
        return count;
    }

    public static void Run(int count, Action<int, Trace> simulate, int traceLines = 60)
    {
        int first = Only ?? 1;
        Parallel.For(first, first + count, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, seed =>
        {
            Trace trace = new(traceLines);
            try
            {
                simulate(seed, trace);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                throw new InvalidOperationException(
                    $"seed {seed} (again with KAFKAFS_TEST_SEED={seed}): {exception.Message}\nThe last steps:\n{trace}", exception);
            }

            if (Only is not null)
            {
                TestContext.Current.TestOutputHelper?.WriteLine(trace.ToString());
            }
        });
    }

    private static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : null;
}
