using System.Globalization;

namespace KafkaFs.TestKit.Kafka;

/// <summary>What is done to the brokers of a cluster of our own. Nodes count from 1. Each call returns when it is done.</summary>
public sealed partial class KafkaCluster
{
    /// <summary>The ids of all brokers, also of those that do not run.</summary>
    public IReadOnlyList<int> Nodes =>
        [.. Enumerable.Range(1, 9).Where(node => Directory.Exists(InFolder(Name(node))))];

    /// <summary>kill -9.</summary>
    public void KillBroker(int node) => Control("kill-broker", Name(node));

    /// <summary>A clean stop: it gives its leaderships away first.</summary>
    public void StopBroker(int node) => Control("stop-broker", Name(node));

    /// <summary>SIGSTOP: its connections stay open and nobody answers.</summary>
    public void PauseBroker(int node) => Control("pause-broker", Name(node));

    /// <summary>SIGCONT.</summary>
    public void ResumeBroker(int node) => Control("resume-broker", Name(node));

    /// <summary>Starts one that was stopped or killed, and waits until it serves.</summary>
    public void StartBroker(int node) => Control("start-broker", Name(node));

    /// <summary>Stops all brokers cleanly; the data stays.</summary>
    public void StopAll() => Control("stop");

    /// <summary>Starts all brokers that do not run.</summary>
    public void StartAll() => Control("start");

    /// <summary>Id of the broker that leads a topic's only partition; 0 if none does. A JVM is started to ask, 1 to 2 s.</summary>
    public int Leader(string topic) =>
        int.TryParse(Control("leader", topic).Trim(), CultureInfo.InvariantCulture, out int node) ? node : 0;

    /// <summary>Changes server.properties of a node; it holds from the next start on.</summary>
    public void Configure(int node, Func<string, string> change)
    {
        string path = InFolder($"{node}/server.properties");
        File.WriteAllText(path, change(File.ReadAllText(path)));
    }

    private static string Name(int node) => node.ToString(CultureInfo.InvariantCulture);
}
