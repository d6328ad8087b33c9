namespace KafkaFs.Hosting.Configuration;

/// <summary>Which host the settings are for.</summary>
public enum HostRole
{
    /// <summary>Mounts, and writes the journal.</summary>
    Master,

    /// <summary>Follows the journal.</summary>
    Slave,
}
