using System.Diagnostics;

namespace KafkaFs.Benchmarks.Peers;

/// <summary>What is measured in a folder, once; a figure each.</summary>
internal static class Workloads
{
    private const int ReadBytes = 64 << 20;
    private const int BlockBytes = 128 << 10;
    private const int Names = 10_000;

    private static readonly TimeSpan s_time = TimeSpan.FromSeconds(1);

    // A master that writes alone lets the tail of its journal go after a second.
    private static readonly TimeSpan s_steadyAfter = TimeSpan.FromSeconds(1.2);
    private static readonly byte[] s_data = RandomBytes(1 << 20);

    private static int s_unique;

    /// <summary>Calls a second that the kernel asks the filesystem for, whatever it knows.</summary>
    public static double GetAttributesUncached(string folder)
    {
        int fd = Libc.Open(folder, Libc.ReadOnly);
        double rate = Rate(() => Libc.StatUncached(fd));
        Libc.Close(fd);
        return rate;
    }

    /// <summary>Names that are not there, each another.</summary>
    public static double LookUpUncached(string folder)
    {
        int round = Unique();
        int index = 0;
        return Rate(() => Libc.Stat($"{folder}/absent-{round}-{index++}"));
    }

    public static double StatCached(string folder)
    {
        string path = Path.Combine(folder, $"stat-{Unique()}");
        File.WriteAllText(path, "");
        return Rate(() => Libc.Stat(path));
    }

    /// <summary>Names a second.</summary>
    public static double ListCached(string folder)
    {
        string path = Path.Combine(folder, "list");
        if (Directory.CreateDirectory(path).EnumerateFileSystemInfos().FirstOrDefault() is null)
        {
            Array.ForEach([.. Enumerable.Range(0, Names)], index => File.WriteAllText($"{path}/{index}", ""));
        }

        Libc.List(path);
        return Rate(() => Libc.List(path)) * Names;
    }

    /// <summary>MB/s from the page cache.</summary>
    public static double ReadWarm(string folder)
    {
        int fd = Libc.Open(FileToRead(folder), Libc.ReadOnly);
        byte[] block = new byte[BlockBytes];
        ReadAll(fd, block);
        double rate = Rate(() => ReadAll(fd, block));
        Libc.Close(fd);
        return rate * ReadBytes / 1e6;
    }

    /// <summary>MB/s front to back, with nothing of it in the page cache of the mount.</summary>
    public static double ReadCold(string folder)
    {
        string path = FileToRead(folder);
        byte[] block = new byte[BlockBytes];
        Stopwatch watch = new();
        int passes = 0;
        for (; watch.Elapsed < s_time; passes++)
        {
            int fd = Libc.Open(path, Libc.ReadOnly);
            Libc.Forget(fd);
            watch.Start();
            ReadAll(fd, block);
            watch.Stop();
            Libc.Close(fd);
        }

        return passes * (ReadBytes / 1e6) / watch.Elapsed.TotalSeconds;
    }

    /// <summary>Half of the calls take no longer, microseconds.</summary>
    public static double MakeDirectoryMedian(string folder)
    {
        string path = Directory.CreateDirectory(Path.Combine(folder, $"mkdir-{Unique()}")).FullName;
        return Median(index => Libc.MakeDirectory($"{path}/{index}"));
    }

    /// <summary>The same of a bare question to the filesystem.</summary>
    public static double GetAttributesMedian(string folder)
    {
        int fd = Libc.Open(folder, Libc.ReadOnly);
        double median = Median(_ => Libc.StatUncached(fd));
        Libc.Close(fd);
        return median;
    }

