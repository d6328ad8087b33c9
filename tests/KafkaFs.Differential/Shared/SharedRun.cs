using KafkaFs.Differential.Calls;
using KafkaFs.Differential.Generation;
using KafkaFs.Differential.Native;
using KafkaFs.Differential.Runs;
using KafkaFs.Differential.Sides;

namespace KafkaFs.Differential.Shared;

/// <summary>
/// Several threads in the same directories: answers cannot be compared with a reference's, since the order is not known. What they say together has
/// to be what is there at the end; that it is what the log says, a comparison with a slave shows.
/// </summary>
internal sealed class SharedRun(Options options)
{
    public int Run()
    {
        long calls = 0;
        int wrong = 0;
        for (int seed = 0; seed < options.Seeds; seed++)
        {
            (long made, List<string> differences) = Run(options.Seed + seed);
            (calls, wrong) = (calls + made, wrong + differences.Count);
            differences.ForEach(difference => Console.WriteLine($"DIFFERENCE seed {options.Seed + seed}: {difference}"));
        }

        Console.WriteLine($"{calls} calls, {options.Seeds} seeds, {wrong} differences");
        return wrong == 0 ? 0 : 1;
    }

    private (long Calls, List<string> Differences) Run(long seed)
    {
        string path = Path.Combine(options.Subject, "shared");
        Directory.CreateDirectory(path);
        DataBlock data = new();
        using Side side = new(path, data);
        side.Empty();
        foreach (string directory in SharedWorker.Directories)
        {
            side.Execute(new Call { Kind = CallKind.Mkdir, Path = directory, Mode = 0x1ed });
        }

        for (int file = 0; file < SharedAppends.Files; file++)
        {
            side.Execute(new Call { Kind = CallKind.Mknod, Path = SharedAppends.PathOf(file), Mode = Linux.S_IFREG | 0x1a4 });
        }

        int blocksMax = Math.Min(SharedAppends.BlocksMax, SharedAppends.BlocksOfAll / options.Threads);
        (SharedNames names, SharedAppends appends) = (new(), new());
        SharedWorker[] workers = [.. Enumerable.Range(0, options.Threads).Select(index => new SharedWorker(new Side(path, data), new Dice(seed, index), index, blocksMax, names, appends))];
        Thread[] threads = [.. workers.Select(worker => new Thread(() => worker.Work(options.Calls / options.Threads)))];
        Array.ForEach(threads, static thread => thread.Start());
        Array.ForEach(threads, static thread => thread.Join());
        return (workers.Sum(static worker => worker.Calls), [.. workers.Select(static worker => worker.Unexpected).OfType<string>(), .. names.Compare(side), .. appends.Compare(side)]);
    }
}
