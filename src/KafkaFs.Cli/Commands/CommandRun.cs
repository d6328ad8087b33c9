using System.Runtime.InteropServices;
using KafkaFs.Hosting.Lifetime;

namespace KafkaFs.Cli.Commands;

/// <summary>What a command for people ends with, whatever ends it: itself, a signal, or a failure, which is said if it has words for a person.</summary>
internal static class CommandRun
{
    /// <summary>Runs it until it ends by itself or by a signal, and returns the exit code.</summary>
    /// <param name="command">Throws <see cref="OperationCanceledException"/> once its token says so.</param>
    /// <param name="ifUnreadable">The code for an I/O error, of a command whose answer that is: it could not look.</param>
    /// <param name="ifInterrupted">The code for Ctrl-C, of a command that nothing else ends.</param>
    public static async Task<int> ToEndAsync(Func<CancellationToken, Task<int>> command, int? ifUnreadable = null, int ifInterrupted = ExitCode.Interrupted)
    {
        using StopSignals signals = new();
        try
        {
            return await command(signals.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (signals.First is PosixSignal signal)
        {
            return Code(signal, ifInterrupted);
        }
        catch (IOException exception) when (ifUnreadable is not null)
        {
            await Console.Error.WriteLineAsync($"kafkafs: {exception.Message}").ConfigureAwait(false);
            return ifUnreadable.Value;
        }
        catch (Exception exception) when (FailureReport.Describe(exception).Words is not null)
        {
            (int exitCode, string? words) = FailureReport.Describe(exception);
            await Console.Error.WriteLineAsync($"kafkafs: {words}").ConfigureAwait(false);
            return exitCode;
        }
    }

    /// <summary>The same for one that looks at replicas or journals, and does not wait for anything while it does.</summary>
    public static Task<int> ToEndAsync(Func<CancellationToken, int> look) => ToEndAsync(stop => Task.FromResult(look(stop)), ifUnreadable: ExitCode.NotCompared);

    private static int Code(PosixSignal signal, int ifInterrupted) => signal switch
    {
        PosixSignal.SIGINT => ifInterrupted,
        PosixSignal.SIGHUP => ExitCode.HungUp,
        _ => ExitCode.Terminated,
    };
}
