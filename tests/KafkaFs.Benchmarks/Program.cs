using System.Diagnostics;
using System.Globalization;

// Usage: KafkaFs.Benchmarks MOUNT REFERENCE: the same work on a mount and on a native directory, in turn, as ratios.
if (args.Length != 2)
{
    Console.Error.WriteLine("usage: KafkaFs.Benchmarks MOUNT REFERENCE");
    return 64;
}

const int rounds = 5;
(string Name, Action<string> Work)[] workloads =
[
    ("mkdir + rmdir x200", folder => Repeat(200, index => { Directory.CreateDirectory(Path.Combine(folder, $"d{index}")); Directory.Delete(Path.Combine(folder, $"d{index}")); })),
    ("create + write 4 KiB + delete x200", folder => Repeat(200, index => { string path = Path.Combine(folder, $"f{index}"); File.WriteAllBytes(path, new byte[4_096]); File.Delete(path); })),
    ("write 32 MiB in 1 MiB + fsync", folder => WriteFile(Path.Combine(folder, "big"), 32, 1024 * 1024)),
    ("read it back", folder => File.ReadAllBytes(Path.Combine(folder, "big"))),
];
Console.WriteLine($"{"workload",-38} {"mount s",10} {"native s",10} {"ratio",8}");
foreach ((string name, Action<string> work) in workloads)
{
    List<double> mount = [], native = [];
    for (int round = 0; round < rounds; round++)
    {
        mount.Add(Time(() => work(args[0])));
        native.Add(Time(() => work(args[1])));
    }

    double a = Median(mount), b = Median(native);
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-38} {a,10:F4} {b,10:F4} {a / b,8:F1}"));
}

return 0;

static void Repeat(int count, Action<int> work)
{
    for (int index = 0; index < count; index++)
    {
        work(index);
    }
}

static void WriteFile(string path, int blocks, int size)
{
    byte[] block = new byte[size];
    using FileStream file = new(path, FileMode.Create, FileAccess.Write, FileShare.None, 1);
    Repeat(blocks, _ => file.Write(block));
    file.Flush(flushToDisk: true);
}

static double Time(Action work)
{
    long start = Stopwatch.GetTimestamp();
    work();
    return Stopwatch.GetElapsedTime(start).TotalSeconds;
}

static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
