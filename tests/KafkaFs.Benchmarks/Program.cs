using KafkaFs.Benchmarks;

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
    default:
        Console.Error.WriteLine("""
            usage: KafkaFs.Benchmarks mount MOUNT REFERENCE   calls on a mount against a native directory
                   KafkaFs.Benchmarks apply FOLDER            records applied to a tree against the same calls made natively
                   KafkaFs.Benchmarks restart FOLDER [FILES]  a slave of 1,000,000 files: kill -9 to ready, memory, checkpoints
            """);
        return 64;
}
