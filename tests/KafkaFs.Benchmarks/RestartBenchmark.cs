using System.Diagnostics;
using System.Globalization;
using KafkaFs.Journal;
using KafkaFs.Journal.Codec;
using KafkaFs.TestKit.Journal;
using KafkaFs.TestKit.Processes;

namespace KafkaFs.Benchmarks;

/// <summary>A slave of many files in a process of its own: killed with records to redo, until it is ready again.</summary>
internal static class RestartBenchmark
{
    private const int FilesPerDirectory = 1_000;

    public static async Task RunAsync(string folder, int files)
    {
        string place = Path.Combine(folder, $"kafkafs-bench-{Guid.NewGuid():N}");
        Directory.CreateDirectory(place);
        try
        {
            await RunInAsync(place, files);
        }
        finally
        {
            Directory.Delete(place, recursive: true);
        }
    }

    private static async Task RunInAsync(string place, int files)
    {
        using EmbeddedLog log = await EmbeddedLog.CreateAsync(Path.Combine(place, "journal"));
        RecordWriter writer = new(Guid.NewGuid(), Guid.NewGuid());
        log.Append([writer.FilesystemCreated(), writer.SessionStarted()]);
        List<FileId> made = Fill(log, writer, files);

        using (HostUnderTest slave = Start(place))
        {
            Stopwatch watch = Stopwatch.StartNew();
            await slave.ReadyAsync(TimeSpan.FromMinutes(30));
            Say(slave, $"built {files:N0} files in {watch.Elapsed.TotalSeconds:F1} s ({log.End / watch.Elapsed.TotalSeconds:N0} records/s)");
            Console.WriteLine($"longest pause by a checkpoint: {await MetricAsync(slave, "kafkafs_checkpoint_longest_pause_seconds") * 1_000:F2} ms");
            slave.Stop();
        }

        Console.WriteLine($"index: {new FileInfo(Path.Combine(place, "s/.kafkafs/index.db")).Length / (double)files:F0} bytes a file");
        foreach (int redone in (int[])[1_000, 100_000])
        {
            await KillAndRestartAsync(place, log, writer, made, redone);
        }
    }

    private static async Task KillAndRestartAsync(string place, EmbeddedLog log, RecordWriter writer, List<FileId> made, int redone)
    {
        log.Append(Touch(writer, made, redone));
        using (HostUnderTest killed = Start(place))
        {
            // Killed once it has begun to apply them: its checkpoint is before all of them.
            while (File.Exists(Path.Combine(place, "s/.kafkafs/clean")) && !killed.HasExited)
            {
                await Task.Delay(1);
            }

            killed.Kill();
        }

        Stopwatch watch = Stopwatch.StartNew();
        using HostUnderTest slave = Start(place);
        await slave.ReadyAsync(TimeSpan.FromMinutes(10));
        Say(slave, $"kill -9 to ready with {redone:N0} records to redo: {watch.Elapsed.TotalSeconds:F2} s");
        await SayCheckpointBytesAsync(slave, log, writer, made, redone);
        slave.Stop();
    }

    // What is written beside the contents: trail, index and its log.
    private static async Task SayCheckpointBytesAsync(HostUnderTest slave, EmbeddedLog log, RecordWriter writer, List<FileId> made, int changed)
    {
        const int contentBytes = 17;
        long before = slave.BytesWritten();
        log.Append(Touch(writer, made, changed));
        while (await MetricAsync(slave, "kafkafs_checkpoint_position") < log.End)
        {
            await Task.Delay(200);
        }

        Console.WriteLine($"checkpoint of {changed:N0} changed files: {(slave.BytesWritten() - before) / (double)changed - contentBytes:F0} bytes written a file");
    }

    private static HostUnderTest Start(string place) =>
        HostUnderTest.Start(Path.Combine(place, "log"), "slave", "--journal", Path.Combine(place, "journal"), Path.Combine(place, "s"));

    private static List<FileId> Fill(EmbeddedLog log, RecordWriter writer, int files)
    {
        List<FileId> made = new(files);
        for (int first = 0; first < files; first += FilesPerDirectory)
        {
            List<byte[]> records = [writer.Mkdir($"directory-{first}")];
            FileId directory = writer.Last;
            for (int index = first; index < Math.Min(files, first + FilesPerDirectory); index++)
            {
                records.Add(writer.Create($"file-{index}", directory));
                made.Add(writer.Last);
            }

            log.Append(records);
        }

        return made;
    }

    private static List<byte[]> Touch(RecordWriter writer, List<FileId> made, int count)
    {
        List<byte[]> records = new(count);
        for (int index = 0; index < count; index++)
        {
            Change write = new() { Kind = ChangeKind.Write, Inode = made[(int)((long)index * made.Count / count)], Data = "some new content\n"u8 };
            records.Add(writer.Encode(ref write));
        }

        return records;
    }

    private static void Say(HostUnderTest slave, string what) =>
        Console.WriteLine($"{what}; resident {slave.ResidentBytes() / (1024.0 * 1024):F0} MiB");

    private static async Task<double> MetricAsync(HostUnderTest slave, string name)
    {
        string metrics = await slave.AskAsync("/metrics?" + Guid.NewGuid());
        string? line = metrics.Split('\n').FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal));
        return line is null ? double.NaN : double.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture);
    }
}
