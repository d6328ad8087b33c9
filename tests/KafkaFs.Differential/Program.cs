using KafkaFs.Differential.Native;
using KafkaFs.Differential.Runs;
using KafkaFs.Differential.Shared;

if (Options.Parse(args, out string error) is not { } options)
{
    Console.Error.WriteLine(error);
    Console.Error.WriteLine(Options.Usage);
    return 64;
}

_ = Libc.umask(0);
Console.WriteLine($"seed {options.Seed}, {options.Seeds} seeds, {options.Calls} calls each, {options.Threads} threads: {options.Subject} {(options.Shared ? "" : $"against {options.Reference}")}");
if (options.Shared)
{
    return new SharedRun(options).Run();
}

DifferentialRun run = new(options);
return options.VerifyOnly ? run.Verify() : options.Replay is { } file ? run.Replay(file) : run.Random();
