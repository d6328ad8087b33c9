using System.Diagnostics;
using System.Globalization;
using Confluent.Kafka;
using KafkaFs.Benchmarks.Peers;
using KafkaFs.Hosting.Replication;
using KafkaFs.Journal.Contract;
using KafkaFs.Journal.Kafka;
using KafkaFs.MasterHost;
using KafkaFs.TestKit.Processes;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Win32.SafeHandles;

namespace KafkaFs.Benchmarks;

/// <summary>
/// A master that writes alone, with the journal's tail let go and with always fetching it, against a raw producer of records of the same
/// size. Each in a process of its own, in turn.
/// </summary>
internal static class TailBenchmark
{
    /// <summary>The master's process is this program again, since no setting of `kafkafs` makes it fetch always.</summary>
    public const string MasterCommand = "tail-master";

    private const int Rounds = 5;
    private const int BlockBytes = 128 * 1024;
    private const int FileBlocks = 1_024;
    private const int Parallel = 8;
    private const int MkdirRecordBytes = 120;

    // Longer than it takes to let the tail go, without a break before the measurement.
    private static readonly TimeSpan s_warmUp = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan s_measured = TimeSpan.FromSeconds(2);

    public static async Task RunAsync(string broker, string folder)
    {
        Dictionary<string, List<double[]>> found = [];
        for (int round = 0; round < Rounds; round++)
        {
            Note("raw producer", await RawAsync(broker));
            foreach (bool alwaysFetches in (bool[])[round % 2 != 0, round % 2 == 0])
            {
                Note(alwaysFetches ? "master, always fetching" : "master, tail let go", await MasterAsync(broker, folder, alwaysFetches));
            }
        }

        Console.WriteLine($"{"medians of 5, interleaved",-28} {"MB/s, 1",10} {$"MB/s, {Parallel}",10} {"p50 us",10}     as a part of the raw producer");
        double[] raw = Medians(found["raw producer"]);
        foreach (string who in found.Keys)
        {
            double[] medians = Medians(found[who]);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{who,-28} {medians[0],10:F0} {medians[1],10:F0} {medians[2],10:F0}     {medians[0] / raw[0]:F2} {medians[1] / raw[1]:F2} {medians[2] / raw[2]:F2}"));
        }

        List<double> gaps = await GapsAsync(broker);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"a gap is read from a released reader in {Timing.Median(gaps):F0} us (p50), {gaps.Order().ElementAt(gaps.Count * 99 / 100):F0} us (p99)"));

        void Note(string who, double[] values)
        {
            found.TryAdd(who, []);
            found[who].Add(values);
            Console.Error.WriteLine($"{who}: {string.Join(' ', values.Select(value => value.ToString("F0", CultureInfo.InvariantCulture)))}");
        }
    }

    public static Task<int> RunMasterAsync(bool alwaysFetches, string[] settings)
    {
        AppContext.SetSwitch(ReplicaOpening.AlwaysFetchesSwitch, alwaysFetches);
        return MasterProgram.RunAsync(settings, isService: false);
    }

    // From the decision to fetch again until the record is here, microseconds.
    private static async Task<List<double>> GapsAsync(string broker)
    {
        using KafkaLog log = await KafkaLog.CreateAsync(broker);
        KafkaJournalOptions options = new() { BootstrapServers = broker, Topic = log.Topic };
        using IJournal journal = await new KafkaJournalProvider(options, NullLogger.Instance).OpenAsync(createIfMissing: false, default);
        using IJournalReader reader = journal.OpenReader(0, 0);
        JournalBatch batch = new();
        List<double> times = [];
        for (int index = 0; index < 500; index++)
        {
            reader.Release();
            log.Append(new byte[MkdirRecordBytes]);
            log.Flush();
            long start = Stopwatch.GetTimestamp();
            reader.GoOnAt(log.End - 1);
            while (!reader.Read(batch, TimeSpan.FromSeconds(1)))
            {
                // The first one waits for the connection.
            }

            times.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
        }

        return times;
    }

    private static double[] Medians(List<double[]> rounds) =>
        [.. Enumerable.Range(0, rounds[0].Length).Select(column => Timing.Median([.. rounds.Select(round => round[column])]))];

    private static async Task<double[]> RawAsync(string broker)
    {
        string topic = await CreateTopicAsync(broker);
        try
        {
            using IProducer<Null, byte[]> producer = RawProducer.Open(broker);
            byte[] block = Block();
            double one = MegabytesPerSecond(1, _ => () => Produce(producer, topic, block));
            double several = MegabytesPerSecond(Parallel, _ => () => Produce(producer, topic, block));
            return [one, several, MedianMicroseconds(_ => Produce(producer, topic, new byte[MkdirRecordBytes]))];
        }
        finally
        {
            KafkaLog.DeleteTopic(broker, topic);
        }
    }

    private static void Produce(IProducer<Null, byte[]> producer, string topic, byte[] record)
    {
        using ManualResetEventSlim done = new();
        producer.Produce(new TopicPartition(topic, 0), new Message<Null, byte[]> { Value = record }, _ => done.Set());
        done.Wait();
    }

    private static async Task<double[]> MasterAsync(string broker, string folder, bool alwaysFetches)
    {
        string place = Path.Combine(folder, $"kafkafs-bench-{Guid.NewGuid():N}");
        string mount = Path.Combine(place, "mnt");
        Directory.CreateDirectory(mount);
        string topic = await CreateTopicAsync(broker);
        using Process master = Process.Start(new ProcessStartInfo(
            Environment.ProcessPath!,
            [
                MasterCommand, alwaysFetches.ToString(), $"--KafkaFs:DataRoot={place}/m", $"--KafkaFs:Mount:Mountpoint={mount}", "--KafkaFs:Journal:Provider=kafka",
                $"--KafkaFs:Journal:Kafka:BootstrapServers={broker}", $"--KafkaFs:Journal:Kafka:Topic={topic}", "--Logging:LogLevel:Default=Error",
            ])
        { RedirectStandardOutput = true })!;
        try
        {
            await MountedAsync(master, mount);
            double one = MegabytesPerSecondOfFiles(mount, 1);
            double several = MegabytesPerSecondOfFiles(mount, Parallel);
            return [one, several, MedianMicroseconds(index => Directory.CreateDirectory(Path.Combine(mount, $"d{index}")))];
        }
        finally
        {
            ToolProcess.Try("kill", ["-TERM", master.Id.ToString(CultureInfo.InvariantCulture)]);
            await master.WaitForExitAsync();
            KafkaLog.DeleteTopic(broker, topic);
            Directory.Delete(place, recursive: true);
        }
    }

    private static async Task MountedAsync(Process master, string mount)
    {
        while (!File.ReadAllText("/proc/mounts").Contains($" {mount} ", StringComparison.Ordinal))
        {
            if (master.HasExited)
            {
                throw new InvalidOperationException($"The master ended with {master.ExitCode}.");
            }

            await Task.Delay(50);
        }
    }

    // The same 128 MiB again and again, front to back: a tmpfs is small.
    private static Action Writer(SafeFileHandle file)
    {
        byte[] block = Block();
        long at = 0;
        return () => RandomAccess.Write(file, block, at++ % FileBlocks * BlockBytes);
    }

    private static double MegabytesPerSecondOfFiles(string mount, int count)
    {
        SafeFileHandle[] files = [.. Enumerable.Range(0, count).Select(index => File.OpenHandle(Path.Combine(mount, $"{count}-{index}"), FileMode.Create, FileAccess.Write))];
        double speed = MegabytesPerSecond(count, index => Writer(files[index]));
        Array.ForEach(files, file => file.Dispose());
        return speed;
    }

    private static double MegabytesPerSecond(int threads, Func<int, Action> writer)
    {
        long written = 0;
        bool isMeasured = false, isOver = false;
        Thread[] all = [.. Enumerable.Range(0, threads).Select(index => new Thread(() =>
        {
            Action write = writer(index);
            while (!Volatile.Read(ref isOver))
            {
                write();
                if (Volatile.Read(ref isMeasured))
                {
                    Interlocked.Add(ref written, BlockBytes);
                }
            }
        }))];
        Array.ForEach(all, thread => thread.Start());
        Thread.Sleep(s_warmUp);
        long start = Stopwatch.GetTimestamp();
        Volatile.Write(ref isMeasured, true);
        Thread.Sleep(s_measured);
        Volatile.Write(ref isMeasured, false);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        Volatile.Write(ref isOver, true);
        Array.ForEach(all, thread => thread.Join());
        return written / seconds / 1e6;
    }

    private static double MedianMicroseconds(Action<int> call)
    {
        List<double> times = [];
        Stopwatch watch = Stopwatch.StartNew();
        for (int index = 0; watch.Elapsed < s_warmUp + s_measured; index++)
        {
            long start = Stopwatch.GetTimestamp();
            call(index);
            if (watch.Elapsed > s_warmUp)
            {
                times.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
            }
        }

        return Timing.Median(times);
    }

    private static async Task<string> CreateTopicAsync(string broker)
    {
        string topic = $"kafkafs-bench-{Guid.NewGuid():N}";
        KafkaJournalOptions options = new() { BootstrapServers = broker, Topic = topic };
        (await new KafkaJournalProvider(options, NullLogger.Instance).OpenAsync(createIfMissing: true, default)).Dispose();
        return topic;
    }

    private static byte[] Block()
    {
        byte[] block = new byte[BlockBytes];
        Random.Shared.NextBytes(block);
        return block;
    }
}
