using System.Diagnostics;
using System.Globalization;
using Confluent.Kafka;
using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.TestKit.Journal;
using KafkaFs.TestKit.Processes;
using Microsoft.Win32.SafeHandles;

namespace KafkaFs.Benchmarks;

/// <summary>
/// A slave that is far behind, in a process of its own, against a raw consumer of the same topic that throws everything away: first many
/// small records, then writes of 128 KiB; with nobody writing meanwhile, and with somebody. And against the same writes to plain files of the
/// same folder: on memory that a virtual machine's host gives only when it is touched those may be the slower of the two.
/// </summary>
internal static class CatchUpBenchmark
{
    private const int BlockBytes = 128 * 1024;
    private const int BlocksPerFile = 64;
    private const int WritesPerSecond = 400;

    public static async Task RunAsync(string broker, string folder, int writes, int small, int files)
    {
        string place = Path.Combine(folder, $"kafkafs-bench-{Guid.NewGuid():N}");
        Directory.CreateDirectory(place);
        try
        {
            using KafkaLog log = await KafkaLog.CreateAsync(broker);
            RecordWriter writer = new(Guid.NewGuid(), Guid.NewGuid());
            Stopwatch watch = Stopwatch.StartNew();
            long firstWrite = Fill(log, writer, writes, small, files);
            Say($"{log.End:N0} records appended in {watch.Elapsed.TotalSeconds:F1} s, {writes:N0} of them writes of 128 KiB");
            Phases phases = new(firstWrite, log.End);
            Say($"{"",-34} {"small/s",10} {"writes/s",10} {"MB/s",8}");
            Rates raw = Consume(log, phases);
            raw.Print("raw consumer");
            Plain(place, writes, files);
            (await FollowAsync(place, log, phases, null)).PrintAgainst(raw, "slave, nobody writes");
            Rates again = Consume(log, phases);
            again.Print("raw consumer again");
            (await FollowAsync(place, log, phases, writer)).PrintAgainst(again, $"slave, {WritesPerSecond * BlockBytes / 1e6:F0} MB/s are written");
        }
        finally
        {
            Directory.Delete(place, recursive: true);
        }
    }

    // Returns the offset of the first write.
    private static long Fill(KafkaLog log, RecordWriter writer, int writes, int small, int most)
    {
        log.Append(writer.FilesystemCreated());
        log.Append(writer.SessionStarted());
        List<FileId> files = [];
        FileId directory = FileId.Root;
        for (int index = 0; log.End < small; index++)
        {
            if (index % 1_000 == 0)
            {
                log.Append(writer.Mkdir($"directory-{index}"));
                directory = writer.Last;
            }

            log.Append(writer.Create($"file-{index}", directory));
            files.Add(writer.Last);
            Change mode = new() { Kind = ChangeKind.SetAttr, Inode = writer.Last, Mode = 0x180, HasMode = true };
            log.Append(writer.Encode(ref mode));
        }

        byte[] block = new byte[BlockBytes];
        Random.Shared.NextBytes(block);
        long first = log.End;
        for (int index = 0; index < writes; index++)
        {
            log.Append(Write(writer, files[index / BlocksPerFile % Math.Min(files.Count, most)], index % BlocksPerFile, block));
        }

        log.Flush();
        return first;
    }

    private static byte[] Write(RecordWriter writer, FileId file, int at, byte[] block)
    {
        Change write = new() { Kind = ChangeKind.Write, Inode = file, Offset = (ulong)at * BlockBytes, Data = block };
        return writer.Encode(ref write);
    }

    // The same writes, in the same order, to files that are new.
    private static void Plain(string place, int writes, int files)
    {
        string folder = Directory.CreateDirectory(Path.Combine(place, "plain")).FullName;
        byte[] block = new byte[BlockBytes];
        Random.Shared.NextBytes(block);
        Stopwatch watch = Stopwatch.StartNew();
        for (int index = 0; index < writes; index += BlocksPerFile)
        {
            string file = Path.Combine(folder, (index / BlocksPerFile % files).ToString(CultureInfo.InvariantCulture));
            using SafeFileHandle handle = File.OpenHandle(file, FileMode.OpenOrCreate, FileAccess.Write);
            for (int at = 0; at < Math.Min(BlocksPerFile, writes - index); at++)
            {
                RandomAccess.Write(handle, block, (long)at * BlockBytes);
            }
        }

        double rate = writes / watch.Elapsed.TotalSeconds;
        Say($"{"plain files",-34} {"",10} {rate,10:F0} {rate * BlockBytes / 1e6,8:F0}");
        Directory.Delete(folder, recursive: true);
    }

