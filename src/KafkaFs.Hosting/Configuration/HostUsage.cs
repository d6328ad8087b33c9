namespace KafkaFs.Hosting.Configuration;

/// <summary>`--help` of the host programs.</summary>
internal static class HostUsage
{
    public static string Of(HostInstance instance) => $"""
        {(instance.Role == HostRole.Master
            ? "kafkafs-master: mounts a filesystem and writes its changes to the journal.\nkafkafs-master cleanup [MOUNTPOINT]: frees a path (its own) from the mount of a dead master."
            : "kafkafs-slave: keeps a directory the same as the filesystem.")}

        Arguments: --KafkaFs:KEY=VALUE and --Logging:LogLevel:CATEGORY=LEVEL. Settings come from appsettings.json beside the
        program, from appsettings.json and {string.Join(" and ", instance.SettingsFiles)} in {HostConfiguration.SettingsFolder}, from the environment
        (KafkaFs__KEY=VALUE) and from the arguments; later ones win. `kafkafs config show` tells which did.

        Keys: DataRoot, {(instance.Role == HostRole.Master ? "Mount:Mountpoint, " : "")}Journal:Provider (kafka or embedded), Journal:Kafka:BootstrapServers, Journal:Kafka:Topic,
        Journal:Embedded:File, Http:Urls; docs/configuration.md has all of them, docs/operations.md the exit codes.
        """;
}
