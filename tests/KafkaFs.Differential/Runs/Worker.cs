using System.Diagnostics;
using KafkaFs.Differential.Calls;
using KafkaFs.Differential.Comparison;
using KafkaFs.Differential.Generation;
using KafkaFs.Differential.Model;
using KafkaFs.Differential.Native;
using KafkaFs.Differential.Sides;

namespace KafkaFs.Differential.Runs;

/// <summary>One thread of one seed, in a subtree of its own. It ends at its first difference: what comes after it would be another state.</summary>
internal sealed class Worker
{
    private readonly Options _options;
    private readonly SideProfile _profile;
    private readonly long _seed;
    private readonly int _index;
    private readonly List<Call> _calls = [];
    private readonly Thread _thread;
    private long _began;

    public Worker(Options options, SideProfile profile, long seed, int index)
    {
        (_options, _profile, _seed, _index) = (options, profile, seed, index);
        _thread = new Thread(Work) { Name = $"worker-{index}", IsBackground = true };
        _thread.Start();
    }

    public Difference? Difference { get; private set; }

    public long Calls { get; private set; }

    public long Errors { get; private set; }

    public long ShortWrites { get; private set; }

    /// <summary>The call that is being made and for how long; null between calls.</summary>
    public (Call Call, TimeSpan For)? Current
    {
        get
        {
            long began = Volatile.Read(ref _began);
            return began == 0 ? null : (_calls[^1], Stopwatch.GetElapsedTime(began));
        }
    }

    public bool Join(TimeSpan limit) => _thread.Join(limit);

    private void Work()
    {
        Credentials.DropGroups();
        NameModel model = new();
        using PairOfSides pair = Subtree.Make(_options, $"worker-{_index}", _profile, model);
        CallGenerator generator = new(new Dice(_seed, _index), model, _profile, Environment.IsPrivilegedProcess);
        int count = _options.Calls / _options.Threads;
        for (int number = 0; number < count && Difference is null; number++)
        {
            Call call = generator.Next();
            _calls.Add(call);
            Volatile.Write(ref _began, Stopwatch.GetTimestamp());
            string? what = pair.Run(call);
            Volatile.Write(ref _began, 0);
            Differ(what, inTree: false);
        }

        if (Difference is null)
        {
            Differ(CompareTrees(pair), inTree: true);
        }

        if (Difference is not null)
        {
            // A replay may need the space.
            foreach (Side side in (Side[])[pair.Subject, pair.Reference])
            {
                side.CloseAll();
                side.Empty();
            }
        }

        (Calls, Errors, ShortWrites) = (pair.Calls, pair.Errors, pair.Subject.ShortWrites);
    }

    /// <summary>The trees of a pair while files are open, and again when all are closed.</summary>
    public static string? CompareTrees(PairOfSides pair)
    {
        List<string> differences = new TreeWalk(pair).Compare();
        int failed = pair.Subject.CloseAll(), expected = pair.Reference.CloseAll();
        if (differences.Count == 0 && failed != expected)
        {
            return $"{failed} closes failed, expected {expected}";
        }

        if (differences.Count == 0)
        {
            new TreeWalk(pair).SettleTimes();
            differences = new TreeWalk(pair).Compare();
        }

        return differences.Count == 0 ? null : string.Join("\n  ", differences);
    }

    private void Differ(string? what, bool inTree) => Difference ??= what is null ? null : new Difference(_seed, _index, _calls, what, inTree);
}