    private static Rates Consume(KafkaLog log, Phases phases)
    {
        ConsumerConfig config = new() { BootstrapServers = log.Broker, GroupId = "bench", EnableAutoCommit = false, CheckCrcs = true, FetchMaxBytes = 52_428_800, MaxPartitionFetchBytes = 8_454_144 };
        using IConsumer<Ignore, Ignore> consumer = new ConsumerBuilder<Ignore, Ignore>(config).Build();
        consumer.Assign(new TopicPartitionOffset(log.Topic, 0, 0));
        consumer.Consume(TimeSpan.FromSeconds(30));
        Stopwatch watch = Stopwatch.StartNew();
        TimeSpan small = default;
        for (long next = 1; next < phases.End;)
        {
            if (consumer.Consume(TimeSpan.FromSeconds(10)) is { } result)
            {
                next = result.Offset.Value + 1;
                small = next == phases.FirstWrite ? watch.Elapsed : small;
            }
        }

        return new Rates(phases, small, watch.Elapsed, "");
    }

    private static async Task<Rates> FollowAsync(string place, KafkaLog log, Phases phases, RecordWriter? writer)
    {
        using CancellationTokenSource stop = new();
        Task writing = writer is null ? Task.CompletedTask : Task.Run(() => KeepWriting(log, writer, stop.Token));
        string root = Path.Combine(place, "s");
        using HostUnderTest slave = HostUnderTest.Start(Path.Combine(place, "log"), "slave", "--broker", log.Broker, root, log.Topic);
        while (await slave.PositionAsync() < 1)
        {
            await Task.Delay(10);
        }

        long begin = await slave.PositionAsync();
        Stopwatch watch = Stopwatch.StartNew();
        TimeSpan small = default;
        List<long> resident = [];
        for (long position = begin; position < phases.End; position = await slave.PositionAsync())
        {
            small = position < phases.FirstWrite ? watch.Elapsed : small;
            resident.Add(slave.ResidentBytes());
            await Task.Delay(100);
        }

        Rates rates = new(phases with { Begin = begin }, small, watch.Elapsed, Memory(resident));
        await stop.CancelAsync();
        await writing;
        slave.Stop();
        Directory.Delete(root, recursive: true);
        return rates;
    }

    private static void KeepWriting(KafkaLog log, RecordWriter writer, CancellationToken stop)
    {
        byte[] block = new byte[BlockBytes];
        log.Append(writer.Create($"late-{log.End}"));
        Stopwatch watch = Stopwatch.StartNew();
        for (int index = 0; !stop.IsCancellationRequested; index++)
        {
            log.Append(Write(writer, writer.Last, index % BlocksPerFile, block));
            TimeSpan ahead = TimeSpan.FromSeconds((double)index / WritesPerSecond) - watch.Elapsed;
            if (ahead > TimeSpan.Zero)
            {
                Thread.Sleep(ahead);
            }
        }

        log.Flush();
    }

    // At the end of each tenth of the time.
    private static string Memory(List<long> resident) => "resident MiB "
        + string.Join(' ', Enumerable.Range(1, 10).Select(tenth => resident[(resident.Count * tenth / 10) - 1] / (1024 * 1024)))
        + $", most {resident.Max() / (1024 * 1024)}";

    private static void Say(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));

    /// <summary>Small records up to the first write, then writes to the end.</summary>
    private sealed record Phases(long FirstWrite, long End, long Begin = 1);

    private sealed record Rates(Phases Phases, TimeSpan Small, TimeSpan All, string Remark)
    {
        private double SmallRate => (Phases.FirstWrite - Phases.Begin) / Small.TotalSeconds;

        private double WriteRate => (Phases.End - Phases.FirstWrite) / (All - Small).TotalSeconds;

        public void Print(string who) => Say($"{who,-34} {SmallRate,10:F0} {WriteRate,10:F0} {WriteRate * BlockBytes / 1e6,8:F0}  {Remark}");

        public void PrintAgainst(Rates raw, string who)
        {
            Print(who);
            Say($"{"  as a part of the raw consumer",-34} {SmallRate / raw.SmallRate,10:F2} {WriteRate / raw.WriteRate,10:F2}");
        }
    }
}
