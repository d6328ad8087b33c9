using System.Diagnostics;

namespace KafkaFs.TestKit.Processes;

/// <summary>Runs a program to its end, with a limit.</summary>
public static class ToolProcess
{
    /// <summary>Its standard output; throws with its words if it fails or takes too long.</summary>
    public static string Run(string program, IEnumerable<string> arguments, TimeSpan? limit = null)
    {
        (int code, string output, string error) = Try(program, arguments, limit);
        return code == 0 ? output : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {code}: {output}{error}");
    }

    /// <summary>Exit code and both outputs.</summary>
    public static (int Code, string Output, string Error) Try(string program, IEnumerable<string> arguments, TimeSpan? limit = null)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> output = ReadToEnd(process.StandardOutput), error = ReadToEnd(process.StandardError);
        if (!process.WaitForExit(limit ?? TimeSpan.FromMinutes(2)))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} {string.Join(' ', arguments)} did not end in time.");
        }

        // A daemon that it started may hold the pipes: what came until now is enough then.
        Task.WaitAll([output, error], TimeSpan.FromSeconds(2));
        return (process.ExitCode, output.IsCompleted ? output.Result : "", error.IsCompleted ? error.Result : "");
    }

    // The threads of the pool may all wait for processes.
    private static Task<string> ReadToEnd(StreamReader pipe) =>
        Task.Factory.StartNew(pipe.ReadToEnd, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>
    /// How to start a program that Ctrl-C ends: these tests may run in the background, where a shell makes its children ignore SIGINT.
    /// </summary>
    public static ProcessStartInfo Interruptible(string program, IEnumerable<string> arguments) => new("env", ["--default-signal=INT", program, .. arguments]);

    /// <summary>A line of shell, with its output; throws if it fails.</summary>
    public static string Shell(string script, TimeSpan? limit = null) => Run("bash", ["-ceu", script], limit);
}
