using System.Globalization;
using System.Text.Json;
using KafkaFs.Hosting.Configuration;
using KafkaFs.MasterHost;

namespace KafkaFs.Benchmarks.Peers;

/// <summary>
/// A master's mount, on Kafka and on a journal that is nothing, beside a native directory, libfuse's passthrough_ll and a raw producer: the same work in
/// turn, and medians.
/// </summary>
internal static class PeersBenchmark
{
    /// <summary>This program again, as a master.</summary>
    public const string MasterCommand = "peers-master", NullMasterCommand = "peers-null-master";

    private const string Native = "native", Uncached = "passthrough", Cached = "passthrough+cache", Null = "null journal", Kafka = "kafka", Raw = "raw producer";
    private const int WarmUpSeconds = 6;
    private const int Stats = 1_000_000, Directories = 100_000;

    private static readonly string[] s_columns = [Native, Uncached, Cached, Null, Kafka, Raw];

    private static readonly Row[] s_rows =
    [
        new("getattr, uncached", "calls/s", Workloads.GetAttributesUncached),
        new("lookup, uncached", "calls/s", Workloads.LookUpUncached),
        new("stat, cached", "calls/s", Workloads.StatCached),
        new("readdir of 10,000, cached", "names/s", Workloads.ListCached),
        new("read 64 MiB, warm", "MB/s", Workloads.ReadWarm),
        new("read 64 MiB, cold", "MB/s", Workloads.ReadCold),
        new("getattr, uncached, p50", "us", Workloads.GetAttributesMedian),
        new("mkdir, p50", "us", Workloads.MakeDirectoryMedian) { OfProducer = RawProducer.AcknowledgedMedian, MakesMany = true },
        new("create+4 KiB+close, 1 thread", "files/s", Workloads.Files(1, inOneFolder: true)) { MakesMany = true },
        new("the same, 8 in one directory", "files/s", Workloads.Files(8, inOneFolder: true)) { MakesMany = true },
        new("the same, 8 in 8 directories", "files/s", Workloads.Files(8, inOneFolder: false)) { MakesMany = true },
        Writes("write + fsync, 4 KiB", 4096),
        Writes("write + fsync, 128 KiB", 128 << 10),
        Writes("write + fsync, 1 MiB", 1 << 20),
    ];

    // Of a row and a peer: one for each round.
    private static readonly Dictionary<(string Row, string Peer), List<double>> s_values = [];

    public static void Run(string broker, string folder, int rounds, bool asJson)
    {
        string place = Directory.CreateDirectory(Path.Combine(folder, $"kafkafs-bench-{Guid.NewGuid():N}")).FullName;
        using KafkaLog log = KafkaLog.CreateAsync(broker).GetAwaiter().GetResult();
        List<Peer> peers = [];
        try
        {
            peers.Add(Peer.Native(place));
            peers.Add(Peer.Passthrough(place, Uncached, "cache=never,timeout=0"));
            peers.Add(Peer.Passthrough(place, Cached, "cache=always,timeout=3600"));
            peers.Add(Peer.Master(place, Null, NullMasterCommand, "--KafkaFs:Journal:Provider=embedded", $"--KafkaFs:Journal:Embedded:File={place}/none"));
            peers.Add(Peer.Master(place, Kafka, MasterCommand, "--KafkaFs:Journal:Provider=kafka",
                $"--KafkaFs:Journal:Kafka:BootstrapServers={broker}", $"--KafkaFs:Journal:Kafka:Topic={log.Topic}"));
            foreach (Peer changing in peers.Where(static peer => peer.Name is Null or Kafka))
            {
                // Brokers and masters compile what is called often anew, for seconds.
                for (int second = 0; second < WarmUpSeconds; second++)
                {
                    Workloads.MakeDirectoryMedian(changing.Folder);
                }
            }

            Array.ForEach(s_rows, row => Measure(row, peers, broker, rounds));
            Dictionary<string, double> allocated = Allocations.Measure(peers.Single(static peer => peer.Name == Null), Stats, Directories);
            Print(asJson, rounds, allocated);
        }
        finally
        {
            peers.ForEach(static peer => peer.Dispose());
            Thread.Sleep(2_000);
            Directory.Delete(place, recursive: true);
        }
    }

    public static Task<int> RunMasterAsync(bool isNull, string[] settings)
    {
        AppContext.SetData(JournalProviders.ReplacementKey, isNull ? new NullJournal() : null);
        return MasterProgram.RunAsync(settings, isService: false);
    }

    private static Row Writes(string name, int blockBytes) => new(name, "MB/s", Workloads.Write(blockBytes))
    {
        OfProducer = broker => RawProducer.MegabytesPerSecond(broker, blockBytes, Workloads.WrittenBytes(blockBytes)),
        TellsCpu = true,
    };

