namespace KafkaFs.Benchmarks;

/// <summary>Ordinary calls of programs on a mount.</summary>
internal static class MountBenchmark
{
    private static readonly (string Name, Action<string> Work)[] s_workloads =
    [
        ("mkdir + rmdir x200", folder => Repeat(200, index => { Directory.CreateDirectory(Path.Combine(folder, $"d{index}")); Directory.Delete(Path.Combine(folder, $"d{index}")); })),
        ("create + write 4 KiB + delete x200", folder => Repeat(200, index => { string path = Path.Combine(folder, $"f{index}"); File.WriteAllBytes(path, new byte[4_096]); File.Delete(path); })),
        ("write 32 MiB in 1 MiB + fsync", folder => WriteFile(Path.Combine(folder, "big"), 32, 1024 * 1024)),
        ("read it back", folder => File.ReadAllBytes(Path.Combine(folder, "big"))),
    ];

    public static void Run(string mount, string reference)
    {
        Timing.Header("mount");
        foreach ((string name, Action<string> work) in s_workloads)
        {
            Timing.Compare(name, () => work(mount), () => work(reference));
        }
    }

    private static void Repeat(int count, Action<int> work)
    {
        for (int index = 0; index < count; index++)
        {
            work(index);
        }
    }

    private static void WriteFile(string path, int blocks, int size)
    {
        byte[] block = new byte[size];
        using FileStream file = new(path, FileMode.Create, FileAccess.Write, FileShare.None, 1);
        Repeat(blocks, _ => file.Write(block));
        file.Flush(flushToDisk: true);
    }
}
