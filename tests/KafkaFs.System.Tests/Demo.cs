using System.Diagnostics;
using System.Text;
using KafkaFs.TestKit.Processes;

namespace KafkaFs.System.Tests;

/// <summary>A running `kafkafs demo`, with its folder below a given one; ended by id at the latest with the test.</summary>
internal sealed class Demo : IDisposable
{
    private readonly Process _process;
    private readonly string _parent;
    private readonly StringBuilder _output = new();

    private Demo(Process process, string parent) => (_process, _parent) = (process, parent);

    /// <summary>The folder of everything that it makes.</summary>
    public string Home => Directory.GetDirectories(_parent, "kafkafs-demo-*").Single();

    public static Demo Start(string parent, params string[] arguments)
    {
        ProcessStartInfo start = ToolProcess.Interruptible(HostUnderTest.Program, ["demo", .. arguments]);
        (start.RedirectStandardOutput, start.RedirectStandardInput) = (true, true);
        start.Environment["TMPDIR"] = parent;
        return new Demo(Process.Start(start)!, parent);
    }

    public static (int Code, string Output, string Error) Try(string parent, params string[] arguments) =>
        ToolProcess.Try("env", [$"TMPDIR={parent}", HostUnderTest.Program, "demo", .. arguments]);

    /// <summary>Waits for a line that contains <paramref name="words"/>.</summary>
    public async Task SaysAsync(string words)
    {
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(90));
        while (await _process.StandardOutput.ReadLineAsync(limit.Token) is string line)
        {
            _output.AppendLine(line);
            if (line.Contains(words, StringComparison.Ordinal))
            {
                return;
            }
        }

        throw new InvalidOperationException($"The demo ended without '{words}':\n{_output}");
    }

    /// <summary>Ctrl-C, for the demo alone.</summary>
    public void Interrupt() => ToolProcess.Run("kill", ["-INT", $"{_process.Id}"]);

    public int WaitForExit(TimeSpan limit)
    {
        // Read on, so that it never waits for us.
        Task<string> rest = _process.StandardOutput.ReadToEndAsync();
        if (!_process.WaitForExit(limit))
        {
            throw new TimeoutException($"The demo did not end:\n{_output}{(rest.IsCompleted ? rest.Result : "")}");
        }

        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
    }
}
