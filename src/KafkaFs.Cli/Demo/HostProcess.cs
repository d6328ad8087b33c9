using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using KafkaFs.Posix.Files;

namespace KafkaFs.Cli.Demo;

/// <summary>A master or slave in a process of its own, started from this very program.</summary>
internal sealed class HostProcess : IAsyncDisposable
{
    private static readonly TimeSpan s_readyLimit = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_stopLimit = TimeSpan.FromSeconds(30);
    private static readonly HttpClient s_http = new() { Timeout = TimeSpan.FromSeconds(2) };

    private readonly Process _process;
    private readonly string _log;
    private readonly Uri _ready;
    private readonly Task _copying;

    private HostProcess(Process process, string log, Uri ready)
    {
        (_process, _log, _ready) = (process, log, ready);
        _copying = CopyLogAsync();
    }

    /// <summary>How this very program is called.</summary>
    public static string CommandLine => string.Join(' ', Program);

    public int Id => _process.Id;

    private static string[] Program => Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet"
        ? [Environment.ProcessPath!, typeof(HostProcess).Assembly.Location]
        : [Environment.ProcessPath!];

    /// <summary>Starts `kafkafs <paramref name="arguments"/>`; its log goes to a file.</summary>
    public static HostProcess Start(string log, params IReadOnlyList<string> arguments)
    {
        Uri http = new(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePort()}"));
        ProcessStartInfo start = new(Program[0], [.. Program[1..], .. arguments, "--http", http.ToString().TrimEnd('/')])
        {
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        return new HostProcess(Process.Start(start)!, log, new Uri(http, "/health/ready"));
    }

    /// <summary>Waits until the host is ready; throws with the end of its log if it ends before, or with its state if it takes too long.</summary>
    public async Task ReadyAsync(CancellationToken stop)
    {
        Stopwatch waiting = Stopwatch.StartNew();
        for (HostHealth? health = null; health is not { Healthy: true }; health = await AskAsync(stop).ConfigureAwait(false))
        {
            if (_process.HasExited)
            {
                await _copying.ConfigureAwait(false);
                throw new InvalidOperationException($"a host ended with exit code {_process.ExitCode}: {(await File.ReadAllLinesAsync(_log, stop).ConfigureAwait(false)).LastOrDefault()}");
            }

            if (waiting.Elapsed > s_readyLimit)
            {
                throw new InvalidOperationException($"a host was not ready within {s_readyLimit.TotalSeconds} s: {health?.Words ?? "it does not answer"}");
            }

            await Task.Delay(50, stop).ConfigureAwait(false);
        }
    }

    /// <summary>Position and lag, or null while there is no answer.</summary>
    public async Task<HostHealth?> AskAsync(CancellationToken stop)
    {
        try
        {
            using HttpResponseMessage response = await s_http.GetAsync(_ready, stop).ConfigureAwait(false);
            string body = await response.Content.ReadAsStringAsync(stop).ConfigureAwait(false);
            return JsonSerializer.Deserialize<HostHealth>(body, JsonSerializerOptions.Web);
        }
        catch (HttpRequestException)
        {
            return null;
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>Asks the host to end, and waits; false if it still runs after <paramref name="patience"/>.</summary>
    public async Task<bool> EndAsync(TimeSpan patience)
    {
        if (!_process.HasExited)
        {
            ProcessCalls.Terminate(_process.Id);
        }

        using CancellationTokenSource limit = new(patience);
        try
        {
            await _process.WaitForExitAsync(limit.Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Stops the host cleanly, or after a while by force.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!await EndAsync(s_stopLimit).ConfigureAwait(false))
        {
            _process.Kill();
            await _process.WaitForExitAsync().ConfigureAwait(false);
        }

        await _copying.ConfigureAwait(false);
        _process.Dispose();
    }

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task CopyLogAsync()
    {
        await using FileStream file = File.Create(_log);
        await _process.StandardError.BaseStream.CopyToAsync(file).ConfigureAwait(false);
    }
}

/// <summary>What `/health/ready` says.</summary>
internal sealed record HostHealth(bool Healthy, string State, string Words, long AppliedOffset, long EndOffset, long LagRecords, double LagSeconds);