    private static void Measure(Row row, List<Peer> peers, string broker, int rounds)
    {
        Console.Error.Write(row.Name);
        for (int round = -1; round < rounds; round++)
        {
            foreach (Peer peer in peers)
            {
                (double cpu, long written) = (peer.CpuSeconds, Libc.Written);
                if (row.MakesMany && peer.Name is (Uncached or Cached))
                {
                    // More than it has descriptors for.
                    continue;
                }

                double value = row.Work(peer.Folder);
                if (round < 0)
                {
                    // To be warm: compilers, caches.
                    continue;
                }

                Note(row.Name, peer.Name, value);
                if (row.TellsCpu && peer.Id is not null)
                {
                    Note(row.Name + ", CPU", peer.Name, (peer.CpuSeconds - cpu) / (Libc.Written - written) * 1e9);
                }
            }

            if (row.OfProducer is not null && round >= 0)
            {
                Note(row.Name, Raw, row.OfProducer(broker));
            }

            Console.Error.Write('.');
        }

        Console.Error.WriteLine();
    }

    private static void Note(string row, string peer, double value)
    {
        s_values.TryAdd((row, peer), []);
        s_values[(row, peer)].Add(value);
    }

    private static double? Median(string row, string peer) => s_values.TryGetValue((row, peer), out List<double>? values) ? Timing.Median(values) : null;

    private static void Print(bool asJson, int rounds, Dictionary<string, double> allocated)
    {
        (string Name, string Unit)[] rows = [.. s_rows.SelectMany(static row => row.TellsCpu
            ? new[] { (row.Name, row.Unit), (row.Name + ", CPU", "s/GB") }
            : [(row.Name, row.Unit)])];
        Goal[] goals = [.. Goals()];
        if (asJson)
        {
            Console.WriteLine(JsonSerializer.Serialize(new
            {
                rows = rows.Select(static row => new { row.Name, row.Unit, medians = s_columns.ToDictionary(static peer => peer, peer => Median(row.Name, peer)) }),
                goals,
                allocated,
            }));
            return;
        }

        Console.WriteLine($"{$"medians of {rounds}, interleaved",-38}{string.Concat(s_columns.Select(static column => $"{column,19}"))}");
        foreach ((string name, string unit) in rows)
        {
            Console.WriteLine($"{$"{name}, {unit}",-38}{string.Concat(s_columns.Select(column => $"{Figure(Median(name, column)),19}"))}");
        }

        foreach (Goal goal in goals)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{goal.Name,-62} {goal.Found,8:F2}  goal {goal.Wanted:F2}"));
        }

        foreach ((string name, double value) in allocated)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-62} {value,8:F2}"));
        }
    }

    private static string Figure(double? value) => value is double figure ? figure.ToString(figure < 100 ? "F1" : "N0", CultureInfo.InvariantCulture) : "-";

    private static IEnumerable<Goal> Goals()
    {
        yield return Ratio("getattr, uncached", Kafka, Uncached, 0.95);
        yield return Ratio("lookup, uncached", Kafka, Uncached, 0.95);
        yield return Ratio("stat, cached", Kafka, Cached, 0.95);
        yield return Ratio("readdir of 10,000, cached", Kafka, Cached, 0.95);
        yield return Ratio("read 64 MiB, warm", Kafka, Native, 0.75);
        yield return Ratio("read 64 MiB, cold", Kafka, Cached, 0.95);
        double mkdir = Median("mkdir, p50", Kafka)!.Value, wanted = Median("mkdir, p50", Raw)!.Value + (2 * Median("getattr, uncached, p50", Uncached)!.Value) + 50;
        yield return new Goal("mkdir p50 to (raw ack p50 + 2 bare round trips + 50 us), at most", mkdir / wanted, 1);
        foreach (string size in (string[])["4 KiB", "128 KiB", "1 MiB"])
        {
            yield return Ratio($"write + fsync, {size}", Kafka, Null, 0.9);
        }

        yield return Ratio("write + fsync, 128 KiB", Kafka, Raw, 0.6);
        yield return Ratio("write + fsync, 1 MiB", Kafka, Raw, 0.6);
    }

    private static Goal Ratio(string row, string ours, string theirs, double wanted) =>
        new($"{row}: {ours} to {theirs}", Median(row, ours)!.Value / Median(row, theirs)!.Value, wanted);

    private sealed record Goal(string Name, double Found, double Wanted);

    private sealed record Row(string Name, string Unit, Func<string, double> Work)
    {
        /// <summary>The same of a raw producer, by the broker.</summary>
        public Func<string, double>? OfProducer { get; init; }

        /// <summary>It makes as many files or directories as it can.</summary>
        public bool MakesMany { get; init; }

        /// <summary>The processor time for a gigabyte is told too.</summary>
        public bool TellsCpu { get; init; }
    }
}
