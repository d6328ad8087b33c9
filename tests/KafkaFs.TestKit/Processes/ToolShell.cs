using System.Diagnostics;
using System.Globalization;

namespace KafkaFs.TestKit.Processes;

/// <summary>
/// A shell that is started before a test opens files of a mount, and runs programs for it from then on. A child of the test itself
/// inherits those files until its exec closes them, and that flushes them: it would wait for the very broker that it is to wake.
/// One program at a time; thread-safe.
/// </summary>
public sealed class ToolShell : IDisposable
{
    private const string Mark = "-- ended with ";
    private const string Loop =
        "exec 2>/dev/null; while IFS= read -r line; do eval \"$line\" </dev/null 2>\"$0\"; code=$?; echo; echo \"" + Mark + "$code\"; done; kill -KILL $(jobs -pr) 2>/dev/null";

    private readonly Process _bash;
    private readonly string _errors;
    private readonly Lock _lock = new();

    /// <param name="errors">A file for the standard error of what runs.</param>
    public ToolShell(string errors)
    {
        _errors = errors;
        _bash = Process.Start(new ProcessStartInfo("bash", ["-c", Loop, errors]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
    }

    /// <summary>Standard output of a program; throws with its words if it fails or takes too long.</summary>
    public string Run(IEnumerable<string> command, TimeSpan limit) => RunLine(string.Join(' ', command.Select(Quoted)), limit);

    /// <summary>The same of a line of shell; what it starts in the background is a child of this shell, and is killed with it.</summary>
    public string RunLine(string line, TimeSpan limit)
    {
        lock (_lock)
        {
            _bash.StandardInput.WriteLine(line);
            _bash.StandardInput.Flush();
            (string output, int code) = ReadAnswer(line, DateTime.UtcNow + limit);
            return code == 0 ? output : throw new InvalidOperationException($"{line} ended with {code}: {output}{File.ReadAllText(_errors)}");
        }
    }

    /// <summary>A word that the shell takes as it is.</summary>
    public static string Quoted(string word) => $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    /// <inheritdoc/>
    public void Dispose()
    {
        // It ends with its input, once what runs has ended.
        _bash.StandardInput.Close();
        _bash.Dispose();
    }

    private (string Output, int Code) ReadAnswer(string line, DateTime end)
    {
        List<string> lines = [];
        while (true)
        {
            Task<string?> read = _bash.StandardOutput.ReadLineAsync();
            TimeSpan left = end - DateTime.UtcNow;
            if (left <= TimeSpan.Zero || !read.Wait(left))
            {
                _bash.Kill(entireProcessTree: true);
                throw new TimeoutException($"{line} did not end in time.");
            }

            string next = read.Result ?? throw new InvalidOperationException($"The shell has ended at {line}.");
            if (next.StartsWith(Mark, StringComparison.Ordinal))
            {
                return (string.Join('\n', lines).TrimEnd('\n') + "\n", int.Parse(next.AsSpan(Mark.Length), CultureInfo.InvariantCulture));
            }

            lines.Add(next);
        }
    }
}
