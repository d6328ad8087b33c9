using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using KafkaFs.TestKit;
using KafkaFs.TestKit.Processes;
using Xunit;

namespace KafkaFs.System.Tests;

/// <summary>Debian's Prometheus scrapes a master and a slave at work: the names are right by its own check, the alerts do what they say, and each query of the dashboard has data.</summary>
public sealed class PrometheusTests : IDisposable
{
    private const int LeastMetrics = 40;

    private static readonly HttpClient s_http = new();
    private static readonly string s_deploy = Path.Combine(Environments.Repository, "deploy");
    private readonly Setup _setup;

    public PrometheusTests()
    {
        Environments.RequireFuse();
        Environments.RequireRoot();
        Environments.RequireTool("promtool", "prometheus");
        _setup = Setup.Embedded();
    }

    [Fact]
    public void TheAlertsDoWhatTheySay() => ToolProcess.Run("promtool", ["test", "rules", Path.Combine(s_deploy, "prometheus/kafkafs.rules.test.yml")]);

    [Fact]
    public async Task EveryQueryOfTheDashboardHasDataOfAMasterAndASlave()
    {
        HostUnderTest master = await _setup.Master().ReadyAsync(), slave = await _setup.Slave().ReadyAsync();
        string metrics = await master.AskAsync("/metrics");
        await File.WriteAllTextAsync(_setup["metrics"], metrics, TestContext.Current.CancellationToken);
        Assert.Equal("", ToolProcess.Shell($"promtool check metrics < {_setup["metrics"]} 2>&1 || true"));
        Assert.True(metrics.Split('\n').Count(static line => line.StartsWith("# TYPE ", StringComparison.Ordinal)) >= LeastMetrics, metrics);

        int port = HostUnderTest.FreePort();
        await File.WriteAllTextAsync(_setup["prometheus.yml"], Configuration(master, slave), TestContext.Current.CancellationToken);
        using Process prometheus = Process.Start(new ProcessStartInfo("prometheus",
            [$"--config.file={_setup["prometheus.yml"]}", $"--storage.tsdb.path={_setup["tsdb"]}", $"--web.listen-address=127.0.0.1:{port}", "--log.level=error"])
        { RedirectStandardError = true })!;
        using Process busy = Process.Start("bash", ["-c", $"cd {_setup.Mount}; while :; do echo x > f; cat f > /dev/null; mkdir d; mkdir d; rmdir d; sleep 0.05; done 2> /dev/null"]);
        try
        {
            string[] queries = [.. JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(s_deploy, "grafana/kafkafs.json"), TestContext.Current.CancellationToken))!["panels"]!.AsArray()
                .SelectMany(static panel => panel!["targets"]!.AsArray()).Select(static target => target!["expr"]!.GetValue<string>())];
            Assert.NotEmpty(queries);
            List<string> empty = [.. queries];
            for (Stopwatch waited = Stopwatch.StartNew(); empty.Count > 0 && waited.Elapsed < TimeSpan.FromSeconds(40); await Task.Delay(500))
            {
                List<string> still = [];
                foreach (string query in empty)
                {
                    if (!await HasDataAsync(port, query))
                    {
                        still.Add(query);
                    }
                }

                empty = still;
            }

            Assert.Empty(empty);
        }
        finally
        {
            busy.Kill(entireProcessTree: true);
            prometheus.Kill();
            await Task.WhenAll(busy.WaitForExitAsync(), prometheus.WaitForExitAsync());
        }
    }

    public void Dispose() => _setup.Dispose();

    private static string Configuration(params HostUnderTest[] hosts) =>
        $"""
        global: {"{"}scrape_interval: 1s, evaluation_interval: 1s{"}"}
        rule_files: [{s_deploy}/prometheus/kafkafs.rules.yml]
        scrape_configs:
          - job_name: kafkafs
            static_configs: [{"{"}targets: [{string.Join(", ", hosts.Select(static host => $"'{host.Address}'"))}]{"}"}]
        """;

    private static async Task<bool> HasDataAsync(int port, string query)
    {
        string concrete = query.Replace("$__rate_interval", "10s", StringComparison.Ordinal).Replace("$instance", ".*", StringComparison.Ordinal);
        try
        {
            string answer = await s_http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/api/v1/query?query={Uri.EscapeDataString(concrete)}"));
            return JsonNode.Parse(answer)!["data"]!["result"]!.AsArray().Count > 0;
        }
        catch (HttpRequestException exception) when (exception.StatusCode is null or HttpStatusCode.ServiceUnavailable)
        {
            // It has not begun to serve.
            return false;
        }
    }
}
