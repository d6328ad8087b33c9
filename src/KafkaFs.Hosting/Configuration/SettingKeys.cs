namespace KafkaFs.Hosting.Configuration;

/// <summary>Every setting of a host; docs/configuration.md tells more of each.</summary>
public static class SettingKeys
{
    public static readonly SettingKey DataRoot = new("DataRoot", SettingKind.Text, "the directory that holds this replica") { IsRequired = true };

    public static readonly SettingKey Ownership = new("Ownership", SettingKind.Choice, "whether the tree has owners, devices and all xattrs, or only the namespace")
    {
        Choices = ["auto", "full", "namespace"],
        Default = "auto",
    };

    public static readonly SettingKey CheckpointRecords = new("CheckpointRecords", SettingKind.Number, "records that a crash may leave to be redone")
    {
        Range = (100, 10_000_000),
        Default = "100000",
    };

    public static readonly SettingKey Provider = new("Journal:Provider", SettingKind.Choice, "where the journal is") { Choices = ["kafka", "embedded"], IsRequired = true };

    public static readonly SettingKey BootstrapServers = new("Journal:Kafka:BootstrapServers", SettingKind.Text, "HOST:PORT of a broker, several separated by commas")
    {
        IsRequired = true,
    };

    public static readonly SettingKey Topic = new("Journal:Kafka:Topic", SettingKind.Text, "the topic that is the journal") { IsRequired = true };

    public static readonly SettingKey Partitions = new("Journal:Kafka:Partitions", SettingKind.Number, "partitions of the topic")
    {
        Range = (1, 1),
        Default = "1",
    };

    public static readonly SettingKey ReplicationFactor = new("Journal:Kafka:ReplicationFactor", SettingKind.Number, "replicas of a topic that is created")
    {
        Range = (1, 100),
        DefaultWords = "3, or what there is",
    };

    public static readonly SettingKey AcceptFiniteRetention = new("Journal:Kafka:AcceptFiniteRetention", SettingKind.Flag, "follow a topic that deletes records")
    {
        Default = "false",
    };

    public static readonly SettingKey ClientId = new("Journal:Kafka:ClientId", SettingKind.Text, "client.id") { Default = "kafkafs" };

    public static readonly SettingKey GroupId = new("Journal:Kafka:GroupId", SettingKind.Text, "the consumer group for which the position is committed")
    {
        DefaultWords = "kafkafs-HOST-ID",
    };

    public static readonly SettingKey Properties = new("Journal:Kafka:Properties", SettingKind.Map, "librdkafka properties, for security and tuning");

    public static readonly SettingKey PropertyFiles = new("Journal:Kafka:PropertyFiles", SettingKind.Map, "librdkafka properties, each value in a file of its own: secrets");

    public static readonly SettingKey ConfigFile = new("Journal:Kafka:ConfigFile", SettingKind.Text, "a file of librdkafka properties, KEY=VALUE a line");

    public static readonly SettingKey EmbeddedFile = new("Journal:Embedded:File", SettingKind.Text, "the file of the embedded journal") { IsRequired = true };

    public static readonly SettingKey AcceptTopic = new("Accept:Topic", SettingKind.Text, "go on with the topic (or journal file) of this id");

    public static readonly SettingKey AcceptCluster = new("Accept:Cluster", SettingKind.Text, "go on in the cluster of this id");

    public static readonly SettingKey AcceptGap = new("Accept:Gap", SettingKind.Text, "go on after these offsets, A..B, which the journal lacks");

    public static readonly SettingKey HttpUrls = new("Http:Urls", SettingKind.Text, "where health and metrics are served, several separated by ';'; none: nowhere")
    {
        DefaultWords = "http://127.0.0.1:9464 (master), http://127.0.0.1:9465 (slave)",
    };

    public static readonly SettingKey Mountpoint = new("Mount:Mountpoint", SettingKind.Text, "an empty directory") { IsRequired = true, Role = HostRole.Master };

    public static readonly SettingKey ReaderThreads = new("Mount:ReaderThreads", SettingKind.Number, "threads that read calls from the kernel")
    {
        Range = (1, 64),
        Default = "4",
        Role = HostRole.Master,
    };

    public static readonly SettingKey AllowOther = new("Mount:AllowOther", SettingKind.Flag, "other users may use the mount")
    {
        DefaultWords = "true for root",
        Role = HostRole.Master,
    };

    public static readonly SettingKey StallAfter = new("Mount:StallAfter", SettingKind.Seconds, "a journal that is silent for so long is stalled")
    {
        Range = (1, 3_600),
        Default = "10",
        Role = HostRole.Master,
    };

    public static readonly SettingKey OnStall = new("Mount:OnStall", SettingKind.Choice, "what changes do while the journal is stalled")
    {
        Choices = ["wait", "fail"],
        Default = "wait",
        Role = HostRole.Master,
    };

    public static readonly SettingKey ChangeTimeout = new("Mount:ChangeTimeout", SettingKind.Seconds, "with OnStall = fail: how long a change waits")
    {
        Range = (1, 86_400),
        Default = "60",
        Role = HostRole.Master,
    };

    public static readonly SettingKey JournalAway = new("Mount:JournalAway", SettingKind.Choice, "a start after a clean stop while the journal is away: mount, or wait for it")
    {
        Choices = ["mount", "wait"],
        Default = "mount",
        Role = HostRole.Master,
    };

    public static readonly SettingKey CloseToOpen = new("Mount:CloseToOpen", SettingKind.Flag, "an open sees everything that was closed on another master before")
    {
        Default = "false",
        Role = HostRole.Master,
    };

    public static readonly SettingKey ReserveBytes = new("ReserveBytes", SettingKind.Bytes, "bytes that a mount leaves free on the data root's disk")
    {
        DefaultWords = "256 MiB, or 1 % of a smaller disk",
        Role = HostRole.Master,
    };

    /// <summary>All of them, in the order of the manual.</summary>
    public static readonly IReadOnlyList<SettingKey> All =
    [
        DataRoot, Ownership, CheckpointRecords,
        Provider, BootstrapServers, Topic, Partitions, ReplicationFactor, AcceptFiniteRetention, ClientId, GroupId, Properties, PropertyFiles, ConfigFile,
        AcceptTopic, AcceptCluster, AcceptGap, EmbeddedFile,
        HttpUrls,
        Mountpoint, ReaderThreads, StallAfter, OnStall, ChangeTimeout, JournalAway, CloseToOpen, ReserveBytes, AllowOther,
    ];
}
