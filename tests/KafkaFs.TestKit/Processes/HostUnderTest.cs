using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace KafkaFs.TestKit.Processes;

/// <summary>A `kafkafs master` or `slave` in a process of its own, ended by id at the latest with the test.</summary>
public sealed class HostUnderTest : IDisposable
{
    private static readonly TimeSpan s_readyLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_killLimit = TimeSpan.FromSeconds(30);
    private static readonly HttpClient s_http = new() { Timeout = TimeSpan.FromSeconds(5) };

    private readonly LaunchedProcess _process;
    private readonly string _url;
    private readonly long _logBegins;
    private bool _disposed;

    private HostUnderTest(LaunchedProcess process, string url, string log, long logBegins) => (_process, _url, LogPath, _logBegins) = (process, url, log, logBegins);

    /// <summary>The program under test.</summary>
    public static string Program => Path.Combine(Environments.Repository, "artifacts/bin/KafkaFs.Cli/release/kafkafs");

    /// <summary>Where it serves health and metrics, ADDRESS:PORT.</summary>
    public string Address => new Uri(_url).Authority;

    public string LogPath { get; }

    public string Log => File.ReadAllText(LogPath);

    /// <summary>The log without what former runs of the same name wrote.</summary>
    public string LogOfThisRun => Encoding.UTF8.GetString(File.ReadAllBytes(LogPath).AsSpan((int)_logBegins));

    public int Id => _process.Id;

    /// <summary>A master's companion, if it has one.</summary>
    public int? Companion => OfThreads("children")
        .SelectMany(static children => children.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Select(static id => (int?)int.Parse(id, CultureInfo.InvariantCulture))
        .FirstOrDefault(static id => ReadOrEmpty($"/proc/{id}/cmdline").Contains("\0companion\0", StringComparison.Ordinal));

    /// <summary>Its threads as proc_pid_stat(5) begins: `ID (NAME) STATE ...`.</summary>
    public IEnumerable<string> Threads => OfThreads("stat");

    public bool HasExited => _process.HasExited;

    /// <summary>Sends a signal, by its name without SIG.</summary>
    public void Signal(string name) => _process.Signal(name);

    /// <summary>Starts `kafkafs ARGUMENTS` with health on a port of its own; the log goes to a file.</summary>
    public static HostUnderTest Start(string log, params string[] arguments) => Start(log, new Dictionary<string, string>(), arguments);

    /// <summary>The same with variables in its environment.</summary>
    public static HostUnderTest Start(string log, IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        string url = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePort()}");
        // Killed with -9 it would leave its diagnostics socket behind.
        Dictionary<string, string> variables = new(environment) { ["DOTNET_EnableDiagnostics"] = "0" };
        long begins = File.Exists(log) ? new FileInfo(log).Length : 0;
        return new HostUnderTest(LaunchedProcess.Start(log, variables, [Program, .. arguments, "--http", url]), url, log, begins);
    }

    /// <summary>Waits for ready; throws with the log if the host ends before, or takes too long.</summary>
    public async Task<HostUnderTest> ReadyAsync(TimeSpan? limit = null)
    {
        Stopwatch watch = Stopwatch.StartNew();
        while (!await IsReadyAsync())
        {
            if (_process.HasExited || watch.Elapsed > (limit ?? s_readyLimit))
            {
                throw new InvalidOperationException($"The host is not ready (exited: {_process.HasExited}):\n{Log}");
            }

            await Task.Delay(50);
        }

        return this;
    }

    public async Task<bool> IsReadyAsync() => (await AskAsync("/health/ready")).Contains("\"healthy\":true", StringComparison.Ordinal);

    /// <summary>The body of an endpoint; empty while nothing answers.</summary>
    public async Task<string> AskAsync(string path)
    {
        try
        {
            using HttpResponseMessage response = await s_http.GetAsync(new Uri(_url + path));
            return await response.Content.ReadAsStringAsync();
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
        {
            return "";
        }
    }

    /// <summary>Offset of the next record to apply.</summary>
    public async Task<long> PositionAsync()
    {
        string metrics = await AskAsync("/metrics?" + Guid.NewGuid());
        string? line = metrics.Split('\n').FirstOrDefault(line => line.StartsWith("kafkafs_applied_offset", StringComparison.Ordinal));
        return line is null ? -1 : long.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture);
    }

    /// <summary>Memory of the process, bytes (VmRSS of proc(5)).</summary>
    public long ResidentBytes() =>
        File.ReadLines($"/proc/{_process.Id}/status").Where(line => line.StartsWith("VmRSS:", StringComparison.Ordinal))
            .Select(line => long.Parse(line.AsSpan(6, line.Length - 9).Trim(), CultureInfo.InvariantCulture) * 1024).FirstOrDefault();

    /// <summary>Bytes that the process has given to write(2) and its kin (wchar of proc(5)).</summary>
    public long BytesWritten() => long.Parse(
        File.ReadLines($"/proc/{_process.Id}/io").First(line => line.StartsWith("wchar:", StringComparison.Ordinal)).AsSpan(6), CultureInfo.InvariantCulture);

    /// <summary>kill -9. A master's companion sees to it that it ends.</summary>
    public void Kill()
    {
        Signal("KILL");
        if (!_process.WaitForExit(s_killLimit))
        {
            string threads = string.Join("; ", Threads.Select(static thread => thread.Split(" 0 ")[0]));
            throw new TimeoutException($"The host does not end though it was killed; its threads: {threads}\n{Log}");
        }
    }

    /// <summary>kill -9 of a master and of its companion: the dead mount stays.</summary>
    public void KillWithCompanion()
    {
        ToolProcess.Run("kill", ["-KILL", $"{Companion ?? throw new InvalidOperationException("There is no companion.")}"]);
        Kill();
    }

    /// <summary>SIGTERM, and the exit code.</summary>
    public int Stop()
    {
        Signal("TERM");
        return WaitForExit();
    }

    /// <summary>Waits for the end and returns the exit code.</summary>
    public int WaitForExit()
    {
        if (!_process.WaitForExit(TimeSpan.FromSeconds(60)))
        {
            Signal("KILL");
            throw new TimeoutException($"The host did not end:\n{Log}");
        }

        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_disposed && !_process.HasExited)
        {
            Kill();
        }

        _disposed = true;
    }

    /// <summary>A port that nobody listens at now.</summary>
    public static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    // proc(5) of each thread that has not ended meanwhile.
    private IEnumerable<string> OfThreads(string file) =>
        Directory.GetDirectories($"/proc/{Id}/task").Select(task => ReadOrEmpty($"{task}/{file}")).Where(static text => text != "");

    private static string ReadOrEmpty(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (IOException)
        {
            // ENOENT, or ESRCH when it went meanwhile.
            return "";
        }
    }
}
