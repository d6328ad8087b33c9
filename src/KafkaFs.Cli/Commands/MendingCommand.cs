using KafkaFs.Hosting.Lifetime;

namespace KafkaFs.Cli.Commands;

/// <summary>What `verify` and `repair` end with, whatever ends them.</summary>
internal static class MendingCommand
{
    /// <summary>Runs until it ends by itself or by a signal; what has words for a person is said.</summary>
    public static int Run(Func<CancellationToken, int> command)
    {
        using StopSignals signals = new();
        try
        {
            return command(signals.Token);
        }
        catch (OperationCanceledException) when (signals.Token.IsCancellationRequested)
        {
            return ExitCode.Interrupted;
        }
        catch (IOException exception)
        {
            Console.Error.WriteLine($"kafkafs: {exception.Message}");
            return ExitCode.NotCompared;
        }
        catch (Exception exception) when (FailureReport.Describe(exception).Words is not null)
        {
            (int exitCode, string? words) = FailureReport.Describe(exception);
            Console.Error.WriteLine($"kafkafs: {words}");
            return exitCode;
        }
    }
}
