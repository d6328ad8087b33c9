using KafkaFs.TestKit;
using KafkaFs.TestKit.Processes;

namespace KafkaFs.System.Tests;

/// <summary>A journal, and the folders of a master and of slaves, with the processes that use them.</summary>
internal sealed class Setup : IDisposable
{
    private readonly TemporaryFolder _folder;
    private readonly string[] _journal;
    private string[] _topic;
    private readonly List<HostUnderTest> _hosts = [];
    private readonly Stack<IDisposable> _used = [];

    private Setup(string[] journal, string[] topic)
    {
        _folder = new TemporaryFolder("/var/tmp");
        (_journal, _topic) = (journal, topic);
        Directory.CreateDirectory(Mount);
    }

    public string Mount => _folder["mnt"];

    public string this[string name] => _folder[name];

    public static Setup Embedded()
    {
        Setup setup = new([], []);
        setup._journalFile = setup["journal.db"];
        return setup;
    }

    public static Setup Kafka(string bootstrap, string topic, params string[] options) => new(["--broker", bootstrap, .. options], [topic]);

    /// <summary>Variables of the hosts that are started from here on.</summary>
    public Dictionary<string, string> Environment { get; } = [];

    private string? _journalFile;

    /// <summary>From here on another journal is meant: a file of the setup, or a topic, that need not exist yet.</summary>
    public void NameAnotherJournal()
    {
        if (_journalFile is null)
        {
            _topic = [KafkaFs.TestKit.Kafka.KafkaCluster.NewTopic()];
        }
        else
        {
            _journalFile = this[$"journal-{Guid.NewGuid():N}.db"];
        }
    }

    public string[] Journal => _journalFile is null ? _journal : ["--journal", _journalFile];

    /// <summary>The topic for a command line; nothing with the embedded journal.</summary>
    public string[] Topic => _topic;

    /// <summary>A master on a folder of the setup, or on an absolute path.</summary>
    public HostUnderTest Master(string root = "m", string? mount = null, string[]? options = null) =>
        Start("master", [_folder[root], .. _topic, mount ?? Mount, .. options ?? []], Path.GetFileName(root));

    /// <summary>A slave on a folder of the setup, or on an absolute path; <paramref name="log"/> names its log.</summary>
    public HostUnderTest Slave(string root = "s", string log = "s", string[]? options = null) => Start("slave", [_folder[root], .. _topic, .. options ?? []], log);

    /// <summary>The ends of all logs, for a test that fails.</summary>
    public string LastWords => string.Join('\n', Directory.GetFiles(_folder.Path, "*.log").SelectMany(log => File.ReadLines(log).TakeLast(15).Prepend(Path.GetFileName(log) + ":")));

    /// <summary>Disposes of <paramref name="used"/> once no host runs any more, the last one first.</summary>
    public T Use<T>(T used) where T : IDisposable
    {
        _used.Push(used);
        return used;
    }

    /// <summary>Starts a host anew whose process has ended.</summary>
    public HostUnderTest Again(HostUnderTest ended, Func<HostUnderTest> start)
    {
        _hosts.Remove(ended);
        ended.Dispose();
        return start();
    }

    /// <summary>Waits until a slave stands where the master does, and fails unless the trees are equal by us and by rsync.</summary>
    public async Task EqualAsync(HostUnderTest master, HostUnderTest slave, string root = "s", string masterRoot = "m")
    {
        await CaughtUpAsync(master, slave);
        ToolProcess.Run(HostUnderTest.Program, ["compare", Mount, _folder[root]]);
        ToolProcess.Run(HostUnderTest.Program, ["compare", _folder[masterRoot], _folder[root]]);
        Environments.RequireTool("rsync", "rsync");
        string differences = ToolProcess.Run("rsync", ["-aHXn", "--checksum", "--itemize-changes", "--delete", "--exclude=/.kafkafs", Mount + "/", _folder[root] + "/"]);
        // The root's own mode and times are not projected onto a data root.
        Xunit.Assert.DoesNotContain(differences.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => !line.EndsWith(" ./", StringComparison.Ordinal));
    }

    public static async Task CaughtUpAsync(HostUnderTest master, HostUnderTest slave)
    {
        long target = -1;
        int asked = 0;
        for (long seen = await master.PositionAsync(); seen < 0 || seen != target; seen = await master.PositionAsync())
        {
            target = seen;
            Xunit.Assert.True(++asked < 150, $"The master does not say where it stands:\n{master.Log}");
            await Task.Delay(400);
        }

        for (int attempt = 0; await slave.PositionAsync() < target; attempt++)
        {
            Xunit.Assert.True(attempt < 1_200, $"The slave did not reach {target}:\n{slave.Log}");
            await Task.Delay(50);
        }
    }

    public void Dispose()
    {
        foreach (HostUnderTest host in _hosts)
        {
            host.Dispose();
        }

        while (_used.TryPop(out IDisposable? used))
        {
            used.Dispose();
        }

        // Everything below: tests mount a second time beside it. Ordinary users have the helper. A companion may be faster.
        ToolProcess.Shell(
            $$"""
            mounts() { awk '$2 ~ "^{{_folder.Path}}/" {print $2}' /proc/mounts; }
            for m in $(mounts); do umount -l "$m" || fusermount3 -uz "$m" || ! mounts | grep -qxF "$m"; done
            """);
        _folder.Dispose();
    }

    private HostUnderTest Start(string command, string[] places, string name)
    {
        HostUnderTest host = HostUnderTest.Start(_folder[name + ".log"], Environment, [command, .. Journal, .. places]);
        _hosts.Add(host);
        return host;
    }
}
