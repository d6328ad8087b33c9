using System.Buffers.Binary;
using System.Globalization;
using KafkaFs.TestKit.Processes;

namespace KafkaFs.TestKit.Kafka;

/// <summary>What is done to the topics of a cluster of our own, with Kafka's tools or behind its back. Each call returns when it is done.</summary>
public sealed partial class KafkaCluster
{
    /// <summary>Creates a topic: <paramref name="settings"/> are "name=value".</summary>
    public void CreateTopic(string topic, int partitions = 1, int replicas = 1, params string[] settings) => Control(
        "topics",
        [
            "--create", "--topic", topic, "--partitions", Name(partitions), "--replication-factor", Name(replicas),
            .. settings.SelectMany(setting => (string[])["--config", setting]),
        ]);

    public void DeleteTopic(string topic) => Control("topics", "--delete", "--topic", topic);

    /// <summary>Deletes a topic and creates it again: the same name, another id, no records.</summary>
    public void RecreateTopic(string topic, int replicas = 1, params string[] settings)
    {
        DeleteTopic(topic);
        CreateTopic(topic, 1, replicas, settings);
    }

    /// <summary>Adds partitions.</summary>
    public void SetPartitions(string topic, int count) => Control("topics", "--alter", "--topic", topic, "--partitions", Name(count));

    /// <summary>Changes a topic's settings, "name=value".</summary>
    public void SetTopic(string topic, params string[] settings) => Control(
        "configs", "--alter", "--entity-type", "topics", "--entity-name", topic, "--add-config", string.Join(',', settings));

    /// <summary>Turns compaction on, and makes it come soon: segments of 1 s, and everything is dirty enough.</summary>
    public void Compact(string topic) => SetTopic(
        topic, "cleanup.policy=compact", "segment.ms=1000", "min.cleanable.dirty.ratio=0.0001", "min.compaction.lag.ms=0", "max.compaction.lag.ms=1000");

    /// <summary>Deletes the records of a topic before an offset: its first offset moves there.</summary>
    public void DeleteRecords(string topic, long before)
    {
        string file = InFolder("delete-records.json");
        File.WriteAllText(file, string.Create(CultureInfo.InvariantCulture, $$"""{"partitions":[{"topic":"{{topic}}","partition":0,"offset":{{before}}}],"version":1}"""));
        Control("delete-records", "--offset-json-file", file);
    }

    /// <summary>
    /// Makes the log end early, on every broker: all are stopped, the batches that hold <paramref name="end"/> and later records are
    /// cut off, all are started. Returns where the log ends now: that is before <paramref name="end"/> where a batch spans it.
    /// </summary>
    public long TruncateLog(string topic, long end)
    {
        StopAll();
        long[] ends = [.. Nodes.Select(node => TruncateLog(node, topic, end))];
        StartAll();
        return ends.Max();
    }

    /// <summary>Stops all brokers, keeps a copy of all that they store, and starts them; see <see cref="Rewind"/>.</summary>
    public void KeepCopy()
    {
        StopAll();
        Nodes.ToList().ForEach(node => ToolProcess.Run("cp", ["-a", InFolder($"{node}/data"), InFolder($"{node}/data.kept")]));
        StartAll();
    }

    /// <summary>Puts the kept copy back on every broker, as a restored backup: all that happened since is gone.</summary>
    public void Rewind()
    {
        StopAll();
        foreach (int node in Nodes)
        {
            Directory.Delete(InFolder($"{node}/data"), recursive: true);
            Directory.Move(InFolder($"{node}/data.kept"), InFolder($"{node}/data"));
        }

        StartAll();
    }

    /// <summary>Deletes all that a stopped broker stores of a topic: a lost disk. Kafka makes an empty log of it at its start.</summary>
    public void LoseLog(int node, string topic)
    {
        Directory.Delete(InFolder($"{node}/data/{topic}-0"), recursive: true);
        ForgetEnds(node);
    }

    private long TruncateLog(int node, string topic, long end)
    {
        string folder = InFolder($"{node}/data/{topic}-0");
        long last = 0;
        foreach (string segment in Directory.GetFiles(folder, "*.log").Order(StringComparer.Ordinal))
        {
            last = Math.Max(last, CutSegment(segment, end));
        }

        // Indexes are built again; the state of producers too, which knows of what is gone.
        foreach (string other in Directory.GetFiles(folder).Where(file => Path.GetExtension(file) is ".index" or ".timeindex" or ".snapshot"))
        {
            File.Delete(other);
        }

        ForgetEnds(node);
        return last;
    }

    // Kafka's record batch: int64 base offset, int32 length of what follows, ..., int32 last offset delta at 23.
    private static long CutSegment(string segment, long end)
    {
        byte[] bytes = File.ReadAllBytes(segment);
        int at = 0;
        long next = long.Parse(Path.GetFileNameWithoutExtension(segment), CultureInfo.InvariantCulture);
        while (at + 61 <= bytes.Length)
        {
            long after = BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(at)) + BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(at + 23)) + 1;
            if (after > end)
            {
                break;
            }

            next = after;
            at += 12 + BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(at + 8));
        }

        using FileStream file = new(segment, FileMode.Open);
        file.SetLength(at);
        return next;
    }

    private void ForgetEnds(int node)
    {
        foreach (string name in (string[])["recovery-point-offset-checkpoint", "replication-offset-checkpoint", ".kafka_cleanshutdown"])
        {
            File.Delete(InFolder($"{node}/data/{name}"));
        }
    }
}
