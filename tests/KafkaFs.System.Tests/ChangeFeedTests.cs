using Confluent.Kafka;
using KafkaFs.TestKit;
using KafkaFs.TestKit.Kafka;
using KafkaFs.TestKit.Processes;
using Xunit;

namespace KafkaFs.System.Tests;

/// <summary>The examples of docs/change-feed.md: any consumer reads the topic with the .proto alone.</summary>
[Trait("Tier", "broker")]
public sealed class ChangeFeedTests(BrokerFixture fixture)
{
    private static string Proto => Path.Combine(Environments.Repository, "proto");

    [Fact]
    public async Task APythonProgramPrintsWhatWasDoneWithPaths()
    {
        Require();
        Environments.Require(
            ToolProcess.Try("/usr/bin/python3", ["-c", "import confluent_kafka, google.protobuf"]).Code == 0,
            "Python lacks Debian's packages python3-confluent-kafka and python3-protobuf (deploy/install-test-tools)");
        using Setup setup = Setup.Kafka(fixture.Cluster.Bootstrap, KafkaCluster.NewTopic());
        await WorkAsync(setup);
        RepeatRecord(setup.Topic[0], 2);
        ToolProcess.Run("protoc", ["-I", Proto, $"--python_out={setup["."]}", Path.Combine(Proto, "fuse.proto")]);

        string[] feed = Feed(setup);
        Assert.Equal(
            [
                "0 filesystem_created",
                "0 session_started master M run 1",
                "1 mkdir dir mode 0750 owner 0:0",
                "1 create dir/file mode 0644 owner 0:0",
                "1 write dir/file 6 bytes at 0",
                "1 rename dir/file -> dir/renamed",
                "1 rename dir -> moved",
                @"1 mkdir moved/caf\xe9 mode 0755 owner 0:0",
                @"1 rename moved/renamed -> moved/caf\xe9/two words\n",
                @"1 symlink moved/link -> to/nowhere",
                @"1 set_attr moved/caf\xe9/two words\n mode 600",
                @"1 truncate moved/caf\xe9/two words\n to 2 bytes",
                @"1 set_xattr moved/caf\xe9/two words\n user.note",
                @"1 unlink moved/link",
                "1 session_ended",
            ],
            feed);
        string[] withVoid = Feed(setup, "--void");
        Assert.Equal([.. feed, "1 mkdir dir mode 0750 owner 0:0 (void: session closed)"], withVoid);
    }

    [Fact]
    public async Task OneRecordIsDecodedByKcatAndProtoc()
    {
        Require();
        Environments.RequireTool("kcat", "kcat");
        using Setup setup = Setup.Kafka(fixture.Cluster.Bootstrap, KafkaCluster.NewTopic());
        await WorkAsync(setup);
        string record = ToolProcess.Shell($"""
            kcat -C -q -e -b {fixture.Cluster.Bootstrap} -t {setup.Topic[0]} -p 0 -o 2 -c 1 -D '' | protoc -I {Proto} --decode=kafkafs.v1.FuseChange fuse.proto
            """);
        Assert.Contains("path: \"dir\"", record, StringComparison.Ordinal);
        Assert.Contains("mkdir {", record, StringComparison.Ordinal);
    }

    private static void Require()
    {
        Environments.RequireTool("protoc", "protobuf-compiler");
        Environments.RequireTool("setfattr", "attr");
        Environments.RequireFuse();
        Environments.RequireRoot();
    }

    private static async Task WorkAsync(Setup setup)
    {
        HostUnderTest master = await setup.Master().ReadyAsync();
        ToolProcess.Shell($$"""
            umask 022; cd {{setup.Mount}}; mkdir -m 750 dir; echo hello > dir/file; mv dir/file dir/renamed; mv dir moved
            mkdir moved/$'caf\xe9'; f=moved/$'caf\xe9/two words\n'; mv moved/renamed "$f"; ln -s to/nowhere moved/link
            chmod 600 "$f"; truncate -s 2 "$f"; setfattr -n user.note -v hi "$f"; rm moved/link
            """);
        Assert.Equal(0, master.Stop());
        // .NET cannot delete a name that is no UTF-8.
        ToolProcess.Run("rm", ["-r", setup["m"]]);
    }

    // As a master does that does not know whether a record has landed: the same bytes, later.
    private void RepeatRecord(string topic, long offset)
    {
        ClientConfig client = new() { BootstrapServers = fixture.Cluster.Bootstrap };
        using IConsumer<Ignore, byte[]> consumer = new ConsumerBuilder<Ignore, byte[]>(new ConsumerConfig(client) { GroupId = "repeat" }).Build();
        consumer.Assign(new TopicPartitionOffset(topic, 0, offset));
        byte[] record = consumer.Consume(TimeSpan.FromSeconds(20)).Message.Value;
        using IProducer<Null, byte[]> producer = new ProducerBuilder<Null, byte[]>(new ProducerConfig { BootstrapServers = fixture.Cluster.Bootstrap }).Build();
        producer.Produce(topic, new Message<Null, byte[]> { Value = record });
        producer.Flush(TimeSpan.FromSeconds(20));
    }

    // Without the times, and the master's name.
    private string[] Feed(Setup setup, params string[] options)
    {
        string program = Path.Combine(Environments.Repository, "docs/examples/change-feed.py");
        string[] lines = ToolProcess
            .Run("env", [$"PYTHONPATH={setup["."]}", "PYTHONDONTWRITEBYTECODE=1", "/usr/bin/python3", program, fixture.Cluster.Bootstrap, setup.Topic[0], .. options])
            .Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.All(lines, line => Assert.Matches(@"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00 ", line));
        return [.. lines.Select(line => line[(line.IndexOf(' ', StringComparison.Ordinal) + 1)..]).Select(line =>
            global::System.Text.RegularExpressions.Regex.Replace(line, "master [0-9a-f]{32}", "master M"))];
    }
}