    /// <summary>Files a second: create, 4 KiB, close.</summary>
    public static Func<string, double> Files(int threads, bool inOneFolder) => folder =>
    {
        string path = Path.Combine(folder, $"files-{Unique()}");
        string[] folders = [.. Enumerable.Range(0, threads).Select(index => Directory.CreateDirectory(inOneFolder ? path : $"{path}-{index}").FullName)];
        long made = 0;
        bool isOver = false;
        Thread[] all = [.. Enumerable.Range(0, threads).Select(thread => new Thread(() =>
        {
            for (int index = 0; !Volatile.Read(ref isOver); index++)
            {
                int fd = Libc.Open($"{folders[thread]}/{thread}-{index}", Libc.WriteOnly | Libc.Create);
                Libc.Write(fd, s_data.AsSpan(0, 4096), 0);
                Libc.Close(fd);
                Interlocked.Increment(ref made);
            }
        }))];
        Stopwatch watch = Stopwatch.StartNew();
        Array.ForEach(all, thread => thread.Start());
        Thread.Sleep(s_time);
        Volatile.Write(ref isOver, true);
        Array.ForEach(all, thread => thread.Join());
        double rate = made / watch.Elapsed.TotalSeconds;
        // A native tmpfs would be full of them soon.
        Array.ForEach([.. folders.Distinct()], made => Directory.Delete(made, recursive: true));
        return rate;
    };

    /// <summary>MB/s: a file written front to back in blocks, and one fsync, again and again; a master has let its journal's tail go by then.</summary>
    public static Func<string, double> Write(int blockBytes) => folder =>
    {
        string path = Path.Combine(folder, "written");
        int fd = Libc.Open(path, Libc.WriteOnly | Libc.Create);
        long bytes = WrittenBytes(blockBytes);
        Stopwatch all = Stopwatch.StartNew();
        List<double> speeds = [];
        while (all.Elapsed < s_steadyAfter || speeds.Count == 0 || all.Elapsed < s_steadyAfter + s_time)
        {
            bool isSteady = all.Elapsed >= s_steadyAfter;
            Stopwatch watch = Stopwatch.StartNew();
            for (long at = 0; at < bytes; at += blockBytes)
            {
                Libc.Write(fd, s_data.AsSpan(0, blockBytes), at);
            }

            Libc.Sync(fd);
            if (isSteady)
            {
                speeds.Add(bytes / 1e6 / watch.Elapsed.TotalSeconds);
            }
        }

        Libc.Close(fd);
        return Timing.Median(speeds);
    };

    /// <summary>How much one measurement of <see cref="Write"/> writes.</summary>
    public static long WrittenBytes(int blockBytes) => blockBytes == 4096 ? 16 << 20 : 128 << 20;

    private static string FileToRead(string folder)
    {
        string path = Path.Combine(folder, "read");
        if (!File.Exists(path))
        {
            int fd = Libc.Open(path, Libc.WriteOnly | Libc.Create);
            for (long at = 0; at < ReadBytes; at += s_data.Length)
            {
                Libc.Write(fd, s_data, at);
            }

            Libc.Sync(fd);
            Libc.Close(fd);
        }

        return path;
    }

    private static void ReadAll(int fd, byte[] block)
    {
        for (long at = 0; at < ReadBytes; at += block.Length)
        {
            Libc.Read(fd, block, at);
        }
    }

    private static double Rate(Action call)
    {
        long calls = 0;
        Stopwatch watch = Stopwatch.StartNew();
        while (watch.Elapsed < s_time)
        {
            for (int index = 0; index < 8; index++)
            {
                call();
            }

            calls += 8;
        }

        return calls / watch.Elapsed.TotalSeconds;
    }

    private static double Median(Action<int> call)
    {
        List<double> times = [];
        Stopwatch watch = Stopwatch.StartNew();
        for (int index = 0; watch.Elapsed < s_steadyAfter + s_time; index++)
        {
            long start = Stopwatch.GetTimestamp();
            call(index);
            if (watch.Elapsed >= s_steadyAfter)
            {
                times.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
            }
        }

        return Timing.Median(times);
    }

    private static int Unique() => Interlocked.Increment(ref s_unique);

    private static byte[] RandomBytes(int length)
    {
        byte[] bytes = new byte[length];
        Random.Shared.NextBytes(bytes);
        return bytes;
    }
}
