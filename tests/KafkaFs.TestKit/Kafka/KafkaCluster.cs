using System.Diagnostics;
using KafkaFs.TestKit.Processes;

namespace KafkaFs.TestKit.Kafka;

/// <summary>
/// A real Kafka for the tests of one assembly: the broker that KAFKAFS_TEST_BROKER names, or one of its own started by the script
/// that KAFKAFS_TEST_KAFKA names, which a watchdog destroys when this process is gone.
/// </summary>
public sealed partial class KafkaCluster : IDisposable
{
    private const string ErrorsSuffix = ".stderr";

    private readonly string? _script;
    private readonly string? _folder;
    private readonly ToolShell? _shell;

    private KafkaCluster(string bootstrap, string? script = null, string? folder = null, ToolShell? shell = null) =>
        (Bootstrap, _script, _folder, _shell) = (bootstrap, script, folder, shell);

    /// <summary>HOST:PORT of the brokers.</summary>
    public string Bootstrap { get; }

    /// <summary>True if a real broker can be had here.</summary>
    public static bool IsAvailable => Broker is not null || Script is not null;

    private static string? Broker => Environment.GetEnvironmentVariable("KAFKAFS_TEST_BROKER") is { Length: > 0 } value ? value : null;

    private static string? Script => Environment.GetEnvironmentVariable("KAFKAFS_TEST_KAFKA") is { Length: > 0 } value ? value : null;

    /// <summary>Skips, or in CI fails, where there is no broker.</summary>
    public static KafkaCluster Start()
    {
        Environments.Require(IsAvailable, "no broker: KAFKAFS_TEST_BROKER and KAFKAFS_TEST_KAFKA are not set");
        return Broker is string broker ? new KafkaCluster(broker) : StartOwn();
    }

    /// <summary>
    /// A cluster that nobody else uses, for tests that stop brokers or need settings: <paramref name="arguments"/> are the script's
    /// own (`--secure`, `--brokers 3`), <paramref name="configuration"/> is lines of server.properties. In memory. Skips where there is no script.
    /// </summary>
    public static KafkaCluster StartOwn(string configuration = "", params string[] arguments) =>
        StartIn(Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), configuration, arguments);

    /// <summary>The same with its data below <paramref name="parent"/>: on a disk where there is much of it.</summary>
    public static KafkaCluster StartIn(string parent, string configuration = "", params string[] arguments)
    {
        Environments.Require(Script is not null, "no Kafka to start: KAFKAFS_TEST_KAFKA is not set");
        try
        {
            return StartOnce(parent, configuration, arguments);
        }
        catch (InvalidOperationException exception)
        {
            // The script looks for free ports, and its brokers listen seconds later: another cluster may have them then.
            Console.Error.WriteLine($"A cluster is started once more: {exception.Message}");
            return StartOnce(parent, configuration, arguments);
        }
    }

    private static KafkaCluster StartOnce(string parent, string configuration, string[] arguments)
    {
        string folder = Path.Combine(parent, $"kafkafs-test-kafka-{Guid.NewGuid():N}");
        Directory.CreateDirectory(folder);
        Watch(Script!, folder);
        ToolShell shell = new(folder + ErrorsSuffix);
        try
        {
            string output = ToolProcess.Run(
                "env", [$"KAFKA_EXTRA_CONFIG={configuration}", "bash", Script!, "start", folder, .. arguments], TimeSpan.FromMinutes(3));
            return new KafkaCluster(output.Trim().Split('\n')[^1], Script, folder, shell);
        }
        catch
        {
            shell.Dispose();
            File.Delete(folder + ErrorsSuffix);
            ToolProcess.Try("bash", [Script!, "destroy", folder]);
            throw;
        }
    }

    /// <summary>A topic name that nobody has.</summary>
    public static string NewTopic() => $"kafkafs-test-{Guid.NewGuid():N}";

    /// <summary>A file of the cluster's folder: `InFolder("tls/ca.pem")`. Only with a cluster of our own.</summary>
    public string InFolder(string name) => Path.Combine(_folder!, name);

    /// <summary>Runs the script: `Control("kill-broker", "1")`. Only with a cluster of our own.</summary>
    public string Control(string command, params string[] arguments)
    {
        Environments.Require(_script is not null, "KAFKAFS_TEST_KAFKA is not set: this broker is not ours to control");
        return _shell!.Run(["bash", _script!, command, _folder!, .. arguments], TimeSpan.FromMinutes(3));
    }

    public void Dispose()
    {
        if (_script is not null)
        {
            ToolProcess.Run("bash", [_script, "destroy", _folder!], TimeSpan.FromMinutes(1));
            _shell!.Dispose();
            File.Delete(_folder + ErrorsSuffix);
            // The script leaves what is not its own.
            if (Directory.Exists(_folder))
            {
                Directory.Delete(_folder, recursive: true);
            }
        }
    }

    // Outlives a killed test run, and ends by itself once the cluster is gone.
    private static void Watch(string script, string folder)
    {
        string watchdog = $"while kill -0 {Environment.ProcessId} 2>/dev/null && [ -d '{folder}' ]; do sleep 1; done; [ ! -d '{folder}' ] || bash '{script}' destroy '{folder}'; rm -f '{folder}{ErrorsSuffix}'";
        Process.Start(new ProcessStartInfo("setsid", ["bash", "-c", watchdog]))?.Dispose();
    }
}
