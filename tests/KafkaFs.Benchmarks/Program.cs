using KafkaFs.Benchmarks;
using KafkaFs.Benchmarks.Peers;
using KafkaFs.MasterHost;

// The masters are this program, and so are their companions.
if (MasterProgram.TryRunCompanion(args, out int code))
{
    return code;
}

// The same work on KafkaFS and on a native directory, in turn, as ratios; never a test.
switch (args)
{
    case ["mount", string mount, string reference]:
        MountBenchmark.Run(mount, reference);
        return 0;
    case ["apply", string folder]:
        ApplyBenchmark.Run(folder);
        return 0;
    case ["restart", string folder, .. string[] files] when files.Length <= 1:
        await RestartBenchmark.RunAsync(folder, files.Length == 1 ? int.Parse(files[0], System.Globalization.CultureInfo.InvariantCulture) : 1_000_000);
        return 0;
    case ["catchup", string broker, string folder, .. string[] size] when size.Length <= 3:
        int writes = size.Length > 0 ? int.Parse(size[0], System.Globalization.CultureInfo.InvariantCulture) : 65_536;
        int small = size.Length > 1 ? int.Parse(size[1], System.Globalization.CultureInfo.InvariantCulture) : 1_000_000 - writes;
        int most = size.Length > 2 ? int.Parse(size[2], System.Globalization.CultureInfo.InvariantCulture) : int.MaxValue;
        await CatchUpBenchmark.RunAsync(broker, folder, writes, small, most);
        return 0;
    case ["peers", string broker, string folder, .. string[] options] when options is [] or [_] or [_, "--json"]:
        int rounds = options is [string first, ..] && first != "--json" ? int.Parse(first, System.Globalization.CultureInfo.InvariantCulture) : 5;
        PeersBenchmark.Run(broker, folder, rounds, options is [.., "--json"]);
        return 0;
    case [PeersBenchmark.MasterCommand or PeersBenchmark.NullMasterCommand, .. string[] settings]:
        return await PeersBenchmark.RunMasterAsync(args[0] == PeersBenchmark.NullMasterCommand, settings);
    case ["tail", string broker, string folder]:
        await TailBenchmark.RunAsync(broker, folder);
        return 0;
    case [TailBenchmark.MasterCommand, string isAlways, .. string[] settings]:
        return await TailBenchmark.RunMasterAsync(bool.Parse(isAlways), settings);
    default:
        Console.Error.WriteLine("""
            usage: KafkaFs.Benchmarks mount MOUNT REFERENCE   calls on a mount against a native directory
                   KafkaFs.Benchmarks apply FOLDER            records applied to a tree against the same calls made natively
                   KafkaFs.Benchmarks restart FOLDER [FILES]  a slave of 1,000,000 files: kill -9 to ready, memory, checkpoints
                   KafkaFs.Benchmarks catchup BROKER FOLDER [WRITES [SMALL [FILES]]]
                       a slave that is 1,000,000 records behind (65,536 of them writes of 128 KiB) against a raw consumer of the
                       same topic and against plain writes; needs 8 GiB in FOLDER (8 MiB for each of FILES, if fewer are written to
                       again and again), several times, one after the other, and 8 GiB once in the broker's
                   KafkaFs.Benchmarks peers BROKER FOLDER [ROUNDS] [--json]
                       a mount on Kafka and on no journal beside a native directory, libfuse's passthrough_ll (compiled for it: gcc, pkg-config,
                       libfuse3-dev) and a raw producer; as root, with broker and FOLDER on tmpfs
                   KafkaFs.Benchmarks tail BROKER FOLDER
                       a master's writes and mkdirs with the tail let go and with always fetching, against a raw producer;
                       root, /dev/fuse, and a broker and a FOLDER on tmpfs; the broker should soon forget deleted topics:
                       KAFKA_EXTRA_CONFIG=log.segment.delete.delay.ms=1000
            """);
        return 64;
}
